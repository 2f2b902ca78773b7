"""One erasure from beginning to end, but for what is derived anew and published (oneid.md §2.8).

The warehouse goes last, because the person is found in it: after a kill the same command finishes the work, which a
journal tells what was done. Nothing here prints; ``Erasure`` says how much went from where.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.erasure.databases import copy_published, copy_warehouse
from assets.erasure.exports import rewrite_exports
from assets.erasure.graves import tombstones
from assets.erasure.journal import Journal
from assets.erasure.landing import rewrite_landing
from assets.erasure.ledger import refused_rows_of
from assets.erasure.person import Person, PersonNotFoundError, find_person
from assets.erasure.rewriting import (
    UNWRITABLE,
    Lines,
    delimited_records,
    mask_words,
    mentions_in,
    rewrite_lines,
    rewrite_parquet,
)
from assets.erasure.sheets import rewrite_sheets
from assets.erasure.traces import Traces
from assets.extracts.contract import load_contracts
from assets.extracts.readers.chunks import DataFile, FileRefusedError
from assets.extracts.readers.formats import BINARY_CONTENTS, HEAD_BYTES, content_of
from assets.extracts.schema import create_extract_tables
from assets.extracts.suppression import Suppression, ensure_key
from assets.resources import Home, Warehouse
from assets.sources.loading import load_mappings

# What people export as rows; programs give delimited text any of these names.
_OF_RECORDS = (".csv", ".tsv", ".txt", ".xls")


class ErasureRefusedError(RuntimeError):
    """Nobody can be erased as things stand. Nothing was changed; the message is Chinese."""


@dataclass
class Erasure:
    """What was done: rows and files by place. Holds nobody's data but ``traces``, which are for the last search."""

    traces: Traces
    landing_files: int = 0
    landing_rows: int = 0
    published_rows: int = 0
    warehouse_rows: dict[str, int] = field(default_factory=dict)
    files_masked: int = 0
    files_removed: list[str] = field(default_factory=list)


def erase(
    root: Path, home: Home, warehouse: Warehouse, lines: Iterable[str], progress: Callable[[str], None]
) -> Erasure:
    """Take the person or persons that ``lines`` mean out of everything under ``root`` and of the landing.

    The caller holds the home's lock. ``progress`` is told each step in Chinese. Raises ErasureRefusedError,
    PersonNotFoundError, SuppressionKeyError or UnfinishedErasureError before anything is changed, FileUnwritableError
    half way. Afterwards the job ``rederive`` must run.
    """
    _check_mappings(home.mappings_path)
    contracts = load_contracts()
    progress("查找客户")
    suppression = Suppression.load(home.suppressed_path, home.erasure_key_path)
    person = _find(warehouse, lines)
    traces = Traces.of(person)
    done = Erasure(traces)

    progress("登记擦除名单")
    key = suppression.key or ensure_key(home.erasure_key_path)
    graves = tombstones(person, key)
    journal = Journal.of(Path(warehouse.path))
    with warehouse.connect() as connection:
        journal.begin(connection, graves.values())
        loaded, last_night = _loaded_files(connection), _last_night(connection)
    values = person.named | person.phones | person.unionids | traces.words
    Suppression(key, suppression.hashes).with_values(values).store(home.suppressed_path)

    progress("改写落地文件")
    files = rewrite_landing(home.landing_path, contracts, person, traces, journal, loaded)
    # Of a file that was rewritten twice the last way is the whole one.
    went = {file.relative: len(file.removed) for file in files}
    done.landing_files, done.landing_rows = len(went), sum(went.values())

    progress("改写诊所的导出文件")
    done.files_masked += rewrite_exports(home.mappings_path, home.sources_path, person, traces, last_night)

    progress("重建已发布的版本")
    nights = sorted(home.published_path.rglob("cdp_*.duckdb"))
    refused = refused_rows_of(person, [*nights, Path(warehouse.path)], contracts)
    for database in nights:
        done.published_rows += copy_published(database, person, traces, graves, files, refused)

    progress("检查其余文件")
    for path in _files(root, home.landing_path):
        if path not in (Path(warehouse.path), journal.path):
            _cure_file(path, home, done)

    progress("重建数据仓库")
    done.warehouse_rows = copy_warehouse(
        Path(warehouse.path), person, traces, graves, contracts.values(), files, refused
    )
    journal.close()
    return done


def traces_left(root: Path, home: Home, traces: Traces) -> list[str]:
    """Where under the home the person still is mentioned: paths and parts of files, never what they say."""
    return [
        f"{path}（{part}）"
        for path in _files(root, home.landing_path, home.sources_path)
        for part in traces.parts(path)
    ]


def _files(*folders: Path) -> list[Path]:
    """Every file under the home, and under those of its folders that lie elsewhere; links aside."""
    found = {path for folder in folders for path in folder.rglob("*")}
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _check_mappings(mappings: Path) -> None:
    """Rows of the files that a wrong mapping is for cannot be told apart."""
    if problems := load_mappings(mappings)[1]:
        told = "；".join(map(str, problems))
        raise ErasureRefusedError(f"映射有错，分不清诊所文件里哪些行是谁的，请先改好：{told}；什么都没有改动")


def _find(warehouse: Warehouse, lines: Iterable[str]) -> Person:
    with warehouse.connect() as connection:
        try:
            create_extract_tables(connection)
            unfinished = connection.execute(
                "select as_of from ops.batches where status = 'running'"
            ).fetchone()
            if unfinished:
                raise ErasureRefusedError(
                    f"{unfinished[0]} 的夜间计算没有完成，请先重新运行它；什么都没有改动"
                )
            return find_person(connection, lines, load_contracts())
        except duckdb.CatalogException:
            raise PersonNotFoundError("数据仓库里还没有客户，请先运行 cdp nightly；什么都没有改动") from None


def _loaded_files(connection: duckdb.DuckDBPyConnection) -> frozenset[int]:
    """The files by id whose rows are in ``raw``."""
    found = connection.execute(
        "select file_id from ops.extract_files where status in ('loaded', 'duplicate')"
    ).fetchall()
    return frozenset(file_id for (file_id,) in found)


def _last_night(connection: duckdb.DuckDBPyConnection) -> dt.date:
    newest = connection.execute("select max(as_of) from ops.batches").fetchone()
    return newest[0] if newest and newest[0] else dt.date.min


def _is_delivered(path: Path, landing: Path) -> bool:
    """Whether a source put the file there; what the nights keep for replay lies under ``_state``."""
    return path.is_relative_to(landing) and not path.is_relative_to(landing / "_state")


def _cure_file(path: Path, home: Home, done: Erasure) -> None:
    """Mend a workbook, log or copy that mentions the person where that is safe, else remove it.

    A delivered file that still mentions them is none that its reader reads: its rows cannot be told apart.
    """
    if not any(done.traces.parts(path)):
        return
    if not _is_delivered(path, home.landing_path) and _cure(path, _has_records(path, home), done.traces):
        done.files_masked += 1
    else:
        path.unlink()
        done.files_removed.append(str(path))


def _has_records(path: Path, home: Home) -> bool:
    """Whether each record of the file is about somebody, if it is text."""
    return (
        any(path.is_relative_to(folder) for folder in (home.sources_path, home.exports_path))
        and Path(path.name.lower().removesuffix(".gz")).suffix in _OF_RECORDS
    )


def _cure(path: Path, has_records: bool, traces: Traces) -> bool:
    """Whether the file no longer mentions the person, and is still what it was but for that.

    Rows that mention them go; of a text that has no records the words.
    """
    if traces.in_text(path.name):
        return False
    with path.open("rb") as stream:
        content = content_of(stream.read(HEAD_BYTES))
    try:
        match content:
            case "SQLite":
                return True  # not ours to rewrite: the search at the end tells of it
            case "parquet":
                rewrite_parquet(path, _rows_that_mention(path, traces), traces)
            case "xlsx":
                rewrite_sheets(path, lambda _, __, texts: any(map(traces.in_text, texts)), traces.masked)
            case "gz":
                _rewrite_text(DataFile(path, "csv.gz"), has_records, traces)
            case _ if content in BINARY_CONTENTS:
                return False
            case _:
                _rewrite_text(DataFile(path, "csv"), has_records, traces)
    except UNWRITABLE:
        return False
    return not any(traces.parts(path))


def _rows_that_mention(path: Path, traces: Traces) -> set[int]:
    found: set[int] = set()
    first = 1
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            telling = [
                place for place, kind in enumerate(batch.schema.types) if not pa.types.is_temporal(kind)
            ]
            for column in batch.select(telling).columns:
                values = enumerate(column.to_pylist(), first)
                found.update(place for place, value in values if mentions_in(value, traces))
            first += batch.num_rows
    return found


def _rewrite_text(file: DataFile, has_records: bool, traces: Traces) -> None:
    if not has_records:
        mask_words(file, traces)
        return
    starts: list[int] = []
    gone: set[int] = set()
    for line, text, is_several in delimited_records(file):
        starts.append(line)
        if traces.in_text(text):
            if is_several:
                raise FileRefusedError("行中间有单独的回车符，分不清一行到哪里结束")
            gone.add(line)
    rewrite_lines(file, Lines(starts, frozenset(gone)), traces)
