"""A wrong mapping is refused with its line and the nearest right word, and the others are followed all the same."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from assets.sources.json_schema import SCHEMA_FILE, schema_text
from assets.sources.loading import load_mappings
from tests.assets.sources.clinic_reports import MAPPINGS

PATIENTS = """\
files: "{date:%Y%m%d}/患者*.xlsx"
offset_days: 1
mode: full
columns:
  patient_id: 患者编号
  name: {join: [姓, 名], with: ""}
  gender: {from: 性别, values: {男性: 男, 女性: 女}}
  birthday: {from: 出生日期, as: date}
  created_at: {from: 建档时间, as: timestamp}
"""


def problems(folder: Path, text: str | bytes, name: str = "ekanya/patients.yaml") -> list[str]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [str(problem) for problem in load_mappings(folder)[1]]


def test_a_right_one() -> None:
    right, wrong = load_mappings(MAPPINGS)
    assert wrong == []
    assert [extract.path for extract in right] == sorted(
        path.relative_to(MAPPINGS).as_posix() for path in MAPPINGS.rglob("*.yaml")
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("  gender: ", "  gendr: ", 7, "患者档案没有 gendr 这一列，是不是 gender？"),
        ("女性: 女", "女性: 女生", 7, "列 gender 的值不能是 女生，是不是 女？；可用：男、女、未知"),
        ("{from: 性别, values: {男性: 男, 女性: 女}}", "{constant: 男性}", 7, "列 gender 的值不能是 男性，是不是 男？"),
        ("as: date}", "as: dates}", 8, "as 不认识 dates，是不是 date？"),
        ("as: date}", "as: yes_no}", 8, "列 birthday 是 date，as 可用：date；得到 yes_no"),
        ("as: date}", "cast: date}", 8, "不认识 cast，是不是 as？"),
        ("{from: 出生日期, as: date}", "{from: 出生日期, fron: 日期}", 8, "不认识 fron，是不是 from？"),
        ("{from: 出生日期, as: date}", "{as: date}", 8, "birthday：应有 from、join、constant 之一，得到 都没有"),
        ("{from: 出生日期, as: date}", "{constant: ~}", 8, "birthday：应有 from、join、constant 之一，得到 都没有"),
        ("{from: 出生日期, as: date}", "~", 8, "birthday 应为“键: 值”"),
        ("join: [姓, 名]", "from: 姓名", 6, "name：with 只能与 join 同时使用"),
        ("as: date}", "split: 、}", 8, "列 birthday 是 date，只有 list 可用 split"),
        ("as: date}", "as: date, values: {无: ~}}", 8, "birthday：as 不能与 values 或 split 同时使用"),
        ("  name: ", "  patient_id: 编号\n  name: ", 6, "patient_id 写了两次（第 5 行已有）"),
        ("女性: 女}", "女性: 女, 男性: 女}", 7, "男性 写了两次（第 7 行已有）"),
        ("mode: full", "mode: ful", 3, "mode 不认识 ful，是不是 full？"),
        ("mode: full", "mode: append", 3, "患者档案是 delta 数据，mode 只能是 delta、full，得到 append"),
        ("offset_days: 1", "offset_days: 一", 2, "offset_days 应为整数"),
        ("offset_days: 1", "ofset_days: 1", 2, "不认识 ofset_days，是不是 offset_days？"),
        ('"{date:%Y%m%d}/患者*.xlsx"', '"患者*.xlsx"', 1, "files：缺少业务日期，例如 {date:%Y%m%d}"),
        ("{date:", "{dat:", 1, "files：不认识的 {dat:%Y%m%d}，是不是 date？；只有 {date:%Y%m%d}"),
        ("%Y%m%d", "%Y%m%D", 1, "files：日期格式里不认识 %D，只能用 %Y（年）、%m（月）、%d（日）"),
        ("%Y%m%d", "%Y%m", 1, "files：日期要有年、月、日，例如 {date:%Y%m%d}"),
        ("%d}", "%d", 1, "files：花括号不成对，日期应写作 {date:%Y%m%d}"),
        ('"{date', '"/data/{date', 1, "files：应为相对于导出文件目录的路径，用 / 分隔"),
        ('"{date', '"../{date', 1, "files：路径里不能有 ..、. 或空的一段"),
        ('"{date', '"**/{date', 1, "files：不支持 **，请逐层写出目录，每层可用 *"),
        ("  created_at: {from: 建档时间, as: timestamp}\n", "", 4, "缺少必填的列 created_at"),
        ("files: ", "#files: ", 2, "映射：应有 files、table、query 之一，得到 都没有"),
        ("join: [姓, 名]", "join: 姓", 6, "join 应为列表，如 [甲, 乙]"),
        ("  birthday: ", "  [出生, 日期]: ", 8, "键应为文本"),
        ("男性: 男", "男性: 男: 女", 7, "不是有效的 YAML，请检查缩进、冒号、括号和引号"),
        ("{from: 性别", "&g {from: 性别", 0, ""),
        ("  birthday: {from: 出生日期, as: date}", "  birthday: *g", 8, "不支持引用 *g，请写出内容"),
    ],
)  # fmt: skip
def test_a_wrong_one(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    assert PATIENTS.count(old) == 1
    found = problems(tmp_path, PATIENTS.replace(old, new))
    if line == 0:
        assert found == []
    else:
        assert f"ekanya/patients.yaml 第 {line} 行：{told}" in "\n".join(found)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ekanya/patient.yaml", "没有这个数据表，是不是 ekanya/patients.yaml？"),
        ("ekanya/patients.yml", "映射应为 <数据源>/<数据表>.yaml"),
        ("patients.yaml", "映射应为 <数据源>/<数据表>.yaml"),
    ],
)
def test_a_wrong_place(tmp_path: Path, name: str, told: str) -> None:
    assert problems(tmp_path, PATIENTS, name) == [f"{name} 第 1 行：{told}"]


@pytest.mark.parametrize("text", ["患者".encode("gb18030"), b"[" * 5000, b"", b"- a", b"\x00"])
def test_what_is_no_mapping_at_all_stops_nobody(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "ekanya").mkdir()
    (tmp_path / "ekanya" / "stores.yaml").write_text(
        'files: "{date:%Y%m%d}.csv"\ncolumns: {store_id: 编码, name: 名称}\n'
    )
    assert len(problems(tmp_path, text)) == 1
    assert [extract.path for extract in load_mappings(tmp_path)[0]] == ["ekanya/stores.yaml"]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("ekanya/patient_phones.yaml", "妈妈: 母亲", "妈妈: 妈妈", "列 relation 的值不能是 妈妈"),
        ("leads/leads.yaml", "新线索: 待分配", "新线索: 未分配", "列 status 的值不能是 未分配，是不是 待分配？"),
        ("ekanya/points_ledger.yaml", "抵扣: 抵现", "抵扣: 抵扣", "列 kind 的值不能是 抵扣，是不是 抵现？"),
        ("ekanya/charge_bills.yaml", "constant: false", "constant: 否", "的值不能是 否；可用：true、false"),
        ("ekanya/charge_bills.yaml", "as: money}\n  discounted", "as: integer}\n  discounted", "as 可用：money"),
    ],
)  # fmt: skip
def test_values_that_nothing_downstream_knows(
    tmp_path: Path, name: str, old: str, new: str, told: str
) -> None:
    text = (MAPPINGS / name).read_text("utf-8")
    assert old in text
    (found,) = problems(tmp_path, text.replace(old, new), name)
    assert told in found


def test_an_event_is_mapped_to_one_that_rules_know(tmp_path: Path) -> None:
    text = (
        'files: "{date:%Y%m%d}.csv"\ncolumns:\n  event_id: 编号\n  appid: 账号\n  openid: 粉丝\n'
        "  event: {from: 事件, values: {关注: oa_subscribed}}\n  occurred_at: 时间\n"
    )
    (found,) = problems(tmp_path, text, "wechat_oa/fan_events.yaml")
    assert "第 6 行：列 event 的值不能是 oa_subscribed，是不是 oa_subscribe？" in found


def test_the_schema_is_that_of_the_model() -> None:
    assert SCHEMA_FILE.read_text("utf-8") == schema_text()


def test_an_editor_takes_what_we_take() -> None:
    schema = jsonschema.Draft202012Validator(json.loads(schema_text()))
    jsonschema.Draft202012Validator.check_schema(schema.schema)
    for path in MAPPINGS.rglob("*.yaml"):
        schema.validate(yaml.safe_load(path.read_text("utf-8")))
    wrong = yaml.safe_load(PATIENTS.replace("as: date}", "as: dates}"))
    assert not schema.is_valid(wrong)


DATABASE = """\
connection: his
table: patient
columns: {store_id: code, name: title}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("table: patient", "", "映射：应有 files、table、query 之一，得到 都没有"),
        ("table: patient", "table: patient\nquery: select 1", "映射：应有 files、table、query 之一，得到 table、query"),
        ("connection: his", "", "映射：connection 要与 table 或 query 同时使用"),
        ("table: patient", 'files: "{date:%Y%m%d}.csv"', "映射：connection 要与 table 或 query 同时使用"),
        ("table: patient", "table: patient\noffset_days: 1", "映射：offset_days 只用于 files"),
        ("conection", "", "不认识 conection，是不是 connection？"),
        ("connection: his\ntable: patient", 'files: "s4://b/{date:%Y%m%d}.csv"', "files：不认识的协议 s4://，是不是 s3://？"),
    ],
)  # fmt: skip
def test_a_wrong_source(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = DATABASE.replace(old, new) if old in DATABASE else DATABASE.replace("connection", old)
    assert told in "\n".join(problems(tmp_path, text, "ekanya/stores.yaml"))


def test_a_database_delivers_everything_unless_told(tmp_path: Path) -> None:
    assert problems(tmp_path, DATABASE, "ekanya/stores.yaml") == []
    [extract] = load_mappings(tmp_path)[0]
    assert (extract.mapping.mode, extract.mapping.place) == ("full", "his patient")
