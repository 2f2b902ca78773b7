"""ok, stale or off, and what lies in the landing without a contract (faults.md rows 9, 12)."""

import datetime as dt

from assets.extracts.landing import landed_tonight
from assets.extracts.status import extract_status
from tests.assets.extracts.stage import NIGHT, Stage

VISITS = "ekanya/visits"
HEADER = (
    "visit_id,patient_id,appointment_id,store_id,arrived_at,left_at,visit_type,doctor,consultant,complaint,"
    "complaint_done,updated_at,is_deleted\n"
)
YESTERDAY = NIGHT - dt.timedelta(days=1)


def test_an_extract_never_seen_is_off(stage: Stage) -> None:
    status = stage.status(VISITS)
    assert (status.state, status.data_dt, status.required) == ("off", None, False)


def test_an_empty_file_of_tonight_is_ok(stage: Stage) -> None:
    stage.put(VISITS, "v.csv", HEADER)
    stage.load(VISITS)
    status = stage.status(VISITS)
    assert (status.state, status.data_dt, status.reason) == ("ok", NIGHT, None)


def test_a_missing_file_makes_it_stale_since_its_last_date(stage: Stage) -> None:
    stage.put(VISITS, "v.csv", HEADER, YESTERDAY)
    stage.load(VISITS)
    status = stage.status(VISITS)
    assert (status.state, status.data_dt, status.reason) == ("stale", YESTERDAY, "到店就诊数据停在 11-19")


def test_the_year_is_named_when_it_is_another(stage: Stage) -> None:
    stage.put(VISITS, "v.csv", HEADER, dt.date(2025, 12, 31))
    stage.load(VISITS)
    assert stage.status(VISITS).reason == "到店就诊数据停在 2025-12-31"


def test_a_broken_file_of_tonight_says_why(stage: Stage) -> None:
    stage.put(VISITS, "v.csv", HEADER, YESTERDAY)
    stage.put(VISITS, "v.csv", HEADER.replace("doctor", "dentist"))
    stage.load(VISITS)
    status = stage.status(VISITS)
    assert status.state == "stale"
    assert status.reason == "到店就诊数据停在 11-19：11-20 的文件 v.csv 被隔离（缺少列 doctor）"


def test_a_broken_file_that_was_taken_away_is_forgiven(stage: Stage) -> None:
    path = stage.put(VISITS, "v.csv", "visit_id\n")
    stage.put(VISITS, "w.csv", HEADER)
    stage.load(VISITS)
    assert stage.status(VISITS).state == "stale"
    path.unlink()
    assert stage.status(VISITS).state == "ok"


def test_every_extract_has_one_row_a_night(stage: Stage) -> None:
    stage.status(VISITS)
    stage.status(VISITS)
    assert stage.query("select count(*), count(distinct source || extract) from ops.extract_status") == [
        (44, 44)
    ]


def test_strays_are_reported_with_the_nearest_name(stage: Stage) -> None:
    for path in (
        "ekanya/patient/dt=2026-11-20/p.csv",
        "ekanyaa/x/y.csv",
        "ekanya/visits/v.csv",
        "ekanya/visits/dt=2026-02-30/v.csv",
        "ekanya/visits/dt=2026-11-20/part/v.csv",
        "patients.csv",
    ):
        file = stage.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (stage.landing / "_state" / "dt=2026-11-20").mkdir(parents=True)
    stage.status(VISITS)
    stage.status(VISITS)
    assert stage.query("select path, reason from ops.extract_files order by path") == [
        ("ekanya/patient", "不认识的数据表 patient，是不是 patients？"),
        ("ekanya/visits/dt=2026-02-30", "应为 dt=YYYY-MM-DD 目录，数据文件放在其中"),
        ("ekanya/visits/dt=2026-11-20/part", "dt 目录里只能有文件，子目录不会被读取"),
        ("ekanya/visits/v.csv", "应为 dt=YYYY-MM-DD 目录，数据文件放在其中"),
        ("ekanyaa", "不认识的数据源 ekanyaa，是不是 ekanya？"),
        (
            "patients.csv",
            "不认识的数据源 patients.csv；可用：cdp、ekanya、leads、miniprogram、wechat_oa、wecom",
        ),
    ]


def test_max_age_days_allows_older_data(stage: Stage) -> None:
    contract = stage.contract(VISITS).model_copy(update={"max_age_days": 1})
    stage.put(VISITS, "v.csv", HEADER, YESTERDAY)
    stage.load(VISITS)
    [status] = extract_status(stage.con, {contract.id: contract}, NIGHT, stage.landing)
    assert status.state == "ok"


def test_what_of_the_required_extracts_landed_tonight(stage: Stage) -> None:
    stage.put("ekanya/stores", "s.csv", "")
    stage.put("ekanya/patients", "p.csv", "", YESTERDAY)
    stage.manifest("ekanya/store_subscriptions", {"files": [{"name": "late.csv"}]})
    assert landed_tonight(stage.landing, NIGHT) == {
        "ekanya/patient_phones": False,
        "ekanya/patients": False,
        "ekanya/store_subscriptions": False,
        "ekanya/stores": True,
    }
