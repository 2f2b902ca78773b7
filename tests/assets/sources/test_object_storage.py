"""Files behind URLs are found and copied as files on disk are: in memory, by file://, in a stand-in for S3."""

import datetime as dt
import traceback
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from assets.extracts.readers.chunks import FileRefusedError
from assets.sources.files import PatternError
from assets.sources.object_storage import StoredPattern
from tests.assets.sources.s3_server import ACCESS_KEY, s3_server

SECRET_KEY = "secret-key-of-the-clinic"
OBJECTS = {
    "his/20261120/患者 1.csv": b"a\n1\n",
    "his/20261120/~$患者 2.csv": b"",
    "his/20261120/收费.csv": b"a\n2\n",
    "his/20261121/患者.csv": b"a\n3\n",
    "his/20261199/患者.csv": b"",
    "his/archive/20261120/患者.csv": b"",
    "his/患者.csv": b"",
}
PATTERN = "his/{date:%Y%m%d}/患者*.csv"
FOUND = [("20261120/患者 1.csv", dt.date(2026, 11, 21)), ("20261121/患者.csv", dt.date(2026, 11, 22))]


@pytest.fixture(params=["memory", "file", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A URL under which OBJECTS are."""
    if request.param == "s3":
        with s3_server(OBJECTS) as address:
            options = {"endpoint_override": address, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
            monkeypatch.setitem(fsspec.config.conf, "s3", {**options, "region": "cn"})
            yield "s3://bucket"
        return
    storage = fsspec.filesystem(request.param)
    folder = "/clinic" if request.param == "memory" else str(tmp_path / "clinic")
    for name, content in OBJECTS.items():
        storage.makedirs(f"{folder}/{name}".rpartition("/")[0], exist_ok=True)
        storage.pipe_file(f"{folder}/{name}", content)
    yield f"{request.param}://{folder.removeprefix('/') if request.param == 'memory' else folder}"
    if request.param == "memory":
        storage.rm(folder, recursive=True)


def test_files_of_a_night_are_found_and_copied(root: str, tmp_path: Path) -> None:
    found = StoredPattern(f"{root}/{PATTERN}", offset_days=1).find()
    assert [(file.relative, file.dt) for file in found] == FOUND
    assert [file.copy(tmp_path / "scratch").read_bytes() for file in found] == [b"a\n1\n", b"a\n3\n"]
    assert [file.bytes for file in found] == [4, 4]
    assert all(file.changed_ns for file in found)


def test_what_is_not_there_is_no_file(root: str) -> None:
    assert StoredPattern(f"{root}/nowhere/{PATTERN}").find() == []


def test_a_file_that_went_away_meanwhile_is_refused(root: str, tmp_path: Path) -> None:
    (first, *_) = StoredPattern(f"{root}/{PATTERN}").find()
    gone = type(first)("x.csv", first.dt, 1, None, first.storage, f"{first.place}.gone")
    with pytest.raises(FileRefusedError, match="没能从存储里取下来"):
        gone.copy(tmp_path)


def test_a_storage_that_does_not_answer_or_refuses_tells_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server(OBJECTS) as address:
        options = {
            "endpoint_override": address,
            "access_key": "another",
            "secret_key": SECRET_KEY,
            "region": "cn",
        }
        monkeypatch.setitem(fsspec.config.conf, "s3", options)
        with pytest.raises(FileRefusedError, match="连不上，或没有权限") as caught:
            StoredPattern(f"s3://bucket/{PATTERN}").find()
    told = "".join(traceback.format_exception(caught.value))
    assert not [secret for secret in ("another", SECRET_KEY, address) if secret in told]


def test_years_of_other_folders_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = fsspec.filesystem("memory")
    storage.pipe({f"/years/{name}/患者.csv": b"" for name in ("20261120", "old", "other")})
    listed: list[str] = []
    ls = type(storage).ls
    monkeypatch.setattr(
        type(storage), "ls", lambda self, path, **asked: listed.append(path) or ls(self, path, **asked)
    )
    assert len(StoredPattern("memory://years/{date:%Y%m%d}/患者.csv").find()) == 1
    assert listed == ["/years", "/years/20261120"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s4://bucket/{date:%Y%m%d}.csv", "不认识的协议 s4://，是不是 s3://？"),
        ("s3://key:secret@bucket/{date:%Y%m%d}.csv", "账号和密码不写在映射里"),
        ("s3://{date:%Y%m%d}/患者.csv", "第一段（桶或主机）要写全"),
        ("s3://bucket/患者.csv", "缺少业务日期"),
        ("s3://bucket/**/{date:%Y%m%d}.csv", "不支持 **"),
    ],
)
def test_a_url_that_cannot_be_followed(url: str, told: str) -> None:
    with pytest.raises(PatternError) as caught:
        StoredPattern(url)
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)
