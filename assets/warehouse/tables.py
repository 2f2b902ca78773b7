"""Tables that no dbt model makes: what ran, and the state that lives across nights.

The raw and quarantine tables are created by ``assets/extracts/schema.py``. Interval state is ``[valid_from,
valid_to)`` by as_of date (architecture.md, "State across nights").
"""

import duckdb

_DDL = """
create schema if not exists ops;
create schema if not exists state;
create schema if not exists audience;

create table if not exists ops.batches (
    as_of date, batch_id varchar, run_id varchar, started_at timestamp, finished_at timestamp,
    status varchar, rows_taken_back bigint
);
create table if not exists ops.rule_runs (
    as_of date, kind varchar, rule_id varchar, name varchar, state varchar, reason varchar,
    members bigint, adds bigint, removes bigint, seconds double
);
create table if not exists ops.exports (
    as_of date, kind varchar, rule_id varchar, file varchar, state varchar, row_count bigint, reason varchar
);
create table if not exists ops.identity_summary (
    as_of date, customers bigint, identities bigint, largest_customer bigint, ids_created bigint, merges bigint,
    splits bigint, ids_retired bigint, conflicts_opened bigint, conflicts_closed bigint, conflicts_open bigint,
    keys_quarantined bigint, keys_released bigint, quarantined_open bigint
);
create table if not exists state.memberships (
    kind varchar, rule_id varchar, customer_key integer, oneid varchar, revision varchar,
    valid_from date, valid_to date
);
create table if not exists state.member_log (
    as_of date, kind varchar, rule_id varchar, customer_key integer, oneid varchar, change varchar,
    trigger varchar, reason varchar, operator varchar
);
create table if not exists state.rule_results (
    as_of date, kind varchar, rule_id varchar, revision varchar, state varchar, reason varchar, computed_as_of date
);
create table if not exists state.condition_bits (as_of date, condition_id varchar, bits blob);
"""


def create_night_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the ops and state tables where they are missing."""
    connection.execute(_DDL)
