"""``cdp rules check`` over a small library in which every kind of oddity stands once, as a marketer reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli import app

AGE = {"kind": "profile", "field": "age"}
REFERRED = {"kind": "profile", "field": "referral_count"}
WOMEN = {"kind": "profile", "field": "gender", "op": "eq", "value": "女"}
PLANS = {"kind": "document", "had": True, "table": "treatment_plan"}
LIBRARY: dict[str, list[list[dict[str, Any]]]] = {
    "01-成年女性": [[WOMEN, AGE | {"op": "ge", "value": 18}]],
    "02-矛盾": [[AGE | {"op": "gt", "value": 5}], [AGE | {"op": "lt", "value": 3}]],
    "03-多余": [[PLANS, REFERRED | {"op": "gt", "value": 5}], [REFERRED | {"op": "is_set"}]],
    "04-重复": [[AGE | {"op": "ge", "value": 18.0}], [WOMEN | {"op": "in", "value": ["女", "女"]}]],
    "05-子集": [[WOMEN, AGE | {"op": "between", "value": [18, 30]}, PLANS]],
}
SAID = """\
segments/02.json /filter：提醒：这条规则不可能选中任何客户：条件互相矛盾
segments/03.json /filter/groups/1/conditions/0：提醒：去掉这个条件，选中的客户不变
segments/04.json /filter：提醒：选中的客户与“01-成年女性”（segments/01.json）总是相同
segments/05.json /filter：提醒：选中的客户总在“01-成年女性”（segments/01.json）之内
segments/05.json /filter：提醒：选中的客户总在“04-重复”（segments/04.json）之内
"""


def test_what_is_impossible_dead_the_same_or_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    write(tmp_path / "library" / "segments", LIBRARY)
    told = CliRunner().invoke(app, ["rules", "check"])
    assert (told.exit_code, told.stdout) == (0, SAID)


def test_all_mistakes_with_what_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    wrong = [
        WOMEN | {"op": "等于", "value": "女性"},
        AGE | {"op": "equals", "value": 1},
        PLANS | {"table": "plan"},
    ]
    write(tmp_path / "library" / "segments", {"01-错": [wrong, [AGE | {"op": "gt", "value": "18"}]]})
    told = CliRunner().invoke(app, ["rules", "check"])
    at = "segments/01.json /filter/groups"
    assert (told.exit_code, told.stdout.splitlines()) == (
        1,
        [
            f"{at}/0/conditions/0/op：没有操作符“等于”，是不是“eq”？",
            f"{at}/0/conditions/1/op：没有操作符“equals”，是不是“eq”？",
            f"{at}/0/conditions/2/table：没有单据表“plan”",
            f"{at}/1/conditions/0/value：应为数字（不加引号）",
        ],
    )


def write(folder: Path, library: dict[str, list[list[dict[str, Any]]]]) -> None:
    """A segment of each name's groups, numbered and dated by the first two figures of its name."""
    folder.mkdir(parents=True)
    for name, groups in library.items():
        rule = {
            "version": 1,
            "logic": "and",
            "groups": [{"logic": "and", "conditions": conditions} for conditions in groups],
        }
        created = f"2026-01-{name[:2]}T00:00:00"
        content = {"id": name[:2], "name": name, "status": "enabled", "created_at": created, "filter": rule}
        (folder / f"{name[:2]}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
