"""What lands of a clinic's files night by night: changes of full deliveries, damaged files, changed mappings."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from assets.erasure.journal import Journal
from assets.erasure.landing import rewrite_landing
from assets.erasure.person import Person
from assets.erasure.traces import Traces
from assets.extracts.contract import load_contracts
from assets.extracts.landing import landed_tonight
from assets.extracts.loading import load_extract
from assets.extracts.suppression import Suppression
from assets.sources.changes import LandedState
from assets.sources.deliveries import Places
from assets.sources.landing import LandedDay, land_extract, land_problems
from assets.sources.loading import load_mappings
from tests.assets.extracts.stage import NIGHT, Stage

LEADS, PHONES, REFUNDS, STORES = "leads/leads", "ekanya/patient_phones", "ekanya/refunds", "ekanya/stores"
MAPPINGS = {
    LEADS: """\
files: "{date:%Y%m%d}/线索*.csv"
columns: {lead_id: 线索号, name: 称呼, status: {from: 进度, values: {新线索: 待分配}}, created_at: 时间}
""",
    REFUNDS: """\
files: "{date:%Y%m%d}/退费.csv"
columns: {refund_id: 号, bill_id: 单, amount: {from: 金额, as: money}, refunded_at: {from: 时间, as: timestamp}}
""",
    STORES: """\
files: "{date:%Y%m%d}/门店*.csv"
columns: {store_id: 编码, name: 名称}
""",
}
NEXT = NIGHT + dt.timedelta(days=1)
THIRD = NIGHT + dt.timedelta(days=2)
MIDNIGHT = dt.datetime.combine(NIGHT, dt.time())


class Clinic:
    """A home: mappings and exports to be written by a test, and a landing with its warehouse in memory."""

    def __init__(self, folder: Path) -> None:
        self.mappings, self.sources = folder / "mappings", folder / "sources"
        self.scratch = folder / "scratch"
        self.stage = Stage(folder / "landing", LEADS, REFUNDS, STORES)

    def map(self, table: str, text: str | None = None, extra: str = "") -> None:
        path = self.mappings / f"{table}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((text or MAPPINGS[table]) + extra, encoding="utf-8")

    def export(self, name: str, rows: Sequence[str], day: dt.date = NIGHT) -> Path:
        path = self.sources / f"{day:%Y%m%d}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path

    def leads(self, *rows: str, day: dt.date = NIGHT, name: str = "线索.csv") -> Path:
        return self.export(name, ["线索号,称呼,进度,时间", *rows], day)

    def land(self, table: str, night: dt.date = NIGHT) -> list[LandedDay]:
        """What ``night`` lands of ``table``, and loads."""
        (extract,) = [one for one in load_mappings(self.mappings)[0] if "/".join(one.contract.id) == table]
        landed = land_extract(extract, Places(self.sources, self.scratch, {}), self.stage.landing, night)
        self.stage.load(table, night)
        return landed

    def log(self, columns: str = "lead_id, name, status, is_deleted, _dt", table: str = LEADS) -> list[tuple]:
        return self.stage.rows(table, columns)


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


ONE, TWO, THREE = (f"L{number},客户{number},跟进中,2026-01-0{number} 08:00:00" for number in (1, 2, 3))


def test_a_delivery_of_changes_takes_its_version_from_the_night(clinic: Clinic) -> None:
    clinic.map(LEADS)
    clinic.leads(ONE)
    clinic.land(LEADS)
    assert clinic.log("lead_id, updated_at, is_deleted, _line") == [("L1", MIDNIGHT, False, 2)]


def test_a_refused_row_names_the_row_of_the_original(clinic: Clinic) -> None:
    clinic.map(LEADS)
    clinic.leads(ONE, "", "L2,客户2,跟进中,昨天", THREE)
    clinic.land(LEADS)
    assert clinic.stage.query("select path, line, column_name, code from ops.quarantine_rows") == [
        (f"{LEADS}/dt={NIGHT}/线索.csv.parquet", 4, "created_at", "not_timestamp")
    ]
    assert [line for (line,) in clinic.log("_line")] == [2, 5]


def test_a_row_that_cannot_be_read_is_told_and_lets_nothing_vanish(clinic: Clinic) -> None:
    clinic.map(LEADS, extra="mode: full\n")
    clinic.leads(ONE, TWO, THREE)
    clinic.land(LEADS)
    clinic.leads(ONE, f"{TWO},多余,13800000001", "L4,客户4,跟进中,2026-01-04 08:00:00", day=NEXT)
    (day,) = clinic.land(LEADS, NEXT)
    assert [(file.name, file.rows) for file in day.files] == [("线索.csv.parquet", 2)]
    assert [row[0] for row in clinic.log() if row[4] == NEXT] == ["L4"]
    assert clinic.stage.query("select line, code, reason from ops.quarantine_rows") == [
        (3, "ragged", "有 6 个单元格，表头有 4 个")
    ]
    ((raw,),) = clinic.stage.query("select raw from private.quarantine_raw")
    assert "13800000001" in raw
    clinic.leads(ONE, TWO, THREE, day=THIRD)
    clinic.land(LEADS, THIRD)
    assert [(row[0], row[3]) for row in clinic.log() if row[4] == THIRD] == [("L4", True)]


def test_a_row_taken_for_the_header_shows_no_phone(clinic: Clinic) -> None:
    clinic.map(LEADS)
    clinic.export("线索.csv", ["王,甲,乙,号码13800000001", "李,甲,乙,丙"])
    clinic.land(LEADS)
    ((reason,),) = clinic.stage.query("select reason from ops.extract_files")
    assert "13800000001" not in reason


def test_accounts_that_the_loader_puts_in_are_no_news() -> None:
    fans = load_contracts()["wechat_oa", "fans"]
    state = LandedState(fans)
    columns = [column.name for column in fans.file_columns]
    frame = pl.DataFrame(
        {name: pl.Series(["o1"] if name == "openid" else [None], dtype=pl.String) for name in columns}
    )
    frame = frame.with_columns(_line=pl.lit(2, pl.Int64))
    state.add([frame])
    assert [rows.height for rows in state.news([frame])] == [0]


def test_values_that_are_not_mapped_are_kept_and_told(clinic: Clinic) -> None:
    clinic.map(LEADS)
    clinic.leads(ONE, "L2,客户2,新线索,2026-01-02 08:00", "L3,客户3,联系 13800000001,2026-01-03 08:00")
    clinic.land(LEADS)
    assert [status for (status,) in clinic.log("status")] == ["跟进中", "待分配", "联系 13800000001"]
    assert clinic.stage.query("select * from ops.unmapped_values") == [
        (NIGHT, "leads", "leads", "status", "联系 138****0001", 1)
    ]


def test_of_everything_only_what_is_new_changed_or_gone_lands(clinic: Clinic) -> None:
    clinic.map(LEADS, extra="mode: full\n")
    clinic.leads(ONE, TWO, THREE)
    clinic.land(LEADS)
    clinic.leads(ONE, TWO.replace("客户2", "王二"), "L4,客户4,跟进中,2026-01-04 08:00:00", day=NEXT)
    clinic.land(LEADS, NEXT)
    assert sorted(row for row in clinic.log() if row[4] == NEXT) == [
        ("L2", "王二", "跟进中", False, NEXT),
        ("L3", "客户3", "跟进中", True, NEXT),
        ("L4", "客户4", "跟进中", False, NEXT),
    ]
    clinic.leads(ONE, TWO.replace("客户2", "王二"), THREE, day=THIRD)
    clinic.land(LEADS, THIRD)
    assert sorted(row for row in clinic.log() if row[4] == THIRD) == [
        ("L3", "客户3", "跟进中", False, THIRD),
        ("L4", "客户4", "跟进中", True, THIRD),
    ]


def test_of_everything_append_only_the_new_lands_and_nothing_goes(clinic: Clinic) -> None:
    clinic.map(REFUNDS, extra="mode: full\n")
    header = "号,单,金额,时间"
    clinic.export("退费.csv", [header, "R1,B1,￥10.00,2026-01-01"])
    clinic.land(REFUNDS)
    clinic.export("退费.csv", [header, 'R2,B1,"1,000元",2026-01-02'], NEXT)
    clinic.land(REFUNDS, NEXT)
    assert clinic.log("refund_id, cast(amount as varchar), _dt", REFUNDS) == [
        ("R1", "10.00", NIGHT),
        ("R2", "1000.00", NEXT),
    ]


def test_a_night_that_was_late_comes_out_as_in_order(tmp_path: Path) -> None:
    days = {
        NIGHT: (ONE, TWO),
        NEXT: (ONE, TWO.replace("客户2", "王二"), THREE),
        THIRD: (ONE, THREE),
    }
    states = []
    for order in ((NIGHT, NEXT, THIRD), (NIGHT, THIRD, NEXT)):
        clinic = Clinic(tmp_path / "-".join(f"{day:%d}" for day in order))
        clinic.map(LEADS, extra="mode: full\n")
        for day in order:
            clinic.leads(*days[day], day=day)
            clinic.land(LEADS, max(day for day in order[: order.index(day) + 1]))
        states.append(sorted(clinic.log()))
    assert states[0] == states[1]
    assert len(states[0]) == 5


def test_a_damaged_part_of_everything_lets_nothing_vanish(clinic: Clinic) -> None:
    clinic.map(LEADS, extra="mode: full\n")
    clinic.leads(ONE, TWO, name="线索1.csv")
    clinic.leads(THREE, name="线索2.csv")
    clinic.land(LEADS)
    clinic.leads(ONE, TWO.replace("客户2", "王二"), name="线索1.csv", day=NEXT)
    clinic.export("线索2.csv", ["编号,内容", "F1,来电"], NEXT)
    clinic.land(LEADS, NEXT)
    assert [row for row in clinic.log() if row[4] == NEXT] == [("L2", "王二", "跟进中", False, NEXT)]
    status = clinic.stage.status(LEADS, NEXT)
    assert status.state == "stale"
    assert "线索2.csv.parquet 被隔离（缺少列 线索号" in str(status.reason)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((ONE,), "原有 3 行，这次少了 2 行，全量文件可能没有导完"),
        ((), "原有 3 行，这次少了 3 行，全量文件可能没有导完"),
        ((ONE, TWO), "上次有 2 个文件，这次只有 1 个，全量文件可能没有导完"),
    ],
)
def test_a_delivery_that_is_not_whole_lets_nothing_vanish(
    clinic: Clinic, rows: tuple[str, ...], told: str
) -> None:
    clinic.map(LEADS, extra="mode: full\n")
    clinic.leads(ONE, TWO, name="线索1.csv")
    clinic.leads(THREE, name="线索2.csv")
    clinic.land(LEADS)
    clinic.leads(*rows, name="线索1.csv", day=NEXT)
    clinic.land(LEADS, NEXT)
    assert [row for row in clinic.log() if row[4] == NEXT] == []
    ((reason,),) = clinic.stage.query("select reason from ops.extract_files where status = 'quarantined'")
    assert reason.startswith(told)
    clinic.map(LEADS, extra="mode: full\nvanish_limit: 1\n")
    clinic.land(LEADS, NEXT)
    assert {row[0] for row in clinic.log() if row[4] == NEXT and row[3]} == {"L1", "L2", "L3"} - {
        row[:2] for row in rows
    }
    clinic.map(LEADS, extra="mode: full\n")
    assert clinic.land(LEADS, THIRD) == []


def test_a_changed_mapping_lands_its_dates_anew(clinic: Clinic) -> None:
    clinic.map(LEADS)
    clinic.leads(ONE, "L2,客户2,新的,2026-01-02 08:00")
    assert len(clinic.land(LEADS)) == 1
    clinic.map(LEADS, extra="# a remark changes nothing\n")
    assert clinic.land(LEADS) == []
    clinic.map(LEADS, MAPPINGS[LEADS].replace("新线索: 待分配", "新的: 待分配"))
    assert len(clinic.land(LEADS, NEXT)) == 1
    assert clinic.log("status") == [("跟进中",), ("待分配",)]


def test_what_landed_stays_when_the_clinic_clears_away_its_files(clinic: Clinic) -> None:
    clinic.map(LEADS, extra="mode: full\n")
    export = clinic.leads(ONE, TWO)
    clinic.land(LEADS)
    export.unlink()
    clinic.map(LEADS, extra="mode: full\noffset_days: 0\nblank: [无]\n")
    clinic.leads(ONE, TWO, THREE, day=NEXT)
    clinic.land(LEADS, NEXT)
    assert [(row[0], row[4]) for row in clinic.log()] == [("L1", NIGHT), ("L2", NIGHT), ("L3", NEXT)]


def test_a_corrected_file_replaces_the_rows_of_the_first(clinic: Clinic) -> None:
    clinic.map(STORES)
    first = clinic.export("门店.csv", ["编码,名称", "S1,旧名", "S2,二店"])
    clinic.land(STORES)
    first.unlink()
    clinic.export("门店（更正）.csv", ["编码,名称", "S1,新名"])
    clinic.land(STORES, NEXT)
    assert clinic.log("store_id, name", STORES) == [("S1", "新名")]


def test_a_damaged_file_of_a_full_extract_holds_back_the_others_of_its_date(clinic: Clinic) -> None:
    clinic.map(STORES)
    clinic.export("门店1.csv", ["编码,名称", "S1,一店"])
    (clinic.sources / f"{NIGHT:%Y%m%d}" / "门店2.csv").write_bytes(b"\xff\xfe\x00\xd8" * 10)
    clinic.land(STORES)
    assert clinic.log("store_id", STORES) == []
    reasons = dict(clinic.stage.query("select path, reason from ops.extract_files"))
    folder = f"{STORES}/dt={NIGHT}"
    assert "编码" in reasons[f"{folder}/门店2.csv.parquet"]
    assert "要么都不采用" in reasons[f"{folder}/门店1.csv.parquet"]
    assert clinic.stage.status(STORES).state == "stale"


def test_a_wrong_mapping_is_a_quarantined_file_until_it_is_mended(clinic: Clinic) -> None:
    clinic.map(STORES, MAPPINGS[STORES].replace("name", "nmae"))
    clinic.export("门店.csv", ["编码,名称", "S1,一店"])
    _, problems = load_mappings(clinic.mappings)
    assert problems[0].contract is not None
    land_problems(clinic.stage.landing, problems[0].contract, NIGHT, problems)
    clinic.stage.load(STORES)
    ((path, reason),) = clinic.stage.query("select path, reason from ops.extract_files")
    assert path == f"{STORES}/dt={NIGHT}/stores.yaml"
    assert reason.startswith("映射无法执行：第 2 行 门店没有 nmae 这一列，是不是 name？")
    assert not landed_tonight(clinic.stage.landing, NIGHT)[STORES]
    clinic.map(STORES)
    clinic.land(STORES, NEXT)
    assert clinic.log("store_id, _dt", STORES) == [("S1", NIGHT)]


def test_two_files_of_one_name_and_the_same_file_twice(clinic: Clinic) -> None:
    clinic.map(STORES, MAPPINGS[STORES].replace("{date:%Y%m%d}/", "*/{date:%Y%m%d}/"))
    for branch, row in (("南区", "S1,一店"), ("北区", "S2,二店"), ("备份", "S2,二店")):
        path = clinic.sources / branch / f"{NIGHT:%Y%m%d}" / "门店.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"编码,名称\n{row}\n", encoding="utf-8")
    (day,) = clinic.land(STORES)
    assert sorted(clinic.log("store_id", STORES)) == [("S1",), ("S2",)]
    assert [file.notes for file in day.files if file.notes] == [
        (f"与 北区/{NIGHT:%Y%m%d}/门店.csv 内容相同，未重复读取",)
    ]


def test_a_date_that_somebody_else_landed_is_left_alone(clinic: Clinic) -> None:
    clinic.stage.put(STORES, "stores.csv", "store_id,name,city,region,phone,status\nS9,九店,,,,\n")
    clinic.map(STORES)
    clinic.export("门店.csv", ["编码,名称", "S1,一店"])
    assert clinic.land(STORES) == []
    assert clinic.log("store_id", STORES) == [("S9",)]


def test_a_night_that_was_killed_while_landing_is_landed_again(clinic: Clinic) -> None:
    clinic.map(STORES)
    clinic.export("门店.csv", ["编码,名称", "S1,一店"])
    clinic.land(STORES)
    folder = clinic.stage.landing / STORES / f"dt={NIGHT}"
    receipt = json.loads((folder / "_sources.json").read_text())
    before = (folder / "门店.csv.parquet").read_bytes()
    (folder / "_sources.json").write_text(json.dumps({**receipt, "basis": ""}))
    (folder / "门店.csv.parquet").write_bytes(before[:-10])
    assert len(clinic.land(STORES)) == 1
    assert (folder / "门店.csv.parquet").read_bytes() == before


def test_a_landed_file_that_was_damaged_since_does_not_stop_the_night(clinic: Clinic) -> None:
    clinic.map(LEADS, extra="mode: full\n")
    clinic.leads(ONE, TWO)
    clinic.land(LEADS)
    path = clinic.stage.landing / LEADS / f"dt={NIGHT}" / "线索.csv.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    clinic.leads(ONE, TWO, day=NEXT)
    clinic.land(LEADS, NEXT)
    assert [row[0] for row in clinic.log() if row[4] == NEXT] == ["L1", "L2"]


def test_an_erased_person_does_not_return_through_a_changed_mapping(clinic: Clinic) -> None:
    clinic.map(LEADS)
    clinic.leads(ONE, TWO)
    clinic.land(LEADS)
    person = Person(
        oneids=frozenset(),
        customer_keys=frozenset(),
        identities=frozenset({"lead:L2"}),
        bills=frozenset(),
        phones=frozenset(),
        unionids=frozenset(),
        shared_ids=frozenset(),
    )
    leads = clinic.stage.contract(LEADS)
    [file] = rewrite_landing(
        clinic.stage.landing,
        {leads.id: leads},
        person,
        Traces.of(person),
        Journal(clinic.mappings.parent / "journal"),
        loaded=[],
    )
    assert file.removed == (3,)
    assert clinic.land(LEADS) == []
    clinic.map(LEADS, extra="blank: [无]\n")
    [extract] = load_mappings(clinic.mappings)[0]
    [day] = land_extract(extract, Places(clinic.sources, clinic.scratch, {}), clinic.stage.landing, NEXT)
    assert day.files[0].rows == 2
    suppression = Suppression(b"key", frozenset()).with_values(["lead:L2"])
    result = load_extract(clinic.stage.con, leads, clinic.stage.landing, NEXT, suppression)
    assert (result.rows_suppressed, clinic.log("lead_id")) == (1, [("L1",)])


def test_nothing_of_a_later_night_lands(clinic: Clinic) -> None:
    clinic.map(STORES)
    clinic.export("门店.csv", ["编码,名称", "S1,一店"], NEXT)
    assert clinic.land(STORES) == []
    assert not (clinic.stage.landing / STORES).exists()
