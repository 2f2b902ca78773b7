"""Erased people stay out: rows that name them or bring their keys are counted and go nowhere."""

import json
from pathlib import Path

import polars as pl
import pytest

from assets.extracts.contract import load_contracts
from assets.extracts.json_text import dump_json
from assets.extracts.loading import load_extract
from assets.extracts.suppression import Suppression, SuppressionKeyError, ensure_key
from tests.assets.extracts.stage import NIGHT, Stage

MINIS = "miniprogram/mini_users"
PHONES = "ekanya/patient_phones"
VISITS = "ekanya/visits"
KNOWN = Suppression(b"k" * 32).with_values(
    [
        "mini:wx1:oERASED0000001",
        "oERASED0000001",
        "13912345678",
        "union-erased-1",
        "patient:P00000009",
        "P00000009",
    ]
)
MINI = {
    "appid": "wx1", "nickname": None, "phone_authorised_at": None, "created_at": "2026-01-01 08:00:00",
    "updated_at": "2026-01-01 08:00:00", "is_deleted": False, "phone": None, "unionid": None,
}  # fmt: skip


def test_an_id_a_phone_or_a_unionid_on_the_list_keeps_a_row_out(tmp_path: Path) -> None:
    stage = Stage(tmp_path, MINIS)
    users = [
        MINI | {"openid": "oERASED0000001"},
        MINI | {"openid": "oOTHER", "phone": "139-1234-5678"},
        MINI | {"openid": "oOTHER2", "unionid": " union-erased-1 "},
        MINI | {"openid": "oERASED0000001", "appid": "wx2", "unionid": "union-of-another"},
        MINI | {"openid": 5, "nickname": "oERASED0000001"},
    ]
    stage.put(MINIS, "a.jsonl", "".join(json.dumps(user) + "\n" for user in users))
    result = load_extract(stage.con, stage.contract(MINIS), stage.landing, NIGHT, KNOWN)
    assert (result.rows_in, result.rows_loaded, result.rows_suppressed, result.rows_quarantined) == (
        5,
        1,
        4,
        0,
    )
    assert stage.rows(MINIS, "appid, openid") == [("wx2", "oERASED0000001")]
    assert stage.query("select raw from private.quarantine_raw") == []
    assert stage.query("select rows_suppressed from ops.extract_files") == [(4,)]


def test_a_refused_row_of_a_short_id_on_the_list_is_kept_out(tmp_path: Path) -> None:
    stage = Stage(tmp_path, VISITS)
    contract = stage.contract(VISITS)
    visit = dict.fromkeys(column.name for column in contract.file_columns) | {"arrived_at": "some day"}
    visits = pl.DataFrame(
        [visit | {"visit_id": f"V{patient}", "patient_id": patient} for patient in ("7", "70")]
    )
    stage.put(VISITS, "a.csv", visits.write_csv())
    listed = Suppression(b"k" * 32).with_values(["patient:7"])
    load_extract(stage.con, contract, stage.landing, NIGHT, listed)
    [(told,)] = stage.query("select raw from private.quarantine_raw")
    assert json.loads(told)["patient_id"] == "70"


def test_a_relatives_phone_keeps_nobody_out(tmp_path: Path) -> None:
    stage = Stage(tmp_path, PHONES)
    rows = "".join(
        f"P{number},13912345678,{relation},true,2026-01-01 08:00:00,false\n"
        for number, relation in ((1, "本人"), (2, "母亲"))
    )
    stage.put(PHONES, "a.csv", "patient_id,phone,relation,is_main,updated_at,is_deleted\n" + rows)
    load_extract(stage.con, stage.contract(PHONES), stage.landing, NIGHT, KNOWN)
    assert stage.rows(PHONES, "patient_id, relation") == [("P2", "母亲")]


@pytest.mark.parametrize(
    "spelt", ["139.1234.5678", "(139)12345678", "139 12 34 56 78", "１３９–１２３４–５６７８"]
)
def test_a_phone_keeps_a_row_out_in_every_spelling_that_is_a_key(tmp_path: Path, spelt: str) -> None:
    stage = Stage(tmp_path, MINIS)
    users = [MINI | {"openid": "oOTHER", "phone": spelt}, MINI | {"openid": 5, "nickname": spelt}]
    stage.put(MINIS, "a.jsonl", "".join(json.dumps(user, ensure_ascii=False) + "\n" for user in users))
    result = load_extract(stage.con, stage.contract(MINIS), stage.landing, NIGHT, KNOWN)
    assert (result.rows_suppressed, result.rows_loaded, result.rows_quarantined) == (2, 0, 0)


@pytest.mark.parametrize(
    ("follow", "kept"),
    [
        ({"description": "先生电话 13912345678"}, True),
        ({"remark": "13912345678 王女士", "remark_mobiles": ["13800000001"]}, True),
        ({"remark_mobiles": ["13800000001", "139 1234 5678"]}, False),
    ],
)
def test_what_is_remarked_of_a_contact_keeps_them_out_only_as_their_number(follow: dict, kept: bool) -> None:
    contacts = load_contracts()["wecom", "external_contacts"]
    follows = dump_json([{"userid": "A", "remark": "", "description": "", "remark_mobiles": []} | follow])
    frame = pl.DataFrame({"external_userid": ["wmB"], "unionid": [""], "follows": [follows]})
    assert KNOWN.rows_in(frame, contacts).to_list() == [not kept]


def test_a_kill_leaves_no_key_that_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    key_file = tmp_path / "erasure.key"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "write_text", killed)
        ensure_key(key_file)
    assert not key_file.exists()
    key_file.touch()
    assert len(ensure_key(key_file)) == 32
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert ensure_key(key_file) == ensure_key(key_file)
    assert [path.name for path in tmp_path.iterdir()] == [key_file.name]


def test_the_list_comes_back_with_its_key_and_only_with_it(tmp_path: Path) -> None:
    listed, key_file = tmp_path / "suppressed.txt", tmp_path / "elsewhere" / "erasure.key"
    assert Suppression.load(listed, key_file) == Suppression()
    key = ensure_key(key_file)
    assert key_file.stat().st_mode & 0o777 == 0o600
    Suppression(key).with_values(["13912345678"]).store(listed)
    assert "13912345678" not in listed.read_text()
    assert Suppression.load(listed, key_file).holds("13912345678")
    key_file.write_text("00" * 32)
    with pytest.raises(SuppressionKeyError, match="不是擦除名单"):
        Suppression.load(listed, key_file)
    key_file.write_text("no key")
    with pytest.raises(SuppressionKeyError, match="已损坏"):
        Suppression.load(listed, key_file)
    with pytest.raises(SuppressionKeyError, match="已损坏"):
        ensure_key(key_file)
    key_file.unlink()
    with pytest.raises(SuppressionKeyError, match="找不到它的密钥"):
        Suppression.load(listed, key_file)
