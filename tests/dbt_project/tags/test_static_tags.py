"""Static tags of three systems and static segments: the library, who is in, and what the log says."""

import datetime
import json
from typing import Any

import pytest

from tests.dbt_project.tags.nights import Query, Row, build, land

# P11 was merged into P1; customer 2 has two identities.
OWNERS = [("patient", "P1", 1), ("patient", "P11", 1), ("wecom", "wm1", 1), ("wecom", "wm2", 2)]
OWNERS += [("fan", "wx1:o2", 2), ("lead", "L3", 3), ("patient", "P4", 4), ("mini", "wx2:o5", 5)]
PHONE = "13900001111"  # made up


def change(change_id: str, tag: str, action: str, at: str, identity: tuple[str, str], **more: str) -> Row:
    row = {"change_id": change_id, "tag_id": tag, "action": action, "at": at}
    row |= {"identity_type": identity[0], "source_id": identity[1]}
    return row | {"origin": "手动", "operator": "E1"} | more


def in_segment(change_id: str, segment: str, action: str, at: str, identity: tuple[str, str]) -> Row:
    row = {"change_id": change_id, "segment_id": segment, "action": action, "at": at}
    return row | {"identity_type": identity[0], "source_id": identity[1], "operator": "E2"}


def tag(tag_id: str, name: str, enabled: bool = True, **more: Any) -> Row:
    row = {"tag_id": tag_id, "group_id": "g1", "group_name": "客户等级", "name": name, "enabled": enabled}
    return row | {"created_at": "2026-01-01", "sort_no": 1, "group_sort_no": 2} | more


def contact(external_userid: str, *follows: dict[str, Any]) -> Row:
    return {
        "corpid": "ww1",
        "external_userid": external_userid,
        "external_contact": json.dumps({"external_userid": external_userid}),
        "follows": json.dumps(follows),
    }


def follow(userid: str, day: int, *tag_ids: str | None) -> dict[str, Any]:
    tags = [{"id": tag_id, "name": "标签", "type": 1 if tag_id else 2} for tag_id in tag_ids]
    createtime = int(datetime.datetime(2026, 9, day, 4, tzinfo=datetime.UTC).timestamp())
    return {"userid": userid, "createtime": createtime, "tags": tags, "tag_ids": tag_ids}


def corp_group(group_id: str, order: int, tags: list[dict[str, Any]], deleted: bool = False) -> Row:
    row = {"group_id": group_id, "group_name": f"组{group_id}", "order": order, "deleted": deleted}
    return row | {"tag": json.dumps(tags)}


P1, P4, LEAD, MINI = ("patient", "P1"), ("patient", "P4"), ("lead", "L3"), ("mini", "wx2:o5")
CORP_TAGS = [
    corp_group("etg1", 1, [{"id": "et1", "name": "老客", "order": 5, "create_time": 1767225600}]),
    corp_group(
        "etg2",
        9,
        [
            {"id": "et2", "name": "新客", "order": 1},
            {"id": "et3", "name": "熟客", "order": 7, "deleted": False},
            {"id": "et4", "name": "过客", "order": 8, "deleted": True},
        ],
    ),
    corp_group("etg3", 3, [{"id": "et5", "name": "旧组里的", "order": 1}], deleted=True),
]
FIRST_NIGHT = {
    "2026-11-20": {
        "cdp/static_tags": [tag("vip", f"贵宾{PHONE}", color="#f00"), tag("old", "旧标签", enabled=False)],
        "cdp/static_tag_changes": [
            # customer 1: a second add through another identity changes nothing
            change("c1", "vip", "add", "2026-10-01 09:00", P1, origin="活码", operator=PHONE),
            change("c2", "vip", "add", "2026-10-05 09:00", ("wecom", "wm1")),
            # customer 2: added as a contact, removed as a fan; later than that only an idle remove
            change("c3", "vip", "add", "2026-10-02 09:00", ("wecom", "wm2")),
            change("c4", "vip", "remove", "2026-10-03 09:00", ("fan", "wx1:o2")),
            change("c5", "vip", "remove", "2026-10-04 09:00", ("fan", "wx1:o2")),
            # customer 3: at the same moment the greater id counts
            change("c7", "vip", "remove", "2026-10-02 09:00", LEAD),
            change("c6", "vip", "add", "2026-10-02 09:00", LEAD),
            # customer 4: added again after a remove
            change("c8", "vip", "add", "2026-10-01 09:00", P4),
            change("c9", "vip", "remove", "2026-10-06 09:00", P4),
            change("c10", "vip", "add", "2026-10-09 23:59", P4, origin="旅程"),
            # an owner nobody knows, a tag nobody knows, a disabled tag, an action nobody knows
            change("c11", "vip", "add", "2026-10-01 09:00", ("patient", "P404")),
            change("c12", "lost", "add", "2026-10-01 09:00", MINI),
            change("c13", "old", "add", "2026-10-01 09:00", MINI),
            change("c14", "vip", "toggle", "2026-10-01 09:00", MINI),
        ],
        "ekanya/visible_tags": [
            {"tag_id": "V1", "name": "怕疼", "enabled": True},
            {"tag_id": "V2", "name": "停用", "enabled": False},
        ],
        "ekanya/patient_tags": [
            {"patient_id": "P1", "tag_id": "V1", "tagged_at": "2026-05-02 10:00", "tagged_by": "E2"},
            {"patient_id": "P11", "tag_id": "V1", "tagged_at": "2026-05-01 10:00", "tagged_by": "E3"},
            {"patient_id": "P1", "tag_id": "V2", "tagged_at": "2026-05-02 10:00", "tagged_by": "E2"},
            {"patient_id": "P404", "tag_id": "V1", "tagged_at": "2026-05-02 10:00"},
        ],
        "wecom/corp_tags": CORP_TAGS,
        "wecom/external_contacts": [
            contact("wm1", follow("zhang", 8, "et1", None), follow("wang", 3, "et1", "et4")),
            contact("wm2", follow("zhang", 5, "et3", "et5", "st9")),
            contact("wm404", follow("zhang", 5, "et3")),
        ],
        "cdp/static_segments": [
            {"segment_id": "s1", "name": "重点客户", "enabled": True, "created_at": "2026-01-01"},
            {"segment_id": "s2", "name": "停用的", "enabled": False, "created_at": "2026-01-01"},
        ],
        "cdp/static_segment_changes": [
            in_segment("d1", "s1", "add", "2026-10-01 09:00", P1),
            in_segment("d2", "s1", "add", "2026-10-02 09:00", P4),
            in_segment("d3", "s1", "remove", "2026-10-03 09:00", P4),
            in_segment("d4", "s2", "add", "2026-10-01 09:00", P1),
        ],
    },
}


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    warehouse = tmp_path_factory.mktemp("static_tags") / "cdp.duckdb"
    land(warehouse, FIRST_NIGHT, OWNERS)
    return build(warehouse, "2026-11-20")


def members(query: Query, table: str, entry: str) -> list[tuple[int, str, str, str | None]]:
    kind = table.removeprefix("int_static_").removesuffix("_members")
    return query(
        f"select customer_key, strftime(since, '%m-%d'), origin, operator from intermediate.{table}"
        f" where {kind}_id = '{entry}' order by 1"
    )


def test_library_holds_the_tags_of_three_systems_under_prefixed_ids(query: Query) -> None:
    assert query(
        "select tag_id, group_id, name, enabled, sort_no, group_sort_no, origin"
        " from intermediate.int_static_tags_unioned order by origin, group_sort_no, sort_no, tag_id"
    ) == [
        ("cdp:old", "cdp:g1", "旧标签", False, 1, 2, "CDP"),
        ("cdp:vip", "cdp:g1", "贵宾139****1111", True, 1, 2, "CDP"),
        ("eky:V1", "eky:default", "怕疼", True, None, None, "e看牙"),
        ("eky:V2", "eky:default", "停用", False, None, None, "e看牙"),
        ("wecom:et3", "wecom:etg2", "熟客", True, 1, 1, "企微"),
        ("wecom:et2", "wecom:etg2", "新客", True, 2, 1, "企微"),
        ("wecom:et1", "wecom:etg1", "老客", True, 1, 2, "企微"),
    ]


def test_last_change_over_all_identities_decides_and_since_is_when_it_began(query: Query) -> None:
    assert members(query, "int_static_tag_members", "cdp:vip") == [
        (1, "10-01", "活码", "139****1111"),
        (4, "10-09", "旅程", "E1"),
    ]


def test_visible_tag_is_held_once_over_merged_patients_since_the_first_time(query: Query) -> None:
    assert members(query, "int_static_tag_members", "eky:V1") == [(1, "05-01", "同步", "E3")]


def test_corp_tag_comes_from_the_earliest_living_relation_that_carries_it(query: Query) -> None:
    assert members(query, "int_static_tag_members", "wecom:et1") == [(1, "09-03", "同步", "wang")]
    assert members(query, "int_static_tag_members", "wecom:et3") == [(2, "09-05", "同步", "zhang")]


def test_only_enabled_tags_of_the_library_have_members(query: Query) -> None:
    assert query("select distinct tag_id from intermediate.int_static_tag_members order by 1") == [
        ("cdp:vip",),
        ("eky:V1",),
        ("wecom:et1",),
        ("wecom:et3",),
    ]


def test_log_names_only_changes_that_made_a_difference(query: Query) -> None:
    log = query(
        "select change_id, strftime(as_of, '%m-%d'), oneid, change, trigger, operator"
        " from intermediate.int_static_tag_changes_owned where tag_id = 'cdp:vip'"
        " order by customer_key, changed_at, 1"
    )
    assert log == [
        ("c1", "10-01", "O1", "add", "活码", "139****1111"),
        ("c3", "10-02", "O2", "add", "手动", "E1"),
        ("c4", "10-03", "O2", "remove", "手动", "E1"),
        ("c6", "10-02", "O3", "add", "手动", "E1"),
        ("c7", "10-02", "O3", "remove", "手动", "E1"),
        ("c8", "10-01", "O4", "add", "手动", "E1"),
        ("c9", "10-06", "O4", "remove", "手动", "E1"),
        ("c10", "10-09", "O4", "add", "旅程", "E1"),
    ]


def test_static_segments_fold_like_tags(query: Query) -> None:
    assert members(query, "int_static_segment_members", "cdp:s1") == [(1, "10-01", "手动", "E2")]
    assert members(query, "int_static_segment_members", "cdp:s2") == []
    assert query("select segment_id, enabled from intermediate.int_static_segments_unioned order by 1") == [
        ("cdp:s1", True),
        ("cdp:s2", False),
    ]
    assert query("select count(*) from intermediate.int_static_segment_changes_owned") == [(4,)]


def test_first_night_of_a_home_touches_nobody(query: Query) -> None:
    assert query("select count(*) from intermediate.int_customers_touched") == [(0,)]
