"""The tables this stage writes: one append log per extract in ``raw``, the ledger and the refused rows.

Their columns are a contract with the staging models (``raw``) and the published database (``ops``). The text
of refused rows may hold personal data and stays in ``private``.
"""

from collections.abc import Iterable

import duckdb

from assets.extracts.contract import Contract, load_contracts
from assets.extracts.native import stored_columns

META_COLUMNS = "_dt DATE, _file_id BIGINT, _line BIGINT, _as_of DATE, _extra VARCHAR"

_DDL = """
create schema if not exists raw;
create schema if not exists ops;
create schema if not exists private;

create table if not exists raw.refused_keys (
    source varchar, extract varchar, _dt date, _file_id bigint, _as_of date, key varchar
);
create table if not exists raw.complete_userids (_dt date, _file_id bigint, _as_of date, userid varchar);
create table if not exists ops.extract_files (
    file_id bigint, source varchar, extract varchar, dt date, path varchar, format varchar, encoding varchar,
    bytes bigint, sha256 varchar, rows_in bigint, rows_loaded bigint, rows_quarantined bigint,
    rows_duplicate bigint, rows_suppressed bigint, status varchar, reason varchar, as_of date
);
-- homes made before there was erasure
alter table ops.extract_files add column if not exists rows_suppressed bigint default 0;
create table if not exists ops.quarantine_rows (
    as_of date, source varchar, extract varchar, file_id bigint, path varchar, line bigint,
    column_name varchar, code varchar, reason varchar
);
create table if not exists ops.extract_status (
    as_of date, source varchar, extract varchar, label varchar, state varchar, required boolean,
    data_dt date, reason varchar
);
create table if not exists ops.unmapped_values (
    as_of date, source varchar, extract varchar, column_name varchar, value varchar, row_count bigint
);
create table if not exists private.quarantine_raw (file_id bigint, line bigint, raw varchar, key varchar);
-- homes made before a refused row was kept with its key
alter table private.quarantine_raw add column if not exists key varchar;
create table if not exists private.file_hashes (path varchar, bytes bigint, mtime_ns bigint, sha256 varchar);
"""


def create_extract_tables(
    con: duckdb.DuckDBPyConnection, contracts: Iterable[Contract] | None = None
) -> None:
    """Create what is missing; an extract never seen has an empty table."""
    con.execute(_DDL)
    for contract in contracts or load_contracts().values():
        columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in stored_columns(contract))
        con.execute(f"create table if not exists {contract.table} ({columns}, {META_COLUMNS})")
