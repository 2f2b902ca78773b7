"""The command line as a user types it, on a home of three nights: answers, exit codes, Chinese messages."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.conftest import LAST_NIGHT, NightsHome
from tests.pipelines.conftest import Cdp

RUNNER = CliRunner()


def rule(tmp_path: Path, **condition: object) -> Path:
    """A filter file of one condition."""
    path = tmp_path / "rule.json"
    groups = [{"logic": "and", "conditions": [{"kind": "profile", **condition}]}]
    path.write_text(json.dumps({"version": 1, "logic": "and", "groups": groups}, ensure_ascii=False))
    return path


def test_filter_run_counts_and_lists(cdp: Cdp, tmp_path: Path, nights_home: NightsHome) -> None:
    women = rule(tmp_path, field="gender", op="in", value=["女"])
    answer = json.loads(cdp("filter", "run", women, "--json", "--ids").stdout)
    assert answer["as_of"] == str(LAST_NIGHT)
    assert answer["count"] == len(set(answer["ids"])) > 0
    limited = json.loads(cdp("filter", "run", women, "--json", "--ids", "--limit", "3").stdout)
    assert limited["count"] == answer["count"]
    assert len(limited["ids"]) == 3
    assert set(limited["ids"]) < set(answer["ids"])
    before = json.loads(cdp("filter", "run", women, "--json", "--as-of", str(nights_home.nights[0])).stdout)
    assert before["as_of"] == str(nights_home.nights[0])


def test_filter_run_says_what_is_wrong_where_and_what_was_meant(cdp: Cdp, tmp_path: Path) -> None:
    result = cdp("filter", "run", rule(tmp_path, field="gendr", op="in", value=["女"]), "--json")
    (error,) = json.loads(result.stdout)["errors"]
    assert (result.exit_code, error["pointer"]) == (1, "/groups/0/conditions/0/field")
    assert "gender" in error["suggestion"]


def test_filter_sql_gives_the_ids_that_filter_run_gives(
    cdp: Cdp, tmp_path: Path, nights_home: NightsHome
) -> None:
    women = rule(tmp_path, field="gender", op="in", value=["女"])
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        ids = sorted(oneid for (oneid,) in connection.execute(cdp("filter", "sql", women).stdout).fetchall())
    assert ids == sorted(json.loads(cdp("filter", "run", women, "--json", "--ids").stdout)["ids"])
    assert cdp("filter", "sql", women, "--dialect", "spark").exit_code == 0


def test_filter_sql_refuses_a_full_phone_without_repeating_it(cdp: Cdp, tmp_path: Path) -> None:
    result = cdp("filter", "sql", rule(tmp_path, field="phone", op="eq", value="13900000000"))
    assert result.exit_code == 1
    assert "13900000000" not in result.output


def test_filter_explain_is_a_sentence(cdp: Cdp, tmp_path: Path) -> None:
    result = cdp("filter", "explain", rule(tmp_path, field="gender", op="in", value=["女"]))
    assert result.stdout.strip() == "性别是女"


WOMEN = {"kind": "profile", "field": "gender", "op": "in", "value": ["女"]}
OLDER = {"kind": "profile", "field": "age", "op": "gt", "value": 40}
IMPLANTED = {
    "kind": "document",
    "had": True,
    "table": "charge_item",
    "filters": [{"attr": "category", "op": "eq", "value": "种植"}],
    "metric": {"agg": "sum", "attr": "received", "op": "ge", "value": "1000.00"},
}


def written(path: Path, *conditions: dict[str, object], logic: str = "and") -> Path:
    groups = [{"logic": logic, "conditions": list(conditions)}]
    path.write_text(json.dumps({"version": 1, "logic": "and", "groups": groups}, ensure_ascii=False))
    return path


def test_filter_explain_tells_a_customer_apart_as_filter_run_does(cdp: Cdp, tmp_path: Path) -> None:
    file = written(tmp_path / "both.json", WOMEN, IMPLANTED, OLDER)
    inside = json.loads(cdp("filter", "run", file, "--json", "--ids").stdout)["ids"]
    women = json.loads(cdp("filter", "run", written(tmp_path / "w.json", WOMEN), "--json", "--ids").stdout)[
        "ids"
    ]
    for oneid in (*inside[:3], *[one for one in women if one not in inside][:6]):
        result = cdp("filter", "explain", file, "--oneid", oneid, "--json")
        found = json.loads(result.stdout)
        verdicts = [one["passes"] for one in found["conditions"]]
        assert found["passes"] == all(verdicts) == (oneid in inside) == (result.exit_code == 0)
        assert [one["decisive"] for one in found["conditions"]] == [
            all(others) for others in ([*verdicts[:k], *verdicts[k + 1 :]] for k in range(3))
        ]
        assert found["conditions"][0]["seen"] == "性别：女"


def test_filter_explain_says_how_far_a_customer_is_from_the_other_verdict(
    cdp: Cdp, tmp_path: Path, nights_home: NightsHome
) -> None:
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        oneid, age = connection.execute(
            "select oneid, age from core.dim_customers where in_universe and age < 40 order by oneid limit 1"
        ).fetchone() or ("", 0)
    text = cdp("filter", "explain", written(tmp_path / "a.json", OLDER), "--oneid", oneid).stdout
    assert f"年龄：{age}；超过 40才符合，还差 {40 - age}" in text
    unknown = cdp("filter", "explain", written(tmp_path / "a.json", OLDER), "--oneid", "CNOBODY")
    assert (unknown.exit_code, "没有客户 CNOBODY" in unknown.output) == (1, True)


def test_filter_diff_names_the_change_that_moves_each_customer(cdp: Cdp, tmp_path: Path) -> None:
    old = written(tmp_path / "old.json", WOMEN, OLDER)
    new = written(tmp_path / "new.json", WOMEN, OLDER | {"value": 50}, IMPLANTED)
    ids = {
        name: set(json.loads(cdp("filter", "run", file, "--json", "--ids").stdout)["ids"])
        for name, file in (
            ("old", old),
            ("new", new),
            ("aged", written(tmp_path / "c.json", WOMEN, OLDER | {"value": 50})),
        )
    }
    found = json.loads(cdp("filter", "diff", old, new, "--json").stdout)
    assert set(found["leaving"]) == ids["old"] - ids["new"]
    assert set(found["entering"]) == ids["new"] - ids["old"]
    aged, implanted = found["changes"]
    assert (aged["pointer"], aged["description"]) == (
        "/groups/0/conditions/1",
        "“年龄大于40”改为“年龄大于50”",
    )
    assert aged["leaves"] == len((ids["old"] - ids["new"]) - ids["aged"])
    assert implanted["description"].startswith("新增“有过收费项目（大类是种植）")
    either = json.loads(
        cdp("filter", "diff", old, written(tmp_path / "or.json", WOMEN, OLDER, logic="or"), "--json").stdout
    )
    assert [one["description"] for one in either["changes"]] == ["组内由“且”改为“或”"]
    assert either["changes"][0]["enters"] == len(either["entering"]) > 0


def test_catalog_lists_every_field_with_its_place(cdp: Cdp) -> None:
    sources = json.loads(cdp("catalog", "--json").stdout)["sources"]
    fields = {field["id"]: field for source in sources for field in source["fields"]}
    assert fields["gender"]["label"] == "性别"


def test_rules_check_of_the_templates_warns_of_twins_only(cdp: Cdp) -> None:
    result = cdp("rules", "check", "--json")
    files = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [one["file"] for one in files if one["errors"]] == []
    assert {warning["code"] for one in files for warning in one["warnings"]} == {
        "inside_another",
        "same_as_another",
    }
    assert "提醒：" in cdp("rules", "check").stdout


def test_rules_new_copies_a_template_with_its_group_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    made = RUNNER.invoke(app, ["rules", "new", "--from", "spend-1000-10000"])
    assert Path(made.stdout.strip()).is_file()
    assert (tmp_path / "library" / "tags" / "spending-power" / "_group.json").is_file()
    assert RUNNER.invoke(app, ["rules", "new", "--from", "spend-1000-10000"]).exit_code == 1
    unknown = RUNNER.invoke(app, ["rules", "new", "--from", "spend-1000"])
    assert (unknown.exit_code, "spend-1000-10000" in unknown.output) == (2, True)
    several = RUNNER.invoke(app, ["rules", "new", "--from", "referral-star"])
    assert (several.exit_code, "segments/referral-star" in several.output) == (2, True)


def test_a_home_without_a_night_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    result = RUNNER.invoke(app, ["filter", "run", str(rule(tmp_path, field="gender", op="is_set"))])
    assert (result.exit_code, "cdp nightly" in result.output) == (1, True)


def test_an_edited_tag_is_recomputed_alone(
    nights_home: NightsHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(nights_home.settings.root, home, symlinks=True)
    monkeypatch.setenv("CDP_HOME", str(home))
    path = home / "library" / "tags" / "referral-power" / "referral-star.json"
    edited = json.loads(path.read_text())
    edited["filter"]["groups"][0]["conditions"][0]["value"] = 0
    path.write_text(json.dumps(edited, ensure_ascii=False))
    unknown = RUNNER.invoke(app, ["tag", "recompute", "referal-star"])
    assert (unknown.exit_code, "referral-star" in unknown.output) == (1, True)
    result = RUNNER.invoke(app, ["tag", "recompute", "referral-star", "--json"])
    assert result.exit_code == 0, result.output
    current = str((home / "published" / "current.duckdb").resolve())
    with duckdb.connect(current, read_only=True) as connection:
        wanted = "select count(*) from core.dim_customers where in_universe and referral_count > 0"
        members = "select count(*) from audience.tag_members where tag_id = 'referral-star'"
        assert connection.execute(wanted).fetchone() == connection.execute(members).fetchone()
        reasons = connection.execute(
            "select distinct reason, trigger from audience.member_log"
            " where rule_id = 'referral-star' and as_of = ? and trigger = '手动'",
            [LAST_NIGHT],
        ).fetchall()
    assert reasons == [("规则修改", "手动")]
