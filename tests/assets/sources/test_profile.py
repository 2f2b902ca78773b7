"""What a clinic's export is, is guessed right; the draft needs correcting, not writing; nobody's data shows."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from assets.sources.profile import Profile, profile_file, profiled_extracts
from assets.sources.words import known_values, synonyms
from pipelines.cli import app
from tests.assets.sources.exports import EXPORTS, UNSEEN, Export, workbook

PERSONAL = (
    "姓名",
    "客户姓名",
    "患者姓名",
    "会员姓名",
    "员工姓名",
    "客户名称",
    "顾客姓名",
    "称呼",
    "客户全名",
)


def profiled(export: Export, folder: Path) -> Profile:
    path = folder / export.name
    path.write_bytes(export.content())
    return profile_file(path)


@pytest.mark.parametrize("exports", [EXPORTS, UNSEEN], ids=["known words", "words never seen"])
def test_extracts_and_at_least_nine_columns_of_ten_are_guessed_right(
    exports: tuple[Export, ...], tmp_path: Path
) -> None:
    right, wrong = 0, []
    for export in exports:
        found = profiled(export, tmp_path)
        assert found.extract == export.extract, export.name
        for column in found.columns:
            expected = export.expected[column.column]
            right += column.guess == expected
            wrong += [] if column.guess == expected else [(export.name, column.column, column.guess)]
    assert right >= 9 * len(wrong), wrong


def test_a_file_is_known_by_its_columns_alone(tmp_path: Path) -> None:
    for export in EXPORTS:
        path = tmp_path / f"export{Path(export.name).suffix}"
        path.write_bytes(export.content())
        assert profile_file(path).extract == export.extract, export.name


def test_the_draft_is_a_mapping_with_what_a_person_must_decide(tmp_path: Path) -> None:
    mapping = profiled(next(one for one in EXPORTS if one.name.startswith("预约明细")), tmp_path).mapping
    assert yaml.safe_load(mapping) == {
        "files": "预约明细{date:%Y%m%d}.xlsx",
        "offset_days": 1,
        "mode": "full",
        "columns": {
            "appointment_id": "预约单号",
            "patient_id": "患者编号",
            "store_id": "门店",
            "created_at": {"from": "登记时间", "as": "timestamp"},
            "appt_time": {"from": "预约时间", "as": "timestamp"},
            "status": {"from": "就诊状态", "values": {"已就诊": "已到店", "待就诊": "已预约"}},
            "visit_type": "初复诊",
            "items": {"from": "预约项目", "split": "、"},
            "doctor": "预约医生",
            "channel": {"from": "预约来源", "values": {"电话": "网电", "微信": "服务号"}},
        },
    }
    remarks = dict(re.findall(r"^ *(\w+)[:：].*# (.*)$", mapping, re.MULTILINE))
    assert remarks["status"] == "请核对：不在词表里的值 爽约（1 行）；只能是 已预约、已确认、已到店、已取消"
    assert remarks["doctor"] == "请核对：这里是姓名，应为员工编号"
    assert remarks["store_id"] == "请核对：这里是门店名称，应为门店编号"
    assert "# 没有用到的列：患者姓名、手机\n" in mapping
    assert "# 同一份文件还能提供 ekanya/patient_phones" in mapping


def test_every_synonym_is_of_something_that_exists() -> None:
    known = profiled_extracts()
    said = synonyms()
    assert said["files"].keys() | said["extracts"].keys() | said["assumed"].keys() <= known.keys()
    columns = {name: {column.name for column in contract.file_columns} for name, contract in known.items()}
    assert said["columns"].keys() <= set().union(*columns.values())
    for name, words in [*said["extracts"].items(), *said["assumed"].items()]:
        assert words.keys() <= columns[name], name
    for place, values in said["values"].items():
        extract, _, column = place.rpartition(".")
        for name in [extract] if extract else [name for name in known if column in columns[name]]:
            assert column in columns[name], place
            assert values.keys() <= set(known_values(known[name], column)), place


def draft_of(rows: list[list[object]], folder: Path, extract: str, sheet: str = "Sheet1") -> dict:
    path = folder / "2026-11-19" / "导出.xlsx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(workbook({sheet: rows}))
    found = profile_file(path, sheet=sheet, extract=extract)
    return yaml.safe_load(found.mapping)


def test_what_an_export_lacks_is_joined_assumed_or_asked_for(tmp_path: Path) -> None:
    header = ["患者编号", "预约时间", "状态", "医生"]
    rows = [header, ["P1", "2026-11-20 09:00", "已预约", "D1"], ["P2", "2026-11-20 10:00", "-", "D1"]]
    drafted = draft_of(rows, tmp_path, "ekanya/appointments", sheet="预约")
    assert drafted["files"] == "{date:%Y-%m-%d}/导出.xlsx"
    assert (drafted["sheet"], drafted["blank"]) == ("预约", ["-"])
    assert drafted["columns"]["appointment_id"] == {"join": ["患者编号", "预约时间"], "with": "-"}
    assert "store_id" not in drafted["columns"]
    phones = draft_of([["患者编号", "手机号"], ["P1", "13800000001"]], tmp_path, "ekanya/patient_phones")
    assert phones["columns"]["relation"] == {"constant": "本人"}
    names = draft_of(
        [["编号", "姓", "名", "建档时间"], ["1", "王", "一", 1763456400000]], tmp_path, "ekanya/patients"
    )
    assert names["columns"]["name"] == {"join": ["姓", "名"], "with": ""}
    assert names["columns"]["created_at"] == {"from": "建档时间", "as": "epoch_millis"}


def test_no_phone_and_no_name_is_shown(tmp_path: Path) -> None:
    paths = [tmp_path / export.name for export in (*EXPORTS, *UNSEEN)]
    names = set()
    for export, path in zip((*EXPORTS, *UNSEEN), paths, strict=True):
        path.write_bytes(export.content())
        places = [place for place, name in enumerate(export.rows[0]) if name in PERSONAL]
        names |= {row[place] for row in export.rows[1:] for place in places}
    for files, options in ((paths, ["--json"]), (paths[:3], [])):
        shown = CliRunner().invoke(app, ["source", "profile", *map(str, files), *options])
        assert shown.exit_code == 0
        text = shown.stdout + shown.stderr
        assert not re.search(r"1[3-9][0-9]{9}", text)
        assert not [name for name in names if name in text]


def test_the_command_keeps_the_draft_and_tells_what_cannot_be_read(tmp_path: Path) -> None:
    export = tmp_path / EXPORTS[0].name
    export.write_bytes(EXPORTS[0].content())
    run = CliRunner().invoke
    mapping = tmp_path / "mappings" / "ekanya" / "patients.yaml"
    kept = run(app, ["source", "profile", str(export), "--out", str(tmp_path / "mappings")])
    assert (kept.exit_code, kept.stdout) == (0, "")
    assert yaml.safe_load(mapping.read_text("utf-8"))["columns"]["name"] == "姓名"
    mapping.write_text("corrected by a person", encoding="utf-8")
    again = run(app, ["source", "profile", str(export), "--out", str(tmp_path / "mappings")])
    assert (again.exit_code, "已有，没有改动" in again.stderr) == (0, True)
    assert mapping.read_text("utf-8") == "corrected by a person"
    broken = tmp_path / "坏.csv"
    broken.write_bytes(b"")
    told = run(app, ["source", "profile", str(export), str(broken), "--json"])
    assert told.exit_code == 1
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    assert answers[0]["extract"] == "ekanya/patients"
    assert answers[1] == {"file": "坏.csv", "error": "文件是空的，连表头也没有"}
    wrong = run(app, ["source", "profile", str(export), "--extract", "ekanya/patient"])
    assert (wrong.exit_code, "是不是 ekanya/patients？" in wrong.stderr) == (2, True)
