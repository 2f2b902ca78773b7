"""The first night of a clinic: years of history in ten deliveries at once, some missing, some late, some wrong.

What can be answered then is held against a walk of the vocabulary's YAML in plain Python.
"""

import datetime as dt
import io
import json
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands.rules_library import copy_all_templates
from pipelines.progress import RunTimes
from pipelines.running import RunOutcome
from pipelines.sample import generate_sample
from pipelines.settings import REPOSITORY, Settings
from pipelines.summary import print_failure, print_summary, summarise
from tests.conftest import LAST_NIGHT, SEED, run_night

DELIVERIES = [LAST_NIGHT - dt.timedelta(days=back) for back in range(9, -1, -1)]
NEVER_SEEN = {"miniprogram.mini_events", "ekanya.treatment_plans", "ekanya.reviews"}
STALE = {"ekanya.visits", "wecom.external_contacts", "ekanya.followups"}
VOCABULARY = REPOSITORY / "rules" / "vocabulary"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Ten deliveries, one night: the last one's."""
    settings = Settings(home=tmp_path_factory.mktemp("first") / "home")
    landing = settings.landing_dir
    generate_sample(landing, 120, len(DELIVERIES), LAST_NIGHT, SEED, "parquet")
    copy_all_templates(settings.library_dir)
    shutil.rmtree(landing / "miniprogram" / "mini_events")
    shutil.rmtree(landing / "ekanya" / "treatment_plans")
    (landing / "ekanya" / "reviews").rename(landing / "ekanya" / "review")
    for extract in ("ekanya/visits", "wecom/external_contacts"):
        shutil.rmtree(landing / extract / f"dt={LAST_NIGHT}")
    broken = landing / "ekanya" / "followups" / f"dt={LAST_NIGHT}" / "broken.csv"
    broken.write_text("followup,patient_id\nF1,P1\n")
    [patients] = (landing / "ekanya" / "patients" / f"dt={LAST_NIGHT}").glob("*.parquet")
    frame = pl.read_parquet(patients)
    frame.with_columns(loyalty_points=pl.int_range(frame.height)).write_parquet(patients)
    patients.with_name("_manifest.json").unlink()  # which knows the file's sha256
    cards = landing / "ekanya" / "member_cards" / f"dt={LAST_NIGHT}" / "by_hand.csv"
    cards.write_text(
        "card_no,patient_id,level,opened_on,expires_on,updated_at,is_deleted\n"
        "X1,P00000001,金卡,2025-01-01,,2025-11-20 10:00:00,false\n"
        "X2,P00000001,金卡,2025-02-30,,2025-11-20 10:00:00,false\n"
    )
    run_night(settings, LAST_NIGHT)
    return settings


def rows(settings: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.published_dir / "current.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_all_deliveries_are_read_in_the_order_of_their_dates(home: Settings) -> None:
    files = rows(home, "select dt, as_of from ops.extract_files where extract = 'patients' order by dt")
    assert files == [(day, LAST_NIGHT) for day in DELIVERIES]
    with duckdb.connect(str(home.warehouse_file), read_only=True) as warehouse:
        days = [day for (day,) in warehouse.execute("select _dt from raw.ekanya__patients").fetchall()]
    assert days == sorted(days)
    assert {DELIVERIES[0], DELIVERIES[-1]} <= set(days) <= set(DELIVERIES)


def test_of_each_patient_the_newest_delivery_counts(home: Settings) -> None:
    newest = (
        pl.concat(
            [pl.read_parquet(one) for one in home.landing_dir.glob("ekanya/patients/dt=*/*.parquet")],
            how="diagonal_relaxed",
        )
        .sort("updated_at")
        .unique("patient_id", keep="last")
        .filter(~pl.col("is_deleted"))
    )
    names = (unicodedata.normalize("NFKC", name) for name in newest["name"])
    expected = set(zip(newest["patient_id"], names, strict=True))
    with duckdb.connect(str(home.warehouse_file), read_only=True) as warehouse:
        found = warehouse.execute("select patient_id, name from staging.stg_ekanya__patients").fetchall()
    assert set(found) == expected


def test_years_of_history_are_there_after_one_night(home: Settings) -> None:
    [(first,)] = rows(home, "select min(billed_at) from core.fct_charge_bills")
    assert first.year <= LAST_NIGHT.year - 2


def test_every_member_of_the_first_night_is_a_first_computation(home: Settings) -> None:
    log = "select distinct as_of, change, reason from audience.member_log where trigger = '自动'"
    assert rows(home, log) == [(LAST_NIGHT, "add", "初次计算")]
    since = "select distinct since from audience.tag_members where origin = '自动'"
    assert rows(home, since) == [(LAST_NIGHT,)]


def test_the_first_night_only_creates_customers(home: Settings) -> None:
    events = {event for (event,) in rows(home, "select distinct event_type from core.fct_identity_events")}
    assert "id_created" in events
    assert not events & {"id_merged", "id_split", "id_retired", "id_revived", "identity_moved"}


Fed = tuple[set[str], set[str]]
"""(the extracts that must all have been seen, those of which one is enough)"""


class Walk:
    """The vocabulary's YAML as plain dicts: what feeds a word, and what is off or stale for want of it."""

    def __init__(self) -> None:
        self.profile, self.documents, self.behavior = (
            yaml.safe_load((VOCABULARY / f"{name}.yaml").read_text())
            for name in ("profile", "documents", "behavior")
        )

    def field(self, id_: str) -> Fed:
        spec = self.profile["fields"][id_]
        return set(spec.get("extracts", [])), set(spec.get("also", []))

    def table(self, id_: str, attributes: set[str]) -> Iterator[Fed]:
        table = self.documents["tables"][id_]
        yield set(table["extracts"]), set()
        for attribute in attributes:
            yield {*table["extracts"], *table["attributes"][attribute].get("extracts", [])}, set()

    def event(self, id_: str) -> Fed:
        if id_ == "any_event":
            return set(), set(self.behavior["any_event"]["also"])
        [category] = [one for one in self.behavior["categories"].values() if id_ in one["events"]]
        return set(category["extracts"]), set()

    def rule(self, rule: dict[str, Any]) -> Iterator[Fed]:
        for group in rule["groups"]:
            for condition in group["conditions"]:
                named = {one["attr"] for one in condition.get("filters", [])}
                named |= {condition["metric"]["attr"]} if "attr" in condition.get("metric", {}) else set()
                match condition["kind"]:
                    case "profile":
                        yield self.field(condition["field"])
                    case "document":
                        yield from self.table(condition["table"], named)
                    case "behavior":
                        yield self.event(condition["event"])
                    case kind:
                        raise AssertionError(f"a template names a {kind}")


def state_of(fed: list[Fed]) -> str:
    for must, may in fed:
        if must & NEVER_SEEN or (not must and may <= NEVER_SEEN):
            return "off"
    return "stale" if any((must | may - NEVER_SEEN) & STALE for must, may in fed) else "live"


@pytest.fixture(scope="module")
def walked() -> dict[tuple[str, str], str]:
    """(kind, id) → state of every word and template."""
    walk = Walk()
    found = {("field", id_): state_of([walk.field(id_)]) for id_ in walk.profile["fields"]}
    for id_, table in walk.documents["tables"].items():
        found["document", id_] = state_of(list(walk.table(id_, set())))
        for attribute in table["attributes"]:
            found["attribute", f"{id_}.{attribute}"] = state_of(list(walk.table(id_, {attribute})))
    events = [id_ for one in walk.behavior["categories"].values() for id_ in one["events"]]
    for id_ in (*events, "any_event"):
        found["event", id_] = state_of([walk.event(id_)])
    templates = REPOSITORY / "rules" / "templates"
    for path in templates.rglob("*.json"):
        if path.name != "_group.json":
            id_ = path.relative_to(templates).with_suffix("").as_posix()
            rule = json.loads(path.read_text())["filter"]
            found["template", id_] = state_of(list(walk.rule(rule)))
    return found


def test_the_walk_has_something_to_tell(walked: dict[tuple[str, str], str]) -> None:
    for kind in ("document", "event", "template"):
        assert {state for (of, _), state in walked.items() if of == kind} >= {"live", "off"}
    assert {state for (of, _), state in walked.items() if of == "template"} == {"live", "stale", "off"}


def test_capabilities_are_what_the_walk_finds(home: Settings, walked: dict[tuple[str, str], str]) -> None:
    query = "select kind, id, state from ops.capabilities where kind not in ('tag', 'segment')"
    assert {(kind, id_): state for kind, id_, state in rows(home, query)} == walked


def test_rules_of_the_library_are_judged_as_their_templates(home: Settings) -> None:
    query = (
        "select split_part(id, '/', -1) as slug, split_part(id, '/', 1) as place, state, because, reason"
        " from ops.capabilities where kind = 'template' order by all"
    )
    judged = (
        "select id, kind || 's', state, because, reason from ops.capabilities"
        " where kind in ('tag', 'segment') order by all"
    )
    assert rows(home, judged) == rows(home, query)


def test_a_capability_names_its_extracts_and_the_date_of_its_data(home: Settings) -> None:
    found = {
        id_: told
        for id_, *told in rows(
            home, "select id, because, data_dt, reason from ops.capabilities where kind <> 'tag'"
        )
    }
    day_before = LAST_NIGHT - dt.timedelta(days=1)
    assert found["visit_count"] == [["ekanya.visits"], day_before, "到店就诊数据停在 11-20"]
    assert found["review"] == [["ekanya.reviews"], None, "服务评价从未收到过数据"]
    assert found["gender"][:2] == [["wecom.external_contacts"], day_before]
    assert found["charge_bill"] == [[], LAST_NIGHT, None]


@pytest.fixture(scope="module")
def told(home: Settings) -> list[dict[str, Any]]:
    """What `cdp doctor --json` says on the day of the night."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDP_HOME", str(home.root))
        patch.setattr(Settings, "today", lambda _: LAST_NIGHT)
        result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 1, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_doctor_finds_what_was_done_to_the_landing(told: list[dict[str, Any]]) -> None:
    found = [(one["code"], one["severity"], one["sentence"]) for one in told if one["type"] == "finding"]
    sentences = {code: sentence for code, _, sentence in found}
    assert {code for code, severity, _ in found if severity != "note"} == {
        "extract_stale", "file_quarantined", "rows_quarantined", "stray",
    }  # fmt: skip
    assert sentences["stray"] == "落地目录里的 ekanya/review 没有读：不认识的数据表 review，是不是 reviews？"
    assert "ekanya/followups/dt=2025-11-21/broken.csv 被隔离：缺少列" in sentences["file_quarantined"]
    assert "ekanya/member_cards 有 1 行被隔离" in sentences["rows_quarantined"]
    stale = [sentence for code, _, sentence in found if code == "extract_stale"]
    assert any("ekanya/reviews" in one and "ekanya/review 可能就是它" in one for one in stale)
    assert any("ekanya/visits：到店就诊数据停在 11-20" in one for one in stale)


def test_doctor_offers_a_new_column_as_a_field(told: list[dict[str, Any]]) -> None:
    [new] = [one for one in told if one["type"] == "new_column" and one["source"] == "ekanya"]
    assert (new["extract"], new["contract_line"]) == ("patients", "loyalty_points: int")
    line = "loyalty_points: {label: loyalty_points, type: number, extracts: [ekanya.patients]}"
    assert new["vocabulary_line"] == line


def test_doctor_groups_what_is_off_by_its_cause(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_HOME", str(home.root))
    monkeypatch.setattr(Settings, "today", lambda _: LAST_NIGHT)
    shown = CliRunner().invoke(app, ["doctor"]).stdout
    [cause] = [part for part in shown.split("\n\n") if part.startswith("未开通：治疗计划从未收到过数据")]
    assert "单据表 1：治疗计划" in cause


def test_what_staff_and_steps_wrote_is_printed_as_it_is(home: Settings) -> None:
    rule = {"kind": "tag", "id": "vip", "name": "[vip]客户", "state": "failed", "reason": "[dim]"}
    failed = RunOutcome("a run", False, RunTimes(failures={"dbt_models": "varchar[] [red]"}))
    with io.StringIO() as written:
        console = Console(file=written, width=200)
        print_summary(console, summarise(home, LAST_NIGHT, failed) | {"troubled_rules": [rule]})
        print_failure(console, failed)
        shown = written.getvalue()
    assert "tag [vip]客户 (vip)：failed [dim]" in shown
    assert "dbt_models: varchar[] [red]" in shown


def test_the_summary_counts_in_one_line_and_points_to_doctor(
    home: Settings, walked: dict[tuple[str, str], str]
) -> None:
    summary = summarise(home, LAST_NIGHT, RunOutcome("a run", True, RunTimes()))
    for kind in ("field", "template"):
        states = [state for (of, _), state in walked.items() if of == kind]
        assert summary["capabilities"][kind] == Counter(states)
    with io.StringIO() as written:
        print_summary(Console(file=written, width=200), summary)
        shown = written.getvalue()
    [line] = [one for one in shown.splitlines() if "可用的能力" in one]
    templates = summary["capabilities"]["template"]
    told = f"规则模板 {templates['live']} 个可用、{templates['stale']} 个过期、{templates['off']} 个未开通"
    assert told in line and "cdp doctor" in line
    assert "从未收到过数据" not in shown
