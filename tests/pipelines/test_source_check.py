"""``cdp source check`` as whoever connects a clinic types it."""

import json
import shutil
import traceback
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.running import home_is_empty
from pipelines.settings import Settings
from tests.assets.sources.clinic_reports import MAPPINGS

HEADER = "线索号,称呼,电话,平台,渠道1,渠道2,渠道3,线索池,跟进人,进度,意向门店,留资时间,最后修改,作废,客服评语"
ROW = "L1,王,13800000001,抖音,,,,,,{status},,{created},2026/11/19 10:00:00,否,好"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    shutil.copytree(MAPPINGS / "leads", tmp_path / "mappings" / "leads")
    text = (MAPPINGS / "leads" / "leads.yaml").read_text("utf-8").replace(".xlsx", ".csv")
    (tmp_path / "mappings" / "leads" / "leads.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "sources" / "线索" / "20261119").mkdir(parents=True)
    return tmp_path


def export(home: Path, *rows: str) -> None:
    path = home / "sources" / "线索" / "20261119" / "线索.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["source", "check", "--as-of", "2026-11-20", *arguments])


def test_a_good_home(home: Path) -> None:
    export(home, ROW.format(status="新线索", created="2026/11/19 9:00"))
    result = check()
    assert result.exit_code == 0, result.output
    assert "leads/leads.yaml（线索）" in result.output
    assert "线索/20261119/线索.csv → dt=2026-11-20：1 行" in result.output
    assert "没有用到的列：客服评语" in result.output
    assert "没有找到文件：线索/{date:%Y%m%d}/跟进记录.csv" in result.output


def test_rows_that_would_be_refused_and_values_that_are_not_mapped(home: Path) -> None:
    created = "2026/11/19 9:00"
    export(
        home, ROW.format(status="13900000001来过", created=created), ROW.format(status="无效", created="昨天")
    )
    result = check()
    assert result.exit_code == 1
    assert "第 3 行会被隔离：列 created_at 应为时间" in result.output
    assert "status 的值 139****0001来过 没有映射，原样保留（1 行）" in result.output
    [_, leads] = [json.loads(line) for line in check("--json").stdout.splitlines()]
    [file] = leads["files"]
    assert (file["rows"], file["refused"], file["refusals"][0]["line"]) == (2, 1, 3)


def test_a_wrong_mapping(home: Path) -> None:
    (home / "mappings" / "leads" / "leads.yaml").write_text("files: x\ncolums: {}\n")
    result = check()
    assert result.exit_code == 1
    assert result.output.count("leads/leads.yaml 第 2 行：不认识 colums，是不是 columns？") == 1


def test_a_file_without_a_column_that_the_mapping_reads(home: Path) -> None:
    export(home)
    path = home / "sources" / "线索" / "20261119" / "线索.csv"
    path.write_text(HEADER.replace("称呼", "客户称呼") + "\n", encoding="utf-8")
    result = check()
    assert result.exit_code == 1
    assert "缺少列 称呼（文件里有 客户称呼，是否改了名？）" in result.output


def test_a_folder_that_cannot_be_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refused)
    result = check()
    assert result.exit_code == 1
    assert "导出文件的目录读不了：Permission denied" in result.output


def test_a_home_with_mappings_gets_no_sample_group(home: Path) -> None:
    assert not home_is_empty(Settings())
    assert home_is_empty(Settings(home=home / "another"))


@pytest.mark.parametrize("given", ['"mysql://cdp:s3cret@host/his"', '{"his": mysql://cdp:s3cret@host/his}'])
def test_a_setting_that_cannot_be_read_is_not_quoted(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_SOURCE_CONNECTIONS", given)
    with pytest.raises(ValueError, match="source_connections") as caught:
        Settings()
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_database_that_is_not_configured(home: Path) -> None:
    path = home / "mappings" / "leads" / "leads.yaml"
    text = "\n".join(path.read_text("utf-8").splitlines()).partition("columns:")[2]
    path.write_text(f"connection: his\ntable: 线索\ncolumns:{text}", encoding="utf-8")
    result = check()
    assert result.exit_code == 1
    assert "his/线索 → dt=2026-11-20：没有名为 his 的数据库连接" in result.output
