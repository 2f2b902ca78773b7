"""The table of operators is closed, complete and consistent."""

from collections import Counter

from rules.aggregates import AGGREGATES, metric_operators
from rules.explain import METRICS, SAYS, TIMES, WHEN
from rules.literals import Shape
from rules.operators import MATRIX, OPERATORS, operators_of
from rules.vocabulary.loader import FIELD_TYPES

TAKEN = {
    "text": "eq ne contains not_contains starts_with in not_in is_set is_null",
    "enum": "eq ne in not_in is_set is_null",
    "multi": "has_any has_all has_none is_set is_null",
    "tree": "in not_in",
    "number": "eq ne gt ge lt le between is_set is_null",
    "money": "eq ne gt ge lt le between is_set is_null",
    "bool": "is_true is_false",
    "emp": "in not_in is_set is_null",
    "store": "in not_in is_set is_null",
    "datetime": """on before after on_or_before on_or_after between
        in_past_n before_past_n in_next_n after_next_n past_between day_offset
        last_week last_month last_quarter last_year this_week this_month this_quarter this_year
        next_week next_month next_quarter next_year is_set is_null""",
}
BIRTHDAYS = {"anniv_in_next_n", "anniv_this_month", "anniv_today"}


def test_the_matrix_is_that_of_the_catalogue() -> None:
    for field_type in FIELD_TYPES:
        if field_type == "date":
            assert set(operators_of("date")) == {*TAKEN["datetime"].split(), *BIRTHDAYS}
        else:
            assert list(operators_of(field_type)) == TAKEN[field_type].split()


def test_no_pair_of_type_and_operator_stands_twice() -> None:
    pairs = Counter((field_type, row.id) for row in OPERATORS for field_type in row.types)
    assert max(pairs.values()) == 1
    assert set(MATRIX) == set(pairs)


def test_every_negative_has_its_positive_twin() -> None:
    for row in OPERATORS:
        if row.negates is not None:
            assert row.ask is None
            twins = [MATRIX[field_type, row.negates] for field_type in row.types]
            assert all(twin.negates is None and twin.shape is row.shape for twin in twins)


def test_options_only_where_they_mean_something() -> None:
    taking = {row.id: row.options for row in OPERATORS if row.options}
    both = {"unit", "include_today"}
    assert taking == {
        "in_past_n": both,
        "in_next_n": both,
        "before_past_n": {"unit"},
        "after_next_n": {"unit"},
    }
    assert all(MATRIX["datetime", op].shape is Shape.COUNT for op in taking)


def test_every_operator_and_metric_can_be_said() -> None:
    dates = set(operators_of("date")) - {"is_set", "is_null"}
    assert dates <= set(WHEN)
    others = {row.id for row in OPERATORS if not row.types & {"date", "bool", "tag"}}
    assert others - {"between"} <= set(SAYS)
    assert {row.id for row in AGGREGATES} == set(METRICS)
    assert set(metric_operators(AGGREGATES[0])) == set(TIMES)


def test_metrics_compare_and_nothing_else() -> None:
    for row in AGGREGATES:
        ops = metric_operators(row)
        assert not {"ne", "is_set", "is_null"} & set(ops)
        assert ("on" in ops) == (row.id in ("first", "last"))
