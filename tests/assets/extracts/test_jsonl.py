"""JSON: one object a line, or a document; broken lines are refused by number (faults.md 12, 13)."""

import json

import pytest

from tests.assets.extracts.stage import Stage

LEADS = "leads/lead_follow_ups"
GOOD = {"follow_id": "F1", "lead_id": "L1", "employee_id": "E1", "followed_at": "2026-11-20 10:00:00"}


def lines(*objects: object) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in objects)


def good(n: int) -> dict[str, str]:
    return {**GOOD, "follow_id": f"F{n}"}


def test_absent_keys_are_null_and_blank_lines_nothing(stage: Stage) -> None:
    stage.put(LEADS, "f.jsonl", lines(good(1)) + "\n" + lines({**good(2), "content": " ｏｋ "}))
    stage.load(LEADS)
    assert stage.rows(LEADS, "follow_id, content, _line") == [("F1", None, 1), ("F2", "ok", 3)]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ('{"follow_id": "F0"', "bad_json"),
        ('{"follow_id": "F0", "follow_id": "F1"}', "duplicate_key"),
        ('{"follow_id": "F\\n", "follow_id": "F1"}', "duplicate_key"),
        ('{"content": "\\ud800"}', "bad_unicode"),
        pytest.param('{"content": "\\n", "cost": ' + "1" * 5000 + "}", "bad_unicode", id="too many digits"),
        ("[1, 2]", "not_object"),
        ("[" * 5000, "bad_json"),
        ('{"follow_id": 7}', "wrong_type"),
        ('{"follow_id": "F9"}', "missing"),
    ],
)
def test_one_bad_line_costs_itself_alone(stage: Stage, bad: str, code: str) -> None:
    stage.put(LEADS, "f.jsonl", lines(good(1)) + bad + "\n" + lines(good(2), good(3)))
    result = stage.load(LEADS)
    assert (result.rows_loaded, result.rows_quarantined) == (3, 1)
    assert [(line, refusal) for line, _, refusal in stage.refused()] == [(2, code)]
    assert result.files[0].encoding == "utf-8"


@pytest.mark.parametrize(
    "document",
    [
        json.dumps([good(1), good(2)]),
        json.dumps([good(1), good(2)], indent=2),
        lines(good(1), good(2)),
    ],
)
def test_a_json_file_may_hold_an_array_or_lines(stage: Stage, document: str) -> None:
    stage.put(LEADS, "f.json", document)
    stage.load(LEADS)
    assert stage.rows(LEADS, "follow_id, _line") == [("F1", 1), ("F2", 2)]


def test_a_json_file_may_hold_one_object(stage: Stage) -> None:
    stage.put(LEADS, "f.json", json.dumps(good(1), indent=2))
    assert stage.load(LEADS).rows_loaded == 1


def test_a_cut_document_is_refused_whole(stage: Stage) -> None:
    stage.put(LEADS, "f.json", json.dumps([good(1), good(2)], indent=2)[:-9])
    entry = stage.load(LEADS).files[0]
    assert entry.status == "quarantined"
    assert entry.reason is not None and entry.reason.endswith("文件可能没有传完")


def test_lines_cut_in_the_last_one_are_not_half_loaded(stage: Stage) -> None:
    stage.put(LEADS, "f.jsonl", lines(good(1), good(2), good(3))[:-9])
    assert stage.load(LEADS).files[0].reason == "文件在第 3 行中断，没有传完"
    assert stage.rows(LEADS) == []


def test_a_renamed_key_refuses_the_file_and_an_added_one_is_kept(stage: Stage) -> None:
    renamed = [{**good(n), "contents": "x"} for n in (1, 2)]
    stage.put(LEADS, "a.jsonl", lines(*renamed))
    stage.put(LEADS, "b.jsonl", lines({**good(3), "content": "y", "mood": {"score": 1}}))
    refused, loaded = sorted(stage.load(LEADS).files, key=lambda entry: entry.path)
    assert refused.reason is not None
    assert refused.reason.startswith("缺少列 content（文件里有 contents，是否改了名？）")
    assert loaded.reason == "多出的列：mood（保留在 _extra）"
    assert stage.rows(LEADS, "follow_id, _extra") == [("F3", '{"mood":{"score":1}}')]


def test_an_empty_jsonl_is_no_news_but_never_a_full_state(stage: Stage) -> None:
    stage.put(LEADS, "f.jsonl", "")
    stage.put("ekanya/stores", "s.jsonl", "")
    assert stage.load(LEADS).files[0].status == "loaded"
    assert stage.load("ekanya/stores").files[0].status == "quarantined"


def test_props_keep_unknown_keys_and_refuse_wrong_types(stage: Stage) -> None:
    event = {"appid": "wx1", "openid": "o1", "event": "mp_order", "occurred_at": "2026-11-20 10:00:00"}
    props = [
        {"amount": "12.50", "product_name": "洁牙", "shelf": 3},
        {"amount": 12.5, "problem_codes": ["A1"]},
        None,
        {"amount": 12.505},
        {"problem_codes": "A1"},
    ]
    events = [{**event, "event_id": f"E{n}", "props": value} for n, value in enumerate(props)]
    stage.put("miniprogram/mini_events", "e.jsonl", lines(*events))
    stage.load("miniprogram/mini_events")
    assert stage.rows("miniprogram/mini_events", "props") == [
        ('{"amount":"12.50","product_name":"洁牙","shelf":3}',),
        ('{"amount":12.5,"problem_codes":["A1"]}',),
        (None,),
    ]
    assert stage.query("select line, reason from ops.quarantine_rows order by line") == [
        (4, "props.amount 应为最多两位小数的数字"),
        (5, "props.problem_codes 应为文本数组"),
    ]
