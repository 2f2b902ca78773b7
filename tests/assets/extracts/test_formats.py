"""The first bytes decide: a file whose content is not what its name says is refused (faults.md row 4)."""

import gzip

import pytest

from tests.assets.extracts.stage import Stage

CONTACTS = "wecom/external_contacts"
PUSH = "<xml><ToUserName>to</ToUserName><Event>change_external_contact</Event></xml >"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("c.json", PUSH, "文件名说是 json，内容是 XML（例如微信的消息推送）"),
        ("c.jsonl", "\ufeff<!DOCTYPE html><html>", "文件名说是 jsonl，内容是 HTML 网页"),
        ("c.jsonl", gzip.compress(b"{}", mtime=0), "文件名说是 jsonl，内容是 gz"),
        ("c.jsonl.gz", "{}", "文件名说是 jsonl.gz，内容不是 gz"),
        (
            "c.jsonl.gz",
            gzip.compress(PUSH.encode(), mtime=0),
            "文件名说是 jsonl.gz，内容是 XML（例如微信的消息推送）",
        ),
        ("c.parquet", "external_userid\n", "文件名说是 parquet，内容不是 parquet"),
        ("c.csv", "PAR1", "文件名说是 csv，内容是 parquet"),
        ("c.csv", "external_userid\n".encode("utf-16"), "文件名说是 csv，内容是 UTF-16 文本"),
        ("c.xlsx", b"\xd0\xcf\x11\xe0", "文件名说是 xlsx，内容是 旧版 Excel（xls）"),
        ("c.xml", PUSH, "不认识的格式 .xml，内容是 XML（例如微信的消息推送）；可用：csv、csv.gz、parquet、"),
    ],
)
def test_wrong_content(stage: Stage, name: str, content: str | bytes, expected: str) -> None:
    stage.put(CONTACTS, name, content)
    entry = stage.load(CONTACTS).files[0]
    assert entry.status == "quarantined"
    assert entry.reason is not None and entry.reason.startswith(expected)
    assert stage.rows(CONTACTS) == []
