"""A whole night of a clinic with exports of its own, and without some extracts.

It publishes what the same group publishes that lands our shape, but for what the missing extracts reach, and
``cdp doctor`` names exactly that. What they reach is read here from the vocabulary's YAML.
"""

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.settings import Settings
from rules.templates import template_files
from tests.assets.sources.clinic_exports import export_clinic
from tests.assets.sources.clinic_reports import MAPPED, MAPPINGS, MISSING
from tests.conftest import NightsHome, run_night
from tests.content import content_hashes
from tests.pipelines.absent import VOCABULARY, Key, reaches

ABSENT = {name.replace("/", ".") for name in MISSING}
RULES = {"audience.tag_members": "'tag', tag_id", "audience.segment_members": "'segment', segment_id"}
RULES |= {"audience.tags": "'tag', tag_id", "audience.segments": "'segment', segment_id"}
RULES |= {"audience.rules": "kind, rule_id", "audience.member_log": "kind, rule_id"}
BITS = "audience.condition_bits"


def land(nights_home: NightsHome, settings: Settings, without: tuple[str, ...]) -> None:
    """The group's extracts of the first night in our own shape, and all templates."""
    ours = nights_home.settings
    for folder in ours.landing_dir.glob(f"*/*/dt={nights_home.nights[0]}"):
        relative = folder.relative_to(ours.landing_dir)
        if relative.parent.as_posix() not in without:
            shutil.copytree(folder, settings.landing_dir / relative)
    shutil.copytree(ours.library_dir, settings.library_dir)


def published(settings: Settings) -> Path:
    return (settings.published_dir / "current.duckdb").resolve()


@pytest.fixture(scope="module")
def clinic(nights_home: NightsHome, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The first night of a home where MAPPED come as the clinic's exports and MISSING do not come."""
    settings, night = Settings(home=tmp_path_factory.mktemp("mapped") / "home"), nights_home.nights[0]
    land(nights_home, settings, (*MAPPED, *MISSING))
    shutil.copytree(MAPPINGS, settings.mappings_dir)
    export_clinic(nights_home.settings.landing_dir, settings.sources_dir, [night])
    run_night(settings, night)
    return settings


@pytest.fixture(scope="module")
def switched_off() -> dict[Key, set[str]]:
    """Rule → the missing extracts that it cannot do without."""
    return {key: reach.must & ABSENT for key, reach in reaches().items() if reach.must & ABSENT}


def document_tables() -> set[str]:
    """Tables of documents of which nothing has come, with those of their lists."""
    documents = yaml.safe_load((VOCABULARY / "documents.yaml").read_text("utf-8"))["tables"].values()
    absent = [table for table in documents if ABSENT & set(table["extracts"])]
    lists = {spec["rows"] for table in absent for spec in table["attributes"].values() if "rows" in spec}
    return {table["relation"] for table in absent} | lists


def test_what_the_missing_extracts_do_not_reach_is_the_same(
    nights_home: NightsHome, clinic: Settings, switched_off: dict[Key, set[str]]
) -> None:
    complete = nights_home.published[nights_home.nights[0]]
    found, expected = content_hashes(published(clinic)), content_hashes(complete)
    assert found.keys() == expected.keys()
    assert {table for table in found if found[table] != expected[table]} == {
        *document_tables(),
        *RULES,
        BITS,
    }
    with duckdb.connect(str(published(clinic)), read_only=True) as connection:
        connection.execute(f"attach '{complete}' as complete (read_only)")
        for table in document_tables():
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,), table
        reached = [f"{kind}:{rule}" for kind, rule in switched_off]
        for table, key in RULES.items():
            rows = f"select * from {{}}{table} where not list_contains(?, concat_ws(':', {key}))"
            theirs, ours = (
                connection.execute(f"{rows.format(place)} order by all", [reached]).fetchall()
                for place in ("", "complete.")
            )
            assert theirs == ours != [], table
        bits = f"select * from {BITS} except all select * from complete.{BITS}"
        assert connection.execute(bits).fetchall() == []


def test_nobody_is_in_a_rule_that_is_off(clinic: Settings, switched_off: dict[Key, set[str]]) -> None:
    query = "select kind, rule_id, because, members from audience.rules where state <> 'ok'"
    with duckdb.connect(str(published(clinic)), read_only=True) as connection:
        rules = connection.execute(query).fetchall()
        members = connection.execute(
            "select 'tag', tag_id from audience.tag_members"
            " union select 'segment', segment_id from audience.segment_members"
        ).fetchall()
    assert {(kind, rule): set(because) for kind, rule, because, _ in rules} == switched_off
    assert not switched_off.keys() & set(members)


def test_the_doctor_names_exactly_the_templates_that_are_off(
    nights_home: NightsHome,
    clinic: Settings,
    switched_off: dict[Key, set[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CDP_HOME", str(clinic.root))
    monkeypatch.setattr(Settings, "today", lambda _: nights_home.nights[0])
    expected, names = {}, set()
    for path, content in template_files():
        file = json.loads(content)
        key = ("tag" if path.startswith("tags/") else "segment", file.get("id", ""))
        if key in switched_off:
            expected[path.removesuffix(".json")] = switched_off[key]
            names.add(file["name"])
    told = [json.loads(line) for line in CliRunner().invoke(app, ["doctor", "--json"]).stdout.splitlines()]
    templates = [one for one in told if one["type"] == "capability" and one["kind"] == "template"]
    assert {one["id"]: set(one["because"]) for one in templates if one["state"] != "live"} == expected
    assert {one["state"] for one in templates} == {"live", "off"}
    assert {one["name"] for one in told if one["type"] == "extract" and one["state"] != "ok"} == set(MISSING)
    shown = CliRunner().invoke(app, ["doctor"]).stdout
    listed = re.findall(r"^  规则模板 [0-9]+：(.*)$", shown, re.MULTILINE)
    assert sorted(name for line in listed for name in line.split("、")) == sorted(names)


@pytest.mark.faults
def test_the_same_content_is_published_as_in_our_own_shape(
    nights_home: NightsHome, clinic: Settings, tmp_path: Path
) -> None:
    ours = Settings(home=tmp_path)
    land(nights_home, ours, MISSING)
    run_night(ours, nights_home.nights[0])
    assert content_hashes(published(clinic)) == content_hashes(published(ours))
