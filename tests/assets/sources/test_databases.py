"""Rows read from MariaDB and PostgreSQL are the rows that a csv export of them would have."""

import datetime as dt
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from assets.extracts.readers.chunks import FileRefusedError
from assets.sources import databases
from assets.sources.databases import Relation, read_chunks, read_relation
from assets.sources.deliveries import Places
from assets.sources.landing import LandedDay, land_extract
from assets.sources.loading import load_mappings
from assets.sources.tables import read_table
from tests.assets.extracts.stage import NIGHT, Stage
from tests.assets.sources.servers import PASSWORD, QUOTED_PASSWORD, SERVERS, Server

PATIENTS = [
    ("P9", "张三😀", "1990-02-03", "2026-11-20 10:15:00", "1280.50", "1"),
    ("P10", '李"四",\n王', "2000-12-31", "2026-11-20 00:00:00", "-0.10", "0"),
    ("P1", "O'Neil \\ 100%", "1949-10-01", "1999-01-01 23:59:59", "0.00", "1"),
]
COLUMNS = ("patient_id", "姓名", "birthday", "created_at", "balance", "is_vip")
TYPES = {
    "mysql": {"moment": "datetime", "boolean": "tinyint(1)", "bits": "bit"},
    "postgresql": {"moment": "timestamp", "boolean": "boolean", "bits": "bit varying"},
}
KEY = ["patient_id"]
PERSON = ("编号", "称呼", "进度", "时间")


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with SERVERS[request.param]() as started:
        started.run(*_use(started), *_patients(started))
        yield started


def _use(server: Server) -> list[str]:
    return ["use his"] if server.kind == "mysql" else []


def _patients(server: Server) -> Iterator[str]:
    types = TYPES[server.kind]
    yield (
        f"create table patient (patient_id varchar(20) primary key, {_quoted(server, '姓名')} varchar(50), "
        f"birthday date, created_at {types['moment']}, balance decimal(18,2), is_vip {types['boolean']})"
    )
    for row in PATIENTS:
        cells = ", ".join("'" + cell.replace("'", "''") + "'" for cell in row)
        yield f"insert into patient values ({cells})".replace("\\", _of(server, "\\\\", "\\"))
    yield "create schema payroll"
    yield "create table payroll.secrets (a int)"
    yield "create table empty_one (a int, b varchar(9))"
    yield f"create table flags (one bit(1), many {types['bits']}(9))"
    yield "insert into flags values (b'1', b'101')"


def _quoted(server: Server, name: str) -> str:
    mark = "`" if server.kind == "mysql" else '"'
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def _of(server: Server, mysql: str, postgresql: str) -> str:
    return mysql if server.kind == "mysql" else postgresql


def _rows(server: Server, query: str) -> list[tuple]:
    return read_relation("his", server.url(), Relation(query=query), []).frame.rows()


def _secrets_in(text: str) -> list[str]:
    return [secret for secret in (PASSWORD, QUOTED_PASSWORD, "127.0.0.1", "cdp_reader") if secret in text]


def _failure(url: SecretStr, relation: Relation) -> str:
    with pytest.raises(FileRefusedError) as caught:
        read_relation("his", url, relation, KEY)
    assert not _secrets_in("".join(traceback.format_exception(caught.value)))
    return str(caught.value)


def test_a_table_reads_like_its_csv_export(server: Server, tmp_path: Path) -> None:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = [",".join(COLUMNS), *(",".join(map(cell, row)) for row in sorted(PATIENTS))]
    export = tmp_path / "patient.csv"
    export.write_text("\n".join(lines) + "\n", encoding="utf-8")
    from_csv = read_table(export)

    table = read_relation("his", server.url(), Relation(table="patient"), KEY)

    assert table.header == from_csv.header == list(COLUMNS)
    assert table.frame.drop("_line").equals(from_csv.frame.drop("_line"))
    assert table.frame["_line"].to_list() == [1, 2, 3]
    assert table.frame.schema == from_csv.frame.schema


def test_rows_come_in_chunks_in_the_order_of_the_key(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "CHUNK_ROWS", 2)
    chunks = list(read_chunks("his", server.url(), Relation(table="patient"), KEY))
    assert [chunk["patient_id"].to_list() for chunk in chunks] == [["P1", "P10"], ["P9"]]
    assert [chunk["_line"].to_list() for chunk in chunks] == [[1, 2], [3]]


def test_a_query_is_ordered_too_and_may_end_as_people_end_them(server: Server) -> None:
    query = "select patient_id, balance * 2 as twice from patient where balance > 0 or balance < 0 ; "
    table = read_relation("his", server.url(), Relation(query=query), KEY)
    assert table.frame.rows() == [("P10", "-0.20", 1), ("P9", "2561.00", 2)]
    assert _rows(server, "select 1 as one -- 备注") == [("1", 1)]


def test_a_table_without_rows_has_its_columns(server: Server) -> None:
    table = read_relation("his", server.url(), Relation(table="empty_one"), ["a"])
    assert (table.header, table.frame.height) == (["a", "b"], 0)


def test_values_are_what_the_server_writes(server: Server) -> None:
    tiny, instant, binary = {
        "mysql": ("1e-9", "from_unixtime(1795132800)", "x'00ff'"),
        "postgresql": ("1e-9::float8", "to_timestamp(1795132800)", "'\\x00ff'::bytea"),
    }[server.kind]
    query = (
        f"select one, many, null as nothing, '' as empty, 12345678901234.10 as amount, {tiny} as tiny, true as yes, "
        f"timestamp '2026-11-20 10:15:00.500' as moment, {instant} as instant, {binary} as bytes from flags"
    )
    many, tiny, moment, instant = {
        "mysql": ("5", "0.000000001", "2026-11-20 10:15:00.500", "2026-11-20 08:00:00"),
        "postgresql": ("101", "1e-09", "2026-11-20 10:15:00.5", "2026-11-20 08:00:00+08"),
    }[server.kind]
    assert _rows(server, query) == [
        ("1", many, None, "", "12345678901234.10", tiny, "1", moment, instant, "00ff", 1)
    ]


def test_names_are_names_whatever_stands_in_them(server: Server) -> None:
    hostile = """x`"'; drop table patient; --"""
    table, column = _quoted(server, hostile), _quoted(server, '键`"')
    server.run(*_use(server), f"create table {table} ({column} int)", f"insert into {table} values (2), (1)")
    read = read_relation("his", server.url(), Relation(table=hostile), ['键`"'])
    assert read.frame.rows() == [("1", 1), ("2", 2)]
    schema = _of(server, "his", "public")
    assert read_relation("his", server.url(), Relation(table=f"{schema}.patient"), KEY).frame.height == 3


def test_nothing_can_be_written(server: Server) -> None:
    body = _of(
        server,
        "modifies sql data begin delete from patient; return 1; end",
        "language sql as 'delete from patient; select 1'",
    )
    server.run(*_use(server), f"create function wipe() returns int {body}")
    account = _of(server, "root:", f"admin:{QUOTED_PASSWORD}").split(":")
    for query in ("select wipe() as n", "delete from patient", "select 1 as n; delete from patient"):
        assert "读取失败" in _failure(server.url(*account), Relation(query=query))
    assert "只允许读" in _failure(server.url(*account), Relation(query="select wipe() as n"))
    assert len(_rows(server, "select * from patient")) == 3


def test_a_failure_names_the_connection_and_what_is_wrong(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    here = server.url()
    told = {
        "没有这张表": _failure(here, Relation(table="nope")),
        "账号没有读它的权限": _failure(here, Relation(table="payroll.secrets")),
        "nmae": _failure(here, Relation(query="select nmae from patient")),
        "syntax": _failure(here, Relation(query="selec 1")),
        "patient_id": _failure(here, Relation(query="select patient_id, patient_id from patient")),
    }
    for word, sentence in told.items():
        assert sentence.startswith("数据库 his 读取失败：")
        assert word in sentence
    assert not _secrets_in(caplog.text)


def test_no_way_in_is_told_without_the_way(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    nobody_there = SecretStr(server.url().get_secret_value().replace(f":{server.port}", ":1"))
    for url in (server.url(password="wrong"), server.url(database="nope"), nobody_there):
        assert _failure(url, Relation(table="patient")).startswith("数据库 his 连不上或拒绝登录")
    assert not _secrets_in(caplog.text)


def test_a_value_of_a_row_is_in_no_failure(server: Server) -> None:
    query = _of(
        server,
        "select (select patient_id from patient) as n, exp(~0 + balance) as m from patient",
        "select patient_id::int as n from patient",
    )
    failure = _failure(server.url(), Relation(query=query))
    assert "错误" in failure
    assert "P1" not in failure


@pytest.mark.parametrize(
    "url", ["oracle://cdp_reader@127.0.0.1/his", "cdp_reader", "mysql://127.0.0.1:port/his"]
)
def test_an_address_that_cannot_be_followed(url: str) -> None:
    assert _failure(SecretStr(url), Relation(table="patient")).startswith("数据库 his ")


def test_a_zero_date_is_no_date(server: Server) -> None:
    if server.kind != "mysql":
        pytest.skip("PostgreSQL has no zero dates")
    server.run(
        "use his",
        "set sql_mode = ''",
        "create table dated (id int, born date, seen datetime(3), noted varchar(20))",
        "insert into dated values (1, 0, 0, '0000-00-00'), (2, '2026-00-00', null, '0'), (3, 0, '2026-01-01', '')",
    )
    read = read_relation("his", server.url(), Relation(table="dated"), ["id"])
    assert read.frame.rows() == [
        ("1", None, None, None, 1),
        ("2", "2026-00-00", None, "0", 2),
        ("3", None, "2026-01-01 00:00:00.000", "", 3),
    ]
    assert read.notes == [
        "列 born 有 2 行是 0000-00-00，按空处理",
        "列 seen 有 1 行是 0000-00-00，按空处理",
        "列 noted 有 1 行是 0000-00-00，按空处理",
    ]


MAPPING = """\
connection: his
table: person
columns: {lead_id: 编号, name: 称呼, status: 进度, created_at: {from: 时间, as: timestamp}}
"""


def test_a_table_lands_what_is_new_of_it_night_by_night(server: Server, tmp_path: Path) -> None:
    mapping = tmp_path / "mappings" / "leads" / "leads.yaml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text(MAPPING, encoding="utf-8")
    stage = Stage(tmp_path / "landing", "leads/leads")

    def land(night: dt.date, **connections: SecretStr) -> list[LandedDay]:
        ((extract,), _) = load_mappings(tmp_path / "mappings")
        landed = land_extract(extract, Places(tmp_path, tmp_path, connections), stage.landing, night)
        stage.load("leads/leads", night)
        return landed

    create = f"create table person ({', '.join(_quoted(server, name) + ' varchar(30)' for name in PERSON)})"
    one, two = (f"('L{number}', '客户{number}', '跟进中', '2026-11-0{number} 08:00:00')" for number in (1, 2))
    server.run(*_use(server), create, f"insert into person values {two}, {one}")

    [[problem]] = [day.files for day in land(NIGHT, hsi=server.url())]
    assert problem.problem == "没有名为 his 的数据库连接，是不是 hsi？"
    [[file]] = [day.files for day in land(NIGHT, his=server.url())]
    assert (file.relative, file.name, file.rows, file.problem) == ("his/person", "person.parquet", 2, None)
    assert land(NIGHT, his=server.url()) == []
    assert land(NIGHT, his=server.url(password="wrong")) == []
    server.run(*_use(server), f"delete from person where {_quoted(server, '编号')} = 'L1'")
    mapping.write_text(
        MAPPING.replace("status: 进度", "status: {from: 进度, values: {跟进中: 已预约}}"), "utf-8"
    )

    next_night = NIGHT + dt.timedelta(days=1)
    [day] = land(next_night, his=server.url())
    assert {file.name: file.rows for file in day.files} == {"person.parquet": 1}
    assert land(NIGHT, his=server.url()) == []
    assert stage.rows("leads/leads", "lead_id, status, is_deleted, _dt") == [
        ("L1", "跟进中", False, NIGHT),
        ("L2", "跟进中", False, NIGHT),
        ("L1", "跟进中", True, next_night),
        ("L2", "已预约", False, next_night),
    ]
