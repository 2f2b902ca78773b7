"""views.c360_identity_changes: what a data steward reads of each event, and with which customer it stands."""

import pytest

from tests.dbt_project.identity.conftest import Doctored

CHANGES = "models/marts/views/c360_identity_changes.sql"
COLUMNS = (
    "event_id, as_of, event_type, oneid, from_oneid, to_oneid, identity_type, source_id, key_type, key_value, reason,"
    " leads_before, leads_after"
)
NIGHT = "date '2025-11-21'"


def event(number: int, event_type: str, *rest: str | list[str] | None) -> str:
    """A row of the log: oneid, from_oneid, to_oneid, identity_type, source_id, key_type, key_value, reason, leads."""
    cells = ["null" if cell is None else repr(cell) for cell in (*rest, *[None] * (10 - len(rest)))]
    return f"('E{number}', {NIGHT}, '{event_type}', {', '.join(cells)})"


TOLD = {
    "建立客户 A": event(1, "id_created", "A"),
    "恢复客户 A": event(2, "id_revived", "A"),
    "停用客户 A，其下已没有身份": event(3, "id_retired", "A"),
    "客户 A 并入 B，凭手机号 138****0001": event(
        4, "id_merged", "B", "A", "B", None, None, "phone", "138****0001"
    ),
    "从客户 A 拆出 B": event(5, "id_split", "B", "A", "B"),
    "获得小程序用户 M": event(6, "identity_added", "A", None, None, "mini", "M"),
    "获得企微外部联系人 W，凭企微备注手机号 138****0001": event(
        7, "identity_added", "A", None, None, "wecom", "W", "phone", "138****0001"
    ),
    "线索 L 由客户 A 移到 B（线索手机号 138****0001）": event(
        8, "identity_moved", "B", "A", "B", "lead", "L", "phone", "138****0001"
    ),
    "患者档案 P 已不在来源系统": event(9, "identity_removed", "A", None, None, "patient", "P"),
    "患者档案 P 已在来源系统并入另一份档案": event(
        10, "identity_removed", "A", None, None, "patient", "P", "patient_merge"
    ),
    "患者档案 P 未能凭患者主手机号（本人） 138****0001 相连：相连会把两份患者档案并成一位客户": event(
        11, "conflict_opened", "A", None, None, "patient", "P", "phone", "138****0001", "two_patients"
    ),
    "服务号粉丝 F 不再因微信 unionid S:****0001 冲突": event(
        12, "conflict_closed", "A", None, None, "fan", "F", "unionid", "S:****0001"
    ),
    "患者档案 P 关联线索 L1、L2": event(
        13, "lead_bound", "A", None, None, "patient", "P", None, None, None, None, ["L1", "L2"]
    ),
    "患者档案 P 关联的线索由 L1 变为 L2": event(
        14, "lead_rebound", "A", None, None, "patient", "P", None, None, None, ["L1"], ["L2"]
    ),
    "患者档案 P 不再关联线索 L1": event(
        15, "lead_unbound", "A", None, None, "patient", "P", None, None, None, ["L1"], None
    ),
    "小程序用户 M 换成小程序授权手机号 138****0002": event(
        16, "phone_changed", "A", None, None, "mini", "M", "phone", "138****0002"
    ),
}


@pytest.fixture
def log(doctored: Doctored) -> Doctored:
    """A warehouse whose log holds the events of TOLD and one of a key, which is nobody's."""
    doctored.change("delete from core.fct_identity_events")
    doctored.change("delete from core.oneid_aliases")
    quarantined = event(
        99, "key_quarantined", None, None, None, None, None, "phone", "138****0001", "too_many_patients"
    )
    rows = ", ".join([*TOLD.values(), quarantined])
    doctored.change(f"insert into core.fct_identity_events ({COLUMNS}) values {rows}")
    return doctored


def test_every_event_is_a_sentence(log: Doctored) -> None:
    told = log.rows(CHANGES, "distinct event_id, sentence")
    assert sorted(sentence for _, sentence in told) == sorted(TOLD)


def test_what_was_handed_over_stands_with_both(log: Doctored) -> None:
    places = {}
    for oneid, event_id, *sides in log.rows(CHANGES, "oneid, event_id, before_oneid, after_oneid"):
        places.setdefault(event_id, []).append((oneid, *sides))
    assert sorted(places["E8"]) == [("A", "A", "B"), ("B", "A", "B")]
    assert places["E1"] == [("A", None, "A")]
    assert places["E3"] == [("A", "A", None)]


def test_what_was_told_of_a_merged_id_stands_with_the_id_of_today(log: Doctored) -> None:
    log.change(f"insert into core.oneid_aliases values ('A', 'B', {NIGHT})")
    rows = log.rows(CHANGES, "oneid, event_id")
    assert {oneid for oneid, _ in rows} == {"B"}
    assert len(rows) == len(TOLD)


def test_what_was_told_of_an_id_without_heir_stays_with_it(log: Doctored) -> None:
    log.change(f"insert into core.oneid_aliases values ('A', null, {NIGHT})")
    assert ("A", "E3") in log.rows(CHANGES, "oneid, event_id")
