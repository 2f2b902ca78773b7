"""One workbook per enabled tag and segment, and the customer list (interfaces.md §4, product 000 §3.5).

Which rows go into which file; how a cell is written is the library ``exports``.
"""

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from exports.columns import CUSTOMER_COLUMNS, MEMBER_COLUMNS, Column, Reference
from exports.limits import OverLimit, over_limit
from exports.names import file_names
from exports.references import show_names
from exports.workbook import write_workbook

CUSTOMER_LIST = "客户列表"
_MEMBERS = {"tag": "audience.tag_members", "segment": "audience.segment_members"}
_PREFIX = {"tag": "标签", "segment": "分群"}


@dataclass(frozen=True)
class Workbook:
    """One row of ops.exports: what was written, or why not (state written / over_limit)."""

    kind: str
    rule_id: str | None
    file: str
    state: str
    rows: int
    reason: str | None


def write_workbooks(
    connection: duckdb.DuckDBPyConnection, folder: Path, as_of: dt.date, row_limit: int
) -> Iterator[Workbook]:
    """Write every workbook of the night ``as_of`` into ``folder``, which then holds these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = _names(connection)
    rules = connection.execute(
        "select 'tag', tag_id, name, members from audience.tags where status = 'enabled'"
        " union all select 'segment', segment_id, name, members from audience.segments where status = 'enabled'"
        " order by all"
    ).fetchall()
    files = file_names({f"{kind}-{rule_id}": f"{_PREFIX[kind]}-{name}" for kind, rule_id, name, _ in rules})
    for kind, rule_id, name, members in rules:
        path = folder / files[f"{kind}-{rule_id}"]
        source = f"{_MEMBERS[kind]} as m inner join core.dim_customers as d on m.oneid = d.oneid"
        where = f"m.{kind}_id = $rule_id"
        yield _write(connection, kind, rule_id, path, name, members, row_limit, as_of, names, source, where)
    everyone = connection.execute("select count(*) from core.dim_customers where in_universe").fetchone()
    yield _write(
        connection, "customers", None, folder / f"{CUSTOMER_LIST}.xlsx", CUSTOMER_LIST, everyone[0] if everyone else 0,
        row_limit, as_of, names, "core.dim_customers as d", "d.in_universe and $rule_id is null",
    )  # fmt: skip


def _write(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    rule_id: str | None,
    path: Path,
    title: str,
    members: int,
    row_limit: int,
    as_of: dt.date,
    names: Mapping[Reference, Mapping[str, str]],
    source: str,
    where: str,
) -> Workbook:
    columns = CUSTOMER_COLUMNS if kind == "customers" else MEMBER_COLUMNS
    # Counted before it is read: a file over the limit must not cost the memory of its rows.
    refusal = over_limit(members, row_limit)
    if refusal is None:
        rows = connection.execute(
            f"select {', '.join(_selected(column) for column in columns)} from {source}"
            f" where {where} order by d.created_at desc, d.oneid",
            {"rule_id": rule_id},
        ).pl()
        result = write_workbook(
            show_names(rows, columns, names), columns, path, sheet=title, row_limit=row_limit, as_of=as_of
        )
        if not isinstance(result, OverLimit):
            return Workbook(kind, rule_id, path.name, "written", result.rows, None)
        refusal = result
    return Workbook(kind, rule_id, path.name, "over_limit", refusal.rows, refusal.message)


def _selected(column: Column) -> str:
    return "m.since" if column.id == "since" else f"d.{column.id}"


def _names(connection: duckdb.DuckDBPyConnection) -> dict[Reference, dict[str, str]]:
    employees = connection.execute("select employee_id, name from core.dim_employees").fetchall()
    stores = connection.execute("select store_id, name from core.dim_stores").fetchall()
    return {"employee": dict(employees), "store": dict(stores)}
