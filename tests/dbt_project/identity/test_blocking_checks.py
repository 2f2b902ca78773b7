"""Every blocking check of OneID is silent on a real night and speaks up once its promise is broken."""

import pytest

from tests.dbt_project.identity.conftest import Doctored

MAP = "intermediate.int_identity_map_history"
EVENTS = "core.fct_identity_events"
ONE = f"(select min(oneid) from {MAP} where valid_to is null)"
OTHER = f"(select max(oneid) from {MAP} where valid_to is null)"
SHARED = f"select oneid from {MAP} group by oneid having count(*) > 1"

UNBOUND = f"""
select a.oneid as a_oneid, b.identity_type, b.source_id
from intermediate.int_identity_pairs_decided as pairs
inner join {MAP} as a on pairs.a_type = a.identity_type and pairs.a_id = a.source_id and a.valid_to is null
inner join {MAP} as b on pairs.b_type = b.identity_type and pairs.b_id = b.source_id and b.valid_to is null
where pairs.action = 'unbind'
order by all
limit 1
"""
BOUND_PAIR = f"""
select min(map.oneid) as oneid
from intermediate.int_identity_edges_laid as edges
inner join {MAP} as map on edges.identity_type = map.identity_type and edges.source_id = map.source_id
where edges.key_type = 'manual_bind' and map.valid_to is null
"""

BROKEN = {
    "an id with two keys": (
        "ids_are_never_reused",
        f"update {MAP} set customer_key = 999999 where rowid = (select max(rowid) from {MAP}"
        f" where oneid in ({SHARED}))",
    ),
    "a key with two ids": (
        "ids_are_never_reused",
        f"update {MAP} set customer_key = (select min(customer_key) from {MAP}) where oneid = {OTHER}",
    ),
    "an id with two anchors": (
        "ids_are_never_reused",
        f"update {MAP} set is_anchor = true where oneid in ({SHARED})",
    ),
    "an id created twice": (
        "ids_are_never_reused",
        f"insert into {EVENTS} select * from {EVENTS} where event_type = 'id_created' limit 1",
    ),
    "an id never created": (
        "ids_are_never_reused",
        f"delete from {EVENTS} where event_type = 'id_created' and oneid = {ONE}",
    ),
    "an identity lost from the log": (
        "identity_events_fold_to_the_map",
        f"delete from {EVENTS} where event_type = 'identity_added' and oneid = {ONE}",
    ),
    "a move that the log does not tell": (
        "identity_events_fold_to_the_map",
        f"update core.bridge_customer_identities set oneid = {ONE} where oneid = {OTHER}",
    ),
    "an identity that is gone from the map alone": (
        "identity_events_fold_to_the_map",
        f"delete from core.bridge_customer_identities where oneid = {ONE}",
    ),
    "two ids at once": (
        "an_identity_carries_one_id",
        f"insert into {MAP} select * replace ({OTHER} as oneid) from {MAP} where valid_to is null and oneid = {ONE}",
    ),
    "two ids on a night gone by": (
        "an_identity_carries_one_id",
        f"insert into {MAP} select * replace (valid_from - 1 as valid_from, valid_from + 1 as valid_to)"
        f" from {MAP} where valid_to is null and oneid = {ONE}",
    ),
    "an identity of tonight without an id": (
        "an_identity_carries_one_id",
        f"delete from {MAP} where oneid = {ONE}",
    ),
    "two patients": (
        "no_customer_is_over_the_limits",
        f"update {MAP} set oneid = {ONE} where identity_type = 'patient' and valid_to is null",
    ),
    "two patients beside a bind of something else": (
        "no_customer_is_over_the_limits",
        f"""
        update {MAP} set oneid = ({BOUND_PAIR})
        where valid_to is null and (identity_type, source_id) in (
            select (identity_type, source_id) from {MAP}
            where identity_type = 'patient' and valid_to is null order by source_id limit 3
        )
        """,
    ),
    "two unionids of a subject": (
        "no_customer_is_over_the_limits",
        f"update {MAP} set oneid = {ONE} where identity_type = 'wecom' and valid_to is null",
    ),
    "an unbound pair together": (
        "no_customer_is_over_the_limits",
        f"update {MAP} as map set oneid = pair.a_oneid from ({UNBOUND}) as pair"
        " where map.valid_to is null and map.identity_type = pair.identity_type and map.source_id = pair.source_id",
    ),
    "a retired id without an alias": (
        "retired_ids_resolve_in_one_step",
        "delete from core.oneid_aliases where old_oneid = (select min(old_oneid) from core.oneid_aliases)",
    ),
    "an alias of a retired id": (
        "retired_ids_resolve_in_one_step",
        "update core.oneid_aliases set oneid = old_oneid where oneid is not null",
    ),
    "an alias of an active id": (
        "retired_ids_resolve_in_one_step",
        f"insert into core.oneid_aliases select {ONE}, {OTHER}, max(as_of) from core.oneid_aliases",
    ),
}


def violations(doctored: Doctored, check: str) -> list[tuple]:
    return doctored.rows(f"tests/identity/assert_{check}.sql")


@pytest.mark.parametrize(("check", "sabotage"), BROKEN.values(), ids=BROKEN)
def test_a_broken_promise_is_found(doctored: Doctored, check: str, sabotage: str) -> None:
    assert violations(doctored, check) == []
    doctored.change(sabotage)
    assert violations(doctored, check)


def test_as_many_patients_as_binds_allow_are_none_too_many(doctored: Doctored) -> None:
    """One bind of a file makes two files one: a second patient passes, a third does not, nor do two unbound ones."""
    strangers = f"""
    select source_id from {MAP}
    where identity_type = 'patient' and valid_to is null and oneid <> ({BOUND_PAIR}) order by source_id limit
    """
    without_the_bound = f"delete from {MAP} where identity_type = 'patient' and oneid = ({BOUND_PAIR})"
    found = []
    for patients, before in ((1, "begin"), (2, "begin"), (2, f"begin; {without_the_bound}")):
        doctored.change(before)
        doctored.change(
            f"update {MAP} set oneid = ({BOUND_PAIR}) where valid_to is null and identity_type = 'patient'"
            f" and source_id in ({strangers} {patients})"
        )
        found.append({reason for _, reason in violations(doctored, "no_customer_is_over_the_limits")})
        doctored.change("rollback")
    assert found == [set(), {"two_patients"}, {"two_patients"}]
