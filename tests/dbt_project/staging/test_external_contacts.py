"""Follow relations over nights: what is missing is gone only where the crawl was complete (extracts.yaml)."""

import datetime
import json

from tests.dbt_project.landed import AS_OF, Query, Row, at

COMPLETE, LISTED = "2026-02-20", "2026-02-25"  # a crawl without a list, then two crawls with one


def seen(external_userid: str, dt: str, *userids: str | None, line: int = 1, **more: object) -> Row:
    follows = [{"userid": userid, "createtime": 1700000000, "remark": f"{userid} {dt}"} for userid in userids]
    row = {"external_userid": external_userid, "corpid": "ww1", "follows": json.dumps(follows)}
    return row | {"_dt": dt, "_line": line} | more


def changed(external_userid: str, change_type: str, day: int) -> Row:
    row = {"event_id": f"{external_userid}-{day}", "external_userid": external_userid, "user_id": "ann"}
    return row | {"change_type": change_type, "occurred_at": f"2026-01-0{day}"}


ROWS = {
    ("wecom", "external_contacts"): [
        # listed tonight: ann; so what is missing of bob's may only not have been crawled
        seen("x1", LISTED, "ann", "bob"),
        seen("x1", AS_OF, "ann"),
        seen("x2", LISTED, "bob"),
        seen("x3", LISTED, "ann"),
        seen("x4", AS_OF),
        # before the crawl that was complete for everyone nothing lives on
        seen("x5", "2026-02-10", "bob"),
        seen("x6", COMPLETE, "bob", None),
        # get_by_user repeats a contact once per employee
        seen("x7", AS_OF, "ann", line=2, name="新名"),
        seen("x7", AS_OF, "carl", line=1, name="旧名"),
        # refused tonight: it stays as it last was
        seen("x8", LISTED, "ann"),
        seen("x9", LISTED),
        seen("x9b", LISTED),
        # gone from the crawl: y1 had deleted the only employee, who then deleted y2; y3 came back in between
        seen("y1", COMPLETE, "ann", name="离开的人"),
        seen("y2", COMPLETE, "ann"),
        seen("y3", COMPLETE, "ann"),
    ],
    ("wecom", "contact_events"): [
        changed("y1", "add_external_contact", 1),
        changed("y1", "del_follow_user", 2),
        changed("y2", "del_follow_user", 1),
        changed("y2", "del_external_contact", 2),
        changed("y3", "del_follow_user", 1),
        changed("y3", "add_external_contact", 2),
    ],
}
COMPLETE_USERIDS = {LISTED: ["ann", "bob"], AS_OF: ["ann"]}
REFUSED = [("wecom", "external_contacts", AS_OF, "x8"), ("wecom", "external_contacts", AS_OF, "x9")]


def test_a_relation_is_gone_only_for_an_employee_whose_crawl_was_complete(night: Query) -> None:
    rows = night(
        "select external_userid, userid from intermediate.int_wecom_follows_unnested"
        " where external_userid like 'x%' order by external_userid, userid nulls last"
    )
    assert rows == [
        ("x1", "ann"),
        ("x1", "bob"),
        ("x2", "bob"),
        ("x6", None),  # bob was complete after it, but nobody's crawl covers a relation without employee
        ("x7", "ann"),
        ("x7", "carl"),
        ("x8", "ann"),
    ]


def test_a_contact_stays_while_it_has_a_relation_or_stands_in_the_newest_crawl(night: Query) -> None:
    rows = night(
        "select external_userid from staging.stg_wecom__external_contacts where external_userid like 'x%'"
    )
    assert sorted(rows) == [("x1",), ("x2",), ("x4",), ("x6",), ("x7",), ("x8",), ("x9",)]


def test_a_contact_is_as_last_seen_and_knows_when_it_first_landed(night: Query) -> None:
    rows = night(
        "select external_userid, name, first_dt from staging.stg_wecom__external_contacts"
        " where external_userid in ('x1', 'x7') order by external_userid"
    )
    first, tonight = datetime.date.fromisoformat(LISTED), datetime.date.fromisoformat(AS_OF)
    assert rows == [("x1", None, first), ("x7", "新名", tonight)]


def test_a_relation_is_as_last_seen(night: Query) -> None:
    rows = night(
        "select userid, remark, created_at from intermediate.int_wecom_follows_unnested"
        " where external_userid = 'x1' order by userid"
    )
    created_at = at("2023-11-15 06:13:20")
    assert rows == [("ann", f"ann {AS_OF}", created_at), ("bob", f"bob {LISTED}", created_at)]


def test_a_contact_who_deleted_the_employee_stays_as_last_seen(night: Query) -> None:
    rows = night(
        "select external_userid, name from staging.stg_wecom__external_contacts where external_userid like 'y%'"
    )
    assert rows == [("y1", "离开的人")]
