"""The group looks like a real one: every value of the vocabulary, every mess of the sources."""

import datetime as dt
import gzip
import json
import re
import unicodedata
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.pipelines.sample.conftest import LAST, Landing


def _vocabulary(name: str) -> dict:
    return yaml.safe_load((Path(__file__).parents[3] / "rules" / "vocabulary" / name).read_text())


EXAMPLES = _vocabulary("documents.yaml")["tables"]["charge_item"]["attributes"]["category"]["examples"]
MOBILE = r"^1[3-9]\d{9}$"


def _closed_enums() -> list[tuple[str, str, list[str]]]:
    """Extract, column, values of every closed enum that a source sends."""
    tables = _vocabulary("documents.yaml")["tables"].values()
    return [
        (table["extracts"][0].replace(".", "/"), name, attribute["values"])
        for table in tables
        for name, attribute in table["attributes"].items()
        if attribute["type"] == "enum" and "values" in attribute
    ] + [("leads/leads", "status", _vocabulary("profile.yaml")["fields"]["lead_status"]["values"])]


@pytest.mark.parametrize(("extract", "column", "values"), _closed_enums())
def test_every_closed_value_occurs_and_no_other(
    last_night_only: Landing, extract: str, column: str, values: list[str]
):
    found = set(last_night_only.night(extract, LAST)[column])
    assert found == set(values)


JSON_TYPES = {"text": str, "enum": str, "emp": str, "bool": bool, "multi": list}


def test_every_event_occurs_with_its_attributes(last_night_only: Landing):
    behavior = _vocabulary("behavior.yaml")
    logs = pl.concat(
        last_night_only.night(extract, LAST).select("event", "props")
        for extract in ("wechat_oa/fan_events", "miniprogram/mini_events")
    )
    said = {event: [json.loads(text) for text in props] for (event,), (_, props) in
            ((key, (group["event"], group["props"])) for key, group in logs.group_by("event"))}  # fmt: skip
    expected = {
        event: spec.get("attributes", [])
        for category in behavior["categories"].values()
        if "wecom.contact_events" not in category["extracts"]
        for event, spec in category["events"].items()
    }
    assert set(said) == set(expected)
    for event, attributes in expected.items():
        for attribute in attributes:
            values = [props[attribute] for props in said[event] if attribute in props]
            kind = behavior["attributes"][attribute]["type"]
            assert values, (event, attribute)
            if kind in ("number", "money"):
                assert all(round(value, 2) == value and not isinstance(value, bool) for value in values)
            else:
                assert all(isinstance(value, JSON_TYPES[kind]) for value in values), (event, attribute)
    assert "早矫打卡" in {props["campaign_name"] for props in said["mp_view_campaign"]}


def test_wecom_changes_of_every_kind(last_night_only: Landing):
    kinds = last_night_only.night("wecom/contact_events", LAST).select("change_type", "source").unique()
    told = set(kinds.rows())
    assert ("del_external_contact", "DELETE_BY_TRANSFER") in told
    assert {kind for kind, _ in told} >= {
        "add_external_contact",
        "add_half_external_contact",
        "del_follow_user",
        "del_external_contact",
        "edit_external_contact",
    }


def test_about_eighteen_percent_do_not_show_up(last_night_only: Landing):
    visits = last_night_only.night("ekanya/visits", LAST)["appointment_id"].drop_nulls().implode()
    due = last_night_only.night("ekanya/appointments", LAST).filter(
        (pl.col("appt_time").dt.date() < LAST) & (pl.col("status") != "已取消") & ~pl.col("is_deleted")
    )
    missed = pl.col("arrived_at").is_null() & ~pl.col("appointment_id").is_in(visits)
    assert 0.14 <= due.select(missed.mean()).item() <= 0.22


def test_spending_has_a_long_tail(last_night_only: Landing):
    bills = last_night_only.night("ekanya/charge_bills", LAST).filter(pl.col("status") != "已作废")
    spent = bills.group_by("patient_id").agg(pl.col("received").sum().cast(pl.Float64)).sort("received")
    assert spent["received"].quantile(0.99) > 20 * spent["received"].median() > 0


def test_events_are_hundreds_for_a_few_and_none_for_most(last_night_only: Landing):
    logs = ("wechat_oa/fan_events", "miniprogram/mini_events")
    counts = [last_night_only.night(log, LAST).group_by("openid").len()["len"] for log in logs]
    users = len(last_night_only.night("miniprogram/mini_users", LAST))
    assert len(counts[1]) < 0.6 * users
    assert counts[1].median() < 6
    assert max(count.max() for count in counts) > 150


def test_statuses_agree_with_their_times(last_night_only: Landing):
    coupons = last_night_only.night("ekanya/coupons", LAST)
    assert coupons.filter((pl.col("status") == "可用") & (pl.col("expire_at").dt.date() < LAST)).is_empty()
    assert coupons.filter((pl.col("status") == "已使用") & pl.col("used_at").is_null()).is_empty()
    appointments = last_night_only.night("ekanya/appointments", LAST)
    ahead = appointments.filter(pl.col("appt_time").dt.date() >= LAST)
    assert set(ahead["status"]) <= {"已预约", "已确认", "已取消"}
    days = ahead.select((pl.col("appt_time").dt.date() - LAST).dt.total_days()).to_series()
    assert (days == 1).any()
    assert days.is_between(31, 90).any()
    bills = last_night_only.night("ekanya/charge_bills", LAST)
    assert (bills.filter(pl.col("status") == "未收费")["received"] == 0).all()
    assert (bills.filter(pl.col("status") == "部分收费")["arrears"] > 0).all()


def test_birthdays_of_next_week_and_of_29_february(last_night_only: Landing):
    days = last_night_only.night("ekanya/patients", LAST)["birthday"].drop_nulls().dt.strftime("%m-%d")
    week = [(LAST + dt.timedelta(days=ahead)).strftime("%m-%d") for ahead in range(8)]
    assert days.is_in(week).sum() > 5
    assert (days == "02-29").sum() > 0


def test_phones_come_in_every_dress(last_night_only: Landing):
    phones = last_night_only.night("ekanya/patient_phones", LAST)
    typed = phones["phone"]
    for pattern in (
        r"^\+86\d{11}$",
        r"^0086",
        r"^\+86 ",
        r"^\d{3} \d{4} \d{4}$",
        r"^\d{3}-",
        r"^１",
        r"^0755|^755",
    ):
        assert typed.str.contains(pattern).any(), pattern
    assert typed.is_in(["13800000000", "13900000000", "13888888888", "13000000000", "11111111111"]).any()
    assert typed.str.contains(MOBILE).mean() > 0.8
    main = phones.filter((pl.col("relation") == "本人") & pl.col("is_main") & ~pl.col("is_deleted"))
    several = main.group_by("patient_id").agg(pl.len(), pl.col("updated_at").n_unique().alias("times"))
    assert not several.filter((pl.col("len") > 1) & (pl.col("times") > 1)).is_empty()
    families = main.group_by("phone").agg(pl.col("patient_id").n_unique().alias("files"))
    assert families.filter(pl.col("files").is_between(2, 4)).height > 20
    assert phones.filter(pl.col("relation").is_in(["母亲", "父亲", "监护人"])).height > 50
    with_phone = phones["patient_id"].unique().implode()
    without = last_night_only.night("ekanya/patients", LAST).filter(~pl.col("patient_id").is_in(with_phone))
    assert not without.is_empty()


def test_clinic_phones_are_typed_as_remarks(last_night_only: Landing):
    own = set(last_night_only.night("ekanya/stores", LAST)["phone"])
    own |= set(last_night_only.night("ekanya/employees", LAST)["phone"].drop_nulls())
    remarks = {mobile for follow in _follows(last_night_only) for mobile in follow["remark_mobiles"]}
    assert own & remarks


def test_some_people_share_a_fan_and_some_names_are_rare(last_night_only: Landing):
    bindings = last_night_only.night("wechat_oa/fan_bindings", LAST).filter(pl.col("unbound_at").is_null())
    assert bindings.group_by("appid", "openid").agg(pl.col("patient_id").n_unique())["patient_id"].max() > 1
    patients = last_night_only.night("ekanya/patients", LAST)
    assert patients["name"].str.contains("[𠮷㐱䶮𬭎犇喆玥]").any()
    assert any(unicodedata.normalize("NFKC", name).strip() != name for name in patients["name"])
    assert patients["remark"].is_in(['=cmd|"/c calc"!A1', "100%_满意"]).any()
    referred = last_night_only.night("ekanya/referrals", LAST).group_by("referrer_patient_id").len()["len"]
    assert referred.max() > 3 > referred.min()


def _lines(landing: Landing, extract: str) -> list[dict]:
    return [
        json.loads(line) for line in gzip.decompress(landing.path(extract, LAST).read_bytes()).splitlines()
    ]


def _follows(landing: Landing) -> list[dict]:
    lines = _lines(landing, "wecom/external_contacts")
    return [follow for line in lines for follow in line.get("follow_user", [line.get("follow_info")])]


def test_contacts_come_in_both_shapes(last_night_only: Landing):
    lines = _lines(last_night_only, "wecom/external_contacts")
    whole = [line for line in lines if "follow_user" in line]
    parts = [line for line in lines if "follow_info" in line]
    assert len(whole) + len(parts) == len(lines)
    ids = [line["external_contact"]["external_userid"] for line in parts]
    assert len(set(ids)) < len(ids)
    assert any(len(line["follow_user"]) > 1 for line in whole)
    assert any("corpid" not in line for line in lines)
    assert any(line["external_contact"].get("unionid", "").startswith(" ") for line in lines)
    tags = [tag for line in whole for follow in line["follow_user"] for tag in follow.get("tags", [])]
    assert {"tag_id" in tag for tag in tags} == {True, False}
    assert any("remark_company" in follow for follow in _follows(last_night_only))
    assert any("remark_corp_name" in follow for follow in _follows(last_night_only))


def test_remark_mobiles_are_texts_numbers_or_cleared(last_night_only: Landing):
    mobiles = [follow["remark_mobiles"] for follow in _follows(last_night_only)]
    numbers = [str(mobile) for entry in mobiles for mobile in entry if isinstance(mobile, int)]
    assert [""] in mobiles
    assert [] in mobiles
    assert any(len(entry) > 1 for entry in mobiles)
    assert any(re.match(MOBILE, number) for number in numbers)
    assert any(len(number) == 9 for number in numbers)


def test_fans_speak_as_the_api_does(last_night_only: Landing):
    fans = _lines(last_night_only, "wechat_oa/fans")
    added = {"appid", "updated_at", "is_deleted"}
    for fan in fans:
        assert added <= set(fan)
        if not fan["subscribe"]:
            assert set(fan) - added <= {"subscribe", "openid", "unionid"}
    assert {type(fan["sex"]) for fan in fans if fan["subscribe"]} == {int, str}
    assert len({fan["appid"] for fan in fans}) == 2
    accounts = last_night_only.night("cdp/channel_accounts", LAST)
    assert accounts["subject"].n_unique() == 2


def test_unionids_of_two_subjects_look_alike(last_night_only: Landing):
    accounts = dict(
        last_night_only.night("cdp/channel_accounts", LAST).select("account_id", "subject").rows()
    )
    minis = last_night_only.night("miniprogram/mini_users", LAST).select("appid", "unionid").drop_nulls()
    subjects = minis.with_columns(pl.col("appid").replace_strict(accounts), pl.col("unionid").str.head(6))
    assert subjects.unique().height >= 2
    assert subjects.filter(~pl.col("unionid").str.starts_with(" "))["unionid"].n_unique() == 1


def test_one_subscription_has_just_ended(last_night_only: Landing):
    rows = last_night_only.night("ekanya/store_subscriptions", LAST).filter(pl.col("product") == "CDP")
    assert rows.filter(pl.col("ends_on") < LAST)["ends_on"].to_list() == [LAST - dt.timedelta(days=2)]


def test_categories_people_ask_for_occur(last_night_only: Landing):
    found = set(last_night_only.night("ekanya/charge_items", LAST)["category"])
    assert found >= {*EXAMPLES, "挂号", "充值"}


def test_one_number_is_crowded(last_night_only: Landing):
    count = last_night_only.night("leads/leads", LAST).group_by("phone").len().drop_nulls()["len"]
    assert count.max() > 10
    assert count.median() == 1
