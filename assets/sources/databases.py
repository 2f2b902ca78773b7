"""A table or query of a clinic's MySQL, MariaDB or PostgreSQL as a table of text: every value as its server writes it.

Reads only, in one read-only transaction, so that all rows are of one moment. What they mean is the mapping's to say. An
error names the connection and never where it leads: servers' own words hold addresses, accounts and values of rows.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import polars as pl
import psycopg
import pymysql
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types.numeric import IntDumper
from psycopg.types.string import ByteaLoader, TextLoader
from pydantic import SecretStr
from pymysql.constants import CR, ER, FIELD_TYPE
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.readers.parquet import LINE
from assets.extracts.text_casts import LOCAL_ZONE
from assets.sources.tables import Table
from exports.masking import mask_text

CHUNK_ROWS = 20_000
CONNECT_SECONDS = 10
# Sorting a large table takes its time; a server that is silent for longer would hold up the morning.
ANSWER_SECONDS = 1_800

# What MySQL keeps where a date is missing but may not be null, with the digits of a second that the column has.
_ZERO_DATE = r"^0000-00-00(?: 00:00:00(?:\.0+)?)?$"
# MySQL knows zones by name only where somebody loaded them.
_LOCAL_OFFSET = "+08:00"

_NO_TABLE = "没有这张表"
_DENIED = "账号没有读它的权限"
_WRITES = "语句要写数据，这里只允许读"
_LOST = "读到一半连接断了，或等待超时"
# By MySQL's numbers and PostgreSQL's SQLSTATEs; a broken connection has none there.
_REASONS: dict[int | str | None, str] = {
    ER.NO_SUCH_TABLE: _NO_TABLE,
    "42P01": _NO_TABLE,
    ER.TABLEACCESS_DENIED_ERROR: _DENIED,
    ER.COLUMNACCESS_DENIED_ERROR: _DENIED,
    "42501": _DENIED,
    1792: _WRITES,
    "25006": _WRITES,
    CR.CR_SERVER_GONE_ERROR: _LOST,
    CR.CR_SERVER_LOST: _LOST,
    "57014": _LOST,
    None: _LOST,
}
# Wrong syntax, unknown or ambiguous columns, unknown functions: the server quotes the statement, never a row.
_ABOUT_STATEMENT = {
    ER.PARSE_ERROR,
    ER.BAD_FIELD_ERROR,
    ER.NON_UNIQ_ERROR,
    ER.DUP_FIELDNAME,
    ER.SP_DOES_NOT_EXIST,
} | {
    "42601",
    "42703",
    "42702",
    "42883",
}


@dataclass(frozen=True)
class Relation:
    """What to read: a ``table``, such as ``patient`` or ``his.patient``, or the rows of one SELECT, the ``query``."""

    table: str | None = None
    query: str | None = None

    def in_from(self, quote: str) -> str:
        """How it stands after FROM; ``quote`` is the engine's mark around names."""
        if self.table is not None:
            parts = (part.replace(quote, quote * 2) for part in self.table.split("."))
            return ".".join(f"{quote}{part}{quote}" for part in parts)
        # A line of its own: the query may end in a comment.
        return f"(\n{(self.query or '').rstrip().removesuffix(';')}\n) as given"


def read_relation(name: str, url: SecretStr, relation: Relation, key: Sequence[str]) -> Table:
    """All rows in the order of ``key``, columns of the relation; MySQL's zero dates are null, with a note.

    ``url`` is ``mysql://`` or ``postgresql://user:password@host:port/database``, ``name`` what errors call it. Raises
    FileRefusedError, in Chinese.
    """
    chunks: list[pl.DataFrame] = []
    zeros: Counter[str] = Counter()
    for chunk in read_chunks(name, url, relation, key):
        is_zero = chunk.select(pl.col(pl.String).str.contains(_ZERO_DATE).fill_null(False))
        found = {column.name: count for column in is_zero if (count := int(column.sum()))}
        zeros.update(found)
        chunks.append(chunk.with_columns(chunk[column].set(is_zero[column], None) for column in found))
    frame = pl.concat(chunks)
    notes = [f"列 {column} 有 {rows:,} 行是 0000-00-00，按空处理" for column, rows in zeros.items()]
    return Table([column for column in frame.columns if column != LINE], frame, notes)


def read_chunks(name: str, url: SecretStr, relation: Relation, key: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows of ``read_relation``, zero dates as they are, CHUNK_ROWS at a time; without rows one empty frame."""
    connection, cursor, quote = _opened(name, url)
    with closing(connection), _told(name):
        source = relation.in_from(quote)
        cursor.execute(f"select * from {source} limit 0")
        header = [column[0] for column in cursor.description]
        cursor.fetchall()
        if repeated := [column for column, times in Counter([*header, LINE]).items() if times > 1]:
            raise FileRefusedError(f"数据库 {name} 读取失败：列名重复或被占用：{'、'.join(repeated)}")
        # A column that is not there is the mapping's to miss: it knows the nearest name.
        order = [f"{quote}{column.replace(quote, quote * 2)}{quote}" for column in key if column in header]
        cursor.execute(f"select * from {source}" + (f" order by {', '.join(order)}" if order else ""))
        line = 1
        while rows := cursor.fetchmany(CHUNK_ROWS):
            yield _frame(header, rows, line)
            line += len(rows)
        if line == 1:
            yield _frame(header, [], line)


def _frame(header: list[str], rows: Sequence[Sequence[str | bytes | None]], line: int) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    series = [_text(pl.Series(name, values)) for name, values in zip(header, columns, strict=True)]
    lines = pl.Series(LINE, range(line, line + len(rows)), pl.Int64)
    return pl.DataFrame([*series, lines])


def _text(values: pl.Series) -> pl.Series:
    return values.bin.encode("hex") if values.dtype == pl.Binary else values.cast(pl.String)


def _opened(name: str, url: SecretStr) -> tuple[Any, Any, str]:
    """A connection in a read-only transaction, a cursor of it that streams, and the mark around names."""
    address = url.get_secret_value()
    scheme = address.partition(":")[0]
    try:
        if scheme in ("mysql", "mariadb"):
            connection = _mysql(address)
            return connection, connection.cursor(), "`"
        if scheme in ("postgresql", "postgres"):
            connection = _postgres(address)
            return connection, connection.cursor("given"), '"'
    # PyMySQL says by a RuntimeError that a login needs TLS or a package more; a port that is no number is a ValueError.
    except (pymysql.Error, psycopg.Error, OSError, RuntimeError, ValueError):
        told = "连不上或拒绝登录，请检查地址、端口、库名、用户名和密码（特殊字符应写成 %40 这样的编码）"
        raise FileRefusedError(f"数据库 {name} {told}") from None
    raise FileRefusedError(f"数据库 {name} 的地址应以 mysql:// 或 postgresql:// 开头")


def _mysql(url: str) -> "pymysql.Connection[SSCursor]":
    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.removeprefix("/")),
        charset="utf8mb4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=ANSWER_SECONDS,
        cursorclass=SSCursor,
        # Without decoders each value stays the text that the server sent; only bits come as bytes.
        conv={**encoders, FIELD_TYPE.BIT: lambda bits: str(int.from_bytes(bits, "big"))},
        ssl_ca=dict(parse_qsl(parts.query)).get("ssl_ca"),
    )
    with connection.cursor() as cursor:
        cursor.execute(f"set time_zone = '{_LOCAL_OFFSET}'")
        cursor.execute("set session transaction isolation level repeatable read")
        cursor.execute("start transaction with consistent snapshot, read only")
    return connection


class _BoolLoader(Loader):
    def load(self, data: Any) -> str:
        return "1" if bytes(data) == b"t" else "0"


def _postgres(url: str) -> psycopg.Connection:
    adapters = AdaptersMap()
    adapters.register_dumper(int, IntDumper)  # how many rows to fetch
    adapters.register_loader(0, TextLoader)  # what has no loader of its own
    adapters.register_loader(psycopg.adapters.types["bool"].oid, _BoolLoader)
    adapters.register_loader(psycopg.adapters.types["bytea"].oid, ByteaLoader)
    connection = psycopg.connect(
        url, context=adapters, client_encoding="utf8", connect_timeout=CONNECT_SECONDS, keepalives_idle=30
    )
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.execute(f"set time zone '{LOCAL_ZONE}'".encode())
    connection.execute("set datestyle = 'ISO'")
    connection.execute(f"set statement_timeout = '{ANSWER_SECONDS}s'".encode())
    # All rows are wanted, not the first ones soon.
    connection.execute("set cursor_tuple_fraction = 1")
    return connection


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What a driver raises while rows are read, as FileRefusedError with nothing of the driver's behind it."""
    try:
        yield
    except (pymysql.Error, psycopg.Error) as error:
        raise FileRefusedError(f"数据库 {name} 读取失败：{_reason(error)}") from None
    except UnicodeDecodeError:
        raise FileRefusedError(f"数据库 {name} 读取失败：有文本不是 UTF-8 编码") from None


def _reason(error: pymysql.Error | psycopg.Error) -> str:
    if isinstance(error, psycopg.Error):
        code, words = error.sqlstate, error.diag.message_primary
    else:
        code, words = (*error.args, None, None)[:2]
    if code in _ABOUT_STATEMENT:
        return mask_text(str(words))
    return _REASONS.get(code, f"错误 {code}")
