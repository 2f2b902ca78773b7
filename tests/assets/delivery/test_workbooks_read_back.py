"""The night's workbooks, opened by a reader that did not write them, cell for cell equal to the published tables."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from exports.columns import CUSTOMER_COLUMNS, MEMBER_COLUMNS, Column
from tests.conftest import NightsHome


def shown(column: Column, value: Any, names: dict[str, dict[str, str]]) -> Any:
    """The cell that the table's value must become."""
    named = names.get(column.refers_to or "", {})
    if value is None:
        return ""
    match column.kind:
        case "list":
            return "、".join(named.get(item, item) for item in value)
        case "datetime":
            return value
        case "date":
            return value
        case _:
            return named.get(value, value)


def cells_of(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)


def expected_rows(
    connection: duckdb.DuckDBPyConnection, columns: tuple[Column, ...], source: str, *parameters: object
) -> list[list[Any]]:
    names = {
        "employee": dict(connection.execute("select employee_id, name from core.dim_employees").fetchall()),
        "store": dict(connection.execute("select store_id, name from core.dim_stores").fetchall()),
    }
    selected = ", ".join("m.since" if column.id == "since" else f"d.{column.id}" for column in columns)
    rows = connection.execute(
        f"select {selected} from {source} order by d.created_at desc, d.oneid", list(parameters)
    ).fetchall()
    return [[shown(column, value, names) for column, value in zip(columns, row, strict=True)] for row in rows]


def as_dates(rows: list[list[Any]], columns: tuple[Column, ...]) -> list[list[Any]]:
    """Minutes are what a workbook shows of an instant; seconds are not compared."""
    return [
        [
            value.replace(second=0, microsecond=0) if isinstance(value, dt.datetime) else value
            for value in row[: len(columns)]
        ]
        for row in rows
    ]


def test_the_customer_list_equals_the_wide_table(nights_home: NightsHome) -> None:
    night = nights_home.nights[-1]
    path = nights_home.settings.exports_dir / night.isoformat() / "客户列表.xlsx"
    with duckdb.connect(str(nights_home.published[night]), read_only=True) as connection:
        expected = expected_rows(connection, CUSTOMER_COLUMNS, "core.dim_customers as d where d.in_universe")
    found = cells_of(path)
    assert found[0] == [column.header for column in CUSTOMER_COLUMNS]
    assert as_dates(found[1:], CUSTOMER_COLUMNS) == as_dates(expected, CUSTOMER_COLUMNS)
    assert len(expected) > 1000


def test_every_enabled_rule_has_a_workbook_with_its_members(nights_home: NightsHome) -> None:
    night = nights_home.nights[-1]
    folder = nights_home.settings.exports_dir / night.isoformat()
    with duckdb.connect(str(nights_home.published[night]), read_only=True) as connection:
        books = connection.execute(
            "select kind, rule_id, file, row_count from ops.exports where as_of = ? and state = 'written'"
            " and kind <> 'customers' order by all",
            [night],
        ).fetchall()
        enabled = connection.execute(
            "select (select count(*) from audience.tags where status = 'enabled')"
            " + (select count(*) from audience.segments where status = 'enabled')"
        ).fetchone()
        assert enabled == (len(books),)
        for kind, rule_id, file, rows in books:
            expected = expected_rows(
                connection,
                MEMBER_COLUMNS,
                f"audience.{kind}_members as m inner join core.dim_customers as d on m.oneid = d.oneid"
                f" where m.{kind}_id = ?",
                rule_id,
            )
            found = cells_of(folder / file)
            assert as_dates(found[1:], MEMBER_COLUMNS) == as_dates(expected, MEMBER_COLUMNS), file
            assert len(expected) == rows
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(book[2] for book in books), "客户列表.xlsx"]
    )


def test_a_workbook_has_a_frozen_header_and_a_filter_and_no_full_phone(nights_home: NightsHome) -> None:
    path = nights_home.settings.exports_dir / nights_home.nights[-1].isoformat() / "客户列表.xlsx"
    sheet = load_workbook(path).active
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref
    phones = [value for value in (cell.value for cell in sheet["G"][1:]) if value]
    assert phones and all(value[3:7] == "****" for value in phones)
