"""Columns that a source sends and its contract lacks, as its newest date has them: what could become a field.

The loader keeps their values in ``_extra``. Taking one into the contract is a person's decision (CONTRIBUTING.md); no
value is told here, only what kind of thing it is.
"""

import datetime as dt
from collections.abc import Iterable

import duckdb

from assets.extracts.contract import Contract

_TABLE = """
create or replace table ops.new_columns (
    as_of date, source varchar, extract varchar, column_name varchar, kind varchar, row_count bigint,
    filled_count bigint
)
"""
# A number of more than 9 digits, or with a leading zero, is an id or a phone: text.
_KINDS = {
    "bool": "(?i)true|false",
    "int": "-?(0|[1-9][0-9]{0,8})",
    "decimal": r"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "timestamp": "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}.*",
    "list": r"\[.*\]",
    "json": r"\{.*\}",
}
_COLUMNS = """
insert into ops.new_columns
with newest as (
    select _extra from {table}
    where _extra is not null and _dt = (select max(_dt) from {table})
),
cells as (
    select cell.key as name, nullif(trim(json_extract_string(cell.value, '$')), '') as value
    from newest, json_each(newest._extra) as cell
)
select $1, $2, $3, name, case {cases} else 'string' end, count(*), count(value)
from cells
group by name
order by name
"""


def write_new_columns(
    con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract], as_of: dt.date
) -> list[tuple[str, str]]:
    """Make ops.new_columns of the night ``as_of``; returns (``source/extract``, column) of each, in order.

    ``kind`` is a contract's (contract.py) that all filled cells would pass, else string.
    """
    con.execute(_TABLE)
    cases = " ".join(
        f"when count(value) > 0 and bool_and(value is null or regexp_full_match(value, '{pattern}')) then '{kind}'"
        for kind, pattern in _KINDS.items()
    )
    for contract in contracts:
        con.execute(_COLUMNS.format(table=contract.table, cases=cases), [as_of, *contract.id])
    return con.execute(
        "select source || '/' || extract, column_name from ops.new_columns order by all"
    ).fetchall()
