"""The current state of an extract from its append log, by mode (extracts.yaml, header)."""

from tests.dbt_project.landed import AS_OF, Query

NIGHT_BEFORE, EARLIER, TOMORROW = "2026-02-27", "2026-02-26", "2026-03-01"


def review(review_id: str, level: str, dt: str, updated_at: str, **more: object) -> dict[str, object]:
    row = {"review_id": review_id, "patient_id": "P0", "reviewed_at": "2026-01-01", "level": level}
    return row | {"_dt": dt, "updated_at": updated_at} | more


def tag(tag_id: str, name: str, dt: str, **more: object) -> dict[str, object]:
    return {"tag_id": tag_id, "name": name, "enabled": True, "_dt": dt} | more


ROWS = {
    ("ekanya", "reviews"): [
        review("R1", "旧", AS_OF, "2026-02-01 10:00"),
        review("R1", "新", EARLIER, "2026-02-02 10:00"),  # late news in an old file is still news
        review("R2", "先", EARLIER, "2026-02-01 10:00"),
        review("R2", "后", NIGHT_BEFORE, "2026-02-01 10:00"),
        review("R3", "在", EARLIER, "2026-02-01 10:00"),
        review("R3", "删", NIGHT_BEFORE, "2026-02-02 10:00", is_deleted=True),
        review("R4", "删", EARLIER, "2026-02-01 10:00", is_deleted=True),
        review("R4", "复", NIGHT_BEFORE, "2026-02-02 10:00"),
        review("R5", "今", AS_OF, "2026-02-01 10:00"),
        review("R5", "明", TOMORROW, "2026-03-01 00:00"),
        review("R6", "上", AS_OF, "2026-02-01 10:00", _line=1),
        review("R6", "下", AS_OF, "2026-02-01 10:00", _line=2),
    ],
    ("ekanya", "visible_tags"): [
        tag("T1", "旧名", EARLIER),
        tag("T1", "新名", AS_OF),
        tag("T2", "已不在", NIGHT_BEFORE),
        tag("T3", "最后一次完好", NIGHT_BEFORE),
        tag("T3", "更早", EARLIER),
        tag("T4", "同夜另有完好的一行", AS_OF),
        tag("T5", "早先被拒绝过", EARLIER),
    ],
    ("ekanya", "patient_tags"): [
        {"patient_id": "P1", "tag_id": "T1", "tagged_at": "2026-01-01", "_dt": NIGHT_BEFORE},
    ],
    ("cdp", "quota_purchases"): [
        {
            "purchase_id": "Q1",
            "kind": "智能标签",
            "extra": 1,
            "starts_on": EARLIER,
            "ends_on": AS_OF,
            "_dt": EARLIER,
        },
    ],
    ("ekanya", "ai_findings"): [
        {
            "finding_id": "A1",
            "patient_id": "P0",
            "examined_at": EARLIER,
            "code": "龋齿",
            "priority": "高",
            "_dt": dt,
        }
        for dt in (TOMORROW,)
    ],
}
FILES = [("ekanya", "patient_tags", AS_OF), ("cdp", "quota_purchases", TOMORROW)]
REFUSED = [
    ("ekanya", "visible_tags", AS_OF, "T3"),
    ("ekanya", "visible_tags", AS_OF, "T4"),
    ("ekanya", "visible_tags", NIGHT_BEFORE, "T5"),
]


def test_delta_the_newest_update_wins_then_the_newest_file_and_line(night: Query) -> None:
    rows = night("select review_id, level from staging.stg_ekanya__reviews order by review_id")
    assert rows == [("R1", "新"), ("R2", "后"), ("R4", "复"), ("R5", "今"), ("R6", "下")]


def test_full_the_newest_date_is_the_state_but_a_refused_key_keeps_its_last_good_row(night: Query) -> None:
    rows = night("select tag_id, name from staging.stg_ekanya__visible_tags order by tag_id")
    assert rows == [("T1", "新名"), ("T3", "最后一次完好"), ("T4", "同夜另有完好的一行")]


def test_full_an_empty_file_means_nothing_is_there(night: Query) -> None:
    assert night("select count(*) from staging.stg_ekanya__patient_tags") == [(0,)]


def test_nothing_of_a_later_date_is_read(night: Query) -> None:
    assert night("select purchase_id from staging.stg_cdp__quota_purchases") == [("Q1",)]
    assert night("select count(*) from staging.stg_ekanya__ai_findings") == [(0,)]
