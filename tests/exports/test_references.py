import polars as pl

from exports.columns import Column, Reference
from exports.references import show_names

COLUMNS = (
    Column("oneid", "客户编号"),
    Column("consultant", "咨询师", refers_to="employee"),
    Column("store_id", "所属机构", "list", refers_to="store"),
)
NAMES: dict[Reference, dict[str, str]] = {
    "employee": {"e1": "王医生"},
    "store": {"s1": "西湖店", "s2": "滨江店"},
}


def test_employees_and_stores_are_shown_by_name_and_unknown_ids_stay():
    table = pl.DataFrame(
        {
            "oneid": ["e1", "c2", "c3"],
            "consultant": ["e1", "e9", None],
            "store_id": [["s2", "s1"], ["s9"], None],
        }
    )
    shown = show_names(table, COLUMNS, NAMES)
    assert shown.rows() == [("e1", "王医生", ["滨江店", "西湖店"]), ("c2", "e9", ["s9"]), ("c3", None, None)]


def test_without_rows_or_names_nothing_changes():
    empty = pl.DataFrame(schema={"oneid": pl.String, "consultant": pl.String, "store_id": pl.List(pl.String)})
    assert show_names(empty, COLUMNS, NAMES).equals(empty)
    assert show_names(empty, COLUMNS, {"employee": {}, "store": {}}).schema == empty.schema
