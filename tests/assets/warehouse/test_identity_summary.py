"""ops.identity_summary after three nights, and the charts that the UI shows of it."""

import datetime as dt

import duckdb

from assets.warehouse.identity_summary import nights_chart, sizes_chart
from tests.conftest import LAST_NIGHT, NIGHTS, NightsHome

NIGHT = dt.date(2025, 11, 21)


def bars(chart: str) -> list[list[int]]:
    """The lengths of the bars in each row of a Markdown table."""
    _, _, *rows = chart.splitlines()
    return [
        [cell.count("█") for cell in row.split("|") if "█" in cell or not cell.strip()][1:-1] for row in rows
    ]


def test_each_night_is_a_row_that_counts_its_events(nights_home: NightsHome) -> None:
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        told = connection.execute(
            """
            select as_of, ids_created, merges, splits, ids_retired, conflicts_opened, conflicts_closed
            from ops.identity_summary
            order by as_of
            """
        ).fetchall()
        logged = connection.execute(
            """
            select
                as_of,
                count(*) filter (where event_type = 'id_created'),
                count(*) filter (where event_type = 'id_merged'),
                count(*) filter (where event_type = 'id_split'),
                count(*) filter (where event_type = 'id_retired'),
                count(*) filter (where event_type = 'conflict_opened'),
                count(*) filter (where event_type = 'conflict_closed')
            from core.fct_identity_events
            group by as_of
            order by as_of
            """
        ).fetchall()
        held = connection.execute(
            """
            select customers, identities, conflicts_open
            from ops.identity_summary
            where as_of = (select max(as_of) from core.bridge_customer_identities)
            """
        ).fetchall()
        counted = connection.execute(
            """
            select
                count(distinct oneid), count(*),
                (select count(*) from core.identity_conflicts where closed_on is null)
            from core.bridge_customer_identities
            """
        ).fetchall()
    assert [night for night, *_ in told] == list(NIGHTS)
    assert told == logged
    assert held == counted


def test_bars_are_in_proportion_and_nothing_has_none() -> None:
    assert bars(nights_chart([(NIGHT, 40, 10), (NIGHT, 0, 1)])) == [[24, 6], [0, 1]]
    assert bars(sizes_chart([(1, 1000), (2, 250), (10, 1)])) == [[24], [6], [1]]


def test_a_night_without_changes_draws_no_bars() -> None:
    assert bars(nights_chart([(NIGHT, 0, 0)])) == [[0, 0]]


def test_the_last_size_stands_for_all_larger_ones() -> None:
    assert sizes_chart([(9, 2), (10, 1)]).splitlines()[2:] == [
        "| 9 | 2 | ████████████████████████ |",
        "| 10 及以上 | 1 | ████████████ |",
    ]
