"""What analysts read of the audience: views over tonight's state, static tags and the library (interfaces.md §5).

The views carry as_of as a literal, so that the published copy says which night it is. State itself is created in
``assets/warehouse/tables.py`` and written by ``membership.py``.
"""

import datetime as dt

import duckdb

_TABLES = """
create table if not exists audience.rules (
    as_of date, kind varchar, rule_id varchar, name varchar, group_id varchar, group_name varchar, color varchar,
    description varchar, status varchar, sort_no integer, group_sort_no integer, preset boolean, created_at timestamp,
    state varchar, reason varchar, revision varchar, members bigint, computed_as_of date, explanation varchar,
    filter varchar, sql varchar, because varchar[]
);
-- homes made before the extracts behind a stale or off rule were named
alter table audience.rules add column if not exists because varchar[];
create table if not exists audience.quota_status (
    as_of date, kind varchar, total bigint, used bigint, "left" bigint, expiring bigint, expires_on date,
    sentence varchar
);
"""

# Of each condition that tonight's rules asked: its id, the sha256 of what it asks, and who satisfies it. Bit i of
# ``bits`` (of the i/8th byte, from its highest place) is the i-th customer by customer_key of those in the universe.
_VIEWS = {
    "condition_bits": """
        select condition_id, bits, {as_of} as as_of
        from state.condition_bits
        where as_of = {as_of}
    """,
    "tag_members": """
        select rule_id as tag_id, oneid, valid_from as since, '自动' as origin, revision, {as_of} as as_of
        from state.memberships
        where kind = 'tag' and valid_to is null
        union all
        select tag_id, oneid, since, origin, null as revision, {as_of} as as_of
        from intermediate.int_static_tag_members
    """,
    "segment_members": """
        select rule_id as segment_id, oneid, valid_from as since, '自动' as origin, revision, {as_of} as as_of
        from state.memberships
        where kind = 'segment' and valid_to is null
        union all
        select segment_id, oneid, since, origin, null as revision, {as_of} as as_of
        from intermediate.int_static_segment_members
    """,
    "tags": """
        select
            rule_id as tag_id, name, group_id, group_name, color, '智能' as type, status, preset, sort_no,
            group_sort_no, created_at, members, computed_as_of, state, reason, revision, explanation, {as_of} as as_of
        from audience.rules
        where kind = 'tag'
        union all
        select
            library.tag_id, library.name, library.group_id, library.group_name, library.color, '静态' as type,
            case when library.enabled then 'enabled' else 'disabled' end as status, false as preset, library.sort_no,
            library.group_sort_no, library.created_at, coalesce(counted.members, 0) as members,
            {as_of} as computed_as_of, case when library.enabled then 'ok' else 'disabled' end as state,
            null as reason, null as revision, null as explanation, {as_of} as as_of
        from intermediate.int_static_tags_unioned as library
        left join (
            select tag_id, count(*) as members from intermediate.int_static_tag_members group by tag_id
        ) as counted on library.tag_id = counted.tag_id
    """,
    "segments": """
        select
            rule_id as segment_id, name, description, '智能' as type, status, preset, created_at, members,
            computed_as_of, state, reason, revision, explanation, {as_of} as as_of
        from audience.rules
        where kind = 'segment'
        union all
        select
            library.segment_id, library.name, library.description, '静态' as type,
            case when library.enabled then 'enabled' else 'disabled' end as status, false as preset,
            library.created_at, coalesce(counted.members, 0) as members, {as_of} as computed_as_of,
            case when library.enabled then 'ok' else 'disabled' end as state,
            null as reason, null as revision, null as explanation, {as_of} as as_of
        from intermediate.int_static_segments_unioned as library
        left join (
            select segment_id, count(*) as members from intermediate.int_static_segment_members group by segment_id
        ) as counted on library.segment_id = counted.segment_id
    """,
    "member_log": """
        select as_of, kind, rule_id, oneid, change, trigger, reason, operator
        from state.member_log
        union all
        select as_of, 'tag' as kind, tag_id as rule_id, oneid, change, trigger, null as reason, operator
        from intermediate.int_static_tag_changes_owned
        where as_of > {as_of} - {retention}
        union all
        select as_of, 'segment' as kind, segment_id as rule_id, oneid, change, trigger, null as reason, operator
        from intermediate.int_static_segment_changes_owned
        where as_of > {as_of} - {retention}
    """,
}


def create_audience_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create audience.rules and audience.quota_status where they are missing."""
    connection.execute(_TABLES)


def refresh_audience_views(
    connection: duckdb.DuckDBPyConnection, as_of: dt.date, retention_days: int
) -> None:
    """Bind the audience views to the night ``as_of`` and drop log rows older than ``retention_days``."""
    connection.execute(
        "delete from state.member_log where as_of <= ?", [as_of - dt.timedelta(days=retention_days)]
    )
    for name, query in _VIEWS.items():
        bound = query.format(as_of=f"date '{as_of.isoformat()}'", retention=int(retention_days))
        connection.execute(f"create or replace view audience.{name} as {bound}")
