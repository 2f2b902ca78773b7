"""The person's rows taken out of the landing: data files of every format rewritten, and their manifests with them.

A file without such a row keeps its bytes. Which rows are the person's, a contract's ``identities`` say.
"""

import datetime as dt
import json
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from assets.erasure.journal import Journal
from assets.erasure.person import Person
from assets.erasure.rewriting import (
    UNWRITABLE,
    Lines,
    mentions,
    replace_file,
    rewrite_json,
    rewrite_lines,
    rewrite_parquet,
)
from assets.erasure.sheets import rewrite_sheets
from assets.erasure.traces import Traces
from assets.extracts.contract import Contract, ExtractId
from assets.extracts.landing import MANIFEST, LandingFile, day_of, deliveries, file_id_of, sha256_of
from assets.extracts.naming import brings_keys, identities_in, identities_refused
from assets.extracts.readers.chunks import FileRefusedError, FileSource
from assets.extracts.readers.formats import format_of, read_chunks
from assets.extracts.readers.jsonl import document_of, elements_of
from assets.extracts.readers.parquet import LINE

LATEST_DAY = dt.date.max
_COPY = ".new-"


@dataclass(frozen=True)
class RewrittenFile:
    """A data file before and after. ``removed`` are the lines that went; ``closed_up`` when later lines moved up.

    ``stated_rows`` is what its manifest is to state, None where that states none.
    """

    contract: Contract
    relative: str
    old_id: int
    new_id: int
    sha256: str
    size: int
    removed: tuple[int, ...]
    closed_up: bool
    stated_rows: int | None = None

    def before(self, later: "RewrittenFile") -> "RewrittenFile":
        """This rewriting and ``later``, which took the file on from where this one left it, as one."""
        removed = {*self.removed, *map(self._line_before, later.removed)}
        return replace(
            later,
            old_id=self.old_id,
            removed=tuple(sorted(removed)),
            closed_up=self.closed_up or later.closed_up,
        )

    def _line_before(self, line: int) -> int:
        for removed in self.removed if self.closed_up else ():
            line += removed <= line
        return line


class FileUnwritableError(RuntimeError):
    """A landing file that can be read, not written; the message is Chinese. Without it the erasure can be finished."""

    def __init__(self, relative: str) -> None:
        super().__init__(
            f"落地文件 {relative} 读得出，但内容异常，改写不了；擦除没有完成："
            "请把它移到落地目录以外（其中可能有要擦除的人），再运行同一条命令"
        )


def rewrite_landing(
    landing: Path,
    contracts: Mapping[ExtractId, Contract],
    person: Person,
    traces: Traces,
    journal: Journal,
    loaded: Collection[int],
) -> list[RewrittenFile]:
    """Rewrite every data file that has a row of the person or mentions them, each in one step.

    Of a file that is not among those ``loaded``, by id, rows also go that bring a phone or unionid of the person: the
    next night would drop them, and once these are masked it could not (``suppression.py``).

    Returns what databases have to follow, from whichever state of a file they know: also what an erasure did that
    did not come to its end, of which ``journal`` tells. A file that its reader refuses is left to ``erase.py``, which
    searches whatever lies under the home. Raises FileUnwritableError for one that is read but cannot be written.
    """
    steps = list(_unfinished(landing, contracts, journal))
    loaded = set(loaded)
    for step in steps:
        if step.old_id in loaded:
            loaded.add(step.new_id)
    for contract in contracts.values():
        for left in (landing / contract.source / contract.extract).glob(f"dt=*/{_COPY}*"):
            left.unlink()
        for delivery in deliveries(landing, contract, LATEST_DAY):
            for file in delivery.files:
                stated = delivery.promised(file)
                rows = stated.rows if stated else None
                if (step := _rewrite(contract, file, rows, person, traces, journal, loaded)) is not None:
                    steps.append(step)
    return _followed(steps)


def _unfinished(
    landing: Path, contracts: Mapping[ExtractId, Contract], journal: Journal
) -> Iterator[RewrittenFile]:
    """The steps in ``journal`` that were taken, each with its manifest at last."""
    for source, extract, relative, old_id, new_id, sha256, size, removed, *ends in journal.steps():
        contract = contracts[source, extract]
        step = RewrittenFile(contract, relative, old_id, new_id, sha256, size, tuple(removed), *ends)
        path = landing / relative
        lies_there = _id_of(step, sha256_of(path)) if path.exists() else None
        if lies_there == new_id:
            _restate(path, step)
        if lies_there != old_id:
            yield step


def _told(step: RewrittenFile) -> list[Any]:
    told = {field.name: getattr(step, field.name) for field in fields(step) if field.name != "contract"}
    return [*step.contract.id, *told.values()]


def _id_of(step: RewrittenFile, sha256: str) -> int:
    """The id of the file of ``step`` with another content."""
    day = day_of(Path(step.relative).parent.name)
    assert day is not None
    return file_id_of(step.contract, day, sha256)


def _followed(steps: Iterable[RewrittenFile]) -> list[RewrittenFile]:
    """For every content that a file had between two steps the way from there to its last one, the oldest last."""
    ways: dict[tuple[str, int], RewrittenFile] = {}
    for step in reversed(list(steps)):
        later = ways.get((step.relative, step.new_id))
        ways.setdefault((step.relative, step.old_id), step.before(later) if later else step)
    return list(ways.values())


def _rewrite(
    contract: Contract,
    file: LandingFile,
    rows: int | None,
    person: Person,
    traces: Traces,
    journal: Journal,
    loaded: Collection[int],
) -> RewrittenFile | None:
    file_format = format_of(file.path.name)
    if file_format is None:
        return None
    source = FileSource(file.path, file_format, contract)
    try:
        old_id = file_id_of(contract, file.dt, sha256_of(file.path))
        lines, mentioned = _rows_of(source, person, traces, old_id in loaded)
    except FileRefusedError:
        return None
    if not lines.gone and not mentioned:
        return None
    copy = replace(source, path=file.path.with_name(f"{_COPY}{file.path.name}"))
    shutil.copy(source.path, copy.path)
    try:
        _REWRITERS[file_format.removesuffix(".gz")](copy, lines, traces)
    except UNWRITABLE as error:
        copy.path.unlink(missing_ok=True)
        if isinstance(error, OSError):  # not the file's fault
            raise
        raise FileUnwritableError(file.relative) from error
    new = sha256_of(copy.path)
    step = RewrittenFile(
        contract=contract,
        relative=file.relative,
        old_id=old_id,
        new_id=file_id_of(contract, file.dt, new),
        sha256=new,
        size=copy.path.stat().st_size,
        removed=tuple(sorted(lines.gone)),
        closed_up=_closes_up(copy),
        stated_rows=None if rows is None else rows - len(lines.gone),
    )
    journal.add(_told(step))
    copy.path.replace(file.path)
    _restate(file.path, step)
    return step


def _rows_of(source: FileSource, person: Person, traces: Traces, is_loaded: bool) -> tuple[Lines, bool]:
    """Which rows of the file are the person's, and whether another one mentions them."""
    named = sorted(person.named)
    starts: list[int] = []
    gone: set[int] = set()
    mentioned = False
    for chunk in read_chunks(source):
        mine = pl.Series([False]).new_from_index(0, chunk.frame.height)
        for identities in identities_in(chunk.frame, source.contract):
            mine |= identities.is_in(named).fill_null(False)
        if not is_loaded:
            mine |= brings_keys(chunk.frame, source.contract, person.phones | person.unionids)
        gone |= set(chunk.frame["_line"].filter(mine))
        gone |= {
            refusal.line
            for refusal in chunk.refusals
            if traces.in_text(refusal.raw) or person.named & identities_refused(refusal, source.contract)
        }
        starts += [*chunk.frame["_line"], *(refusal.line for refusal in chunk.refusals)]
        mentioned = mentioned or mentions(chunk.frame.filter(~mine), traces)
    return Lines(sorted(starts), frozenset(gone)), mentioned


def _closes_up(source: FileSource) -> bool:
    """Whether rows are numbered by their places; those of a clinic's own file keep the numbers that it gave them."""
    if source.format == "parquet":
        return LINE not in pq.read_schema(source.path).names
    try:
        return "json" in source.format and elements_of(document_of(source), source.contract) is not None
    except FileRefusedError:  # what is left cannot be read again, but had been read by lines
        return False


def _rewrite_json(source: FileSource, lines: Lines, traces: Traces) -> None:
    rewrite_json(source, lines, traces, lambda document: elements_of(document, source.contract))


def _rewrite_parquet(source: FileSource, lines: Lines, traces: Traces) -> None:
    rewrite_parquet(source.path, lines.gone, traces, None if _closes_up(source) else LINE)


def _rewrite_xlsx(source: FileSource, lines: Lines, traces: Traces) -> None:
    rewrite_sheets(source.path, lambda _, number, __: number in lines.gone, traces.masked)


_REWRITERS: dict[str, Callable[[FileSource, Lines, Traces], None]] = {
    "csv": rewrite_lines,
    "jsonl": _rewrite_json,
    "json": _rewrite_json,
    "parquet": _rewrite_parquet,
    "xlsx": _rewrite_xlsx,
}


def _restate(path: Path, step: RewrittenFile) -> None:
    """Say in the manifest what the rewritten file now is; what did not fit the old one still does not fit.

    A manifest that cannot be read stays as it is.
    """
    manifest = path.with_name(MANIFEST)
    try:
        stated = json.loads(manifest.read_bytes())
        entries = [entry for entry in stated["files"] if entry["name"] == path.name]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for entry in entries:
        sha256 = str(entry.get("sha256") or "").lower()
        if sha256 and _id_of(step, sha256) != step.old_id:
            continue
        if sha256:
            entry["sha256"] = step.sha256
        if step.stated_rows is not None:
            entry["rows"] = step.stated_rows
    replace_file(manifest, json.dumps(stated, ensure_ascii=False, indent=2).encode())
