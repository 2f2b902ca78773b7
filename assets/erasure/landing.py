"""The person's rows taken out of the landing: data files of every format rewritten, and their manifests with them.

A file without such a row keeps its bytes. Which rows are the person's, a contract's ``identities`` say.
"""

import datetime as dt
import gzip
import json
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.erasure.journal import Journal
from assets.erasure.person import Person
from assets.erasure.sheets import rewrite_sheets
from assets.erasure.traces import Traces
from assets.extracts.contract import Contract, ExtractId
from assets.extracts.json_text import JsonRefusedError, dump_json, parse_json
from assets.extracts.landing import MANIFEST, LandingFile, day_of, deliveries, file_id_of, sha256_of
from assets.extracts.naming import identities_in, identities_refused, keys_in
from assets.extracts.native import ENVELOPES
from assets.extracts.readers.chunks import FileRefusedError, FileSource
from assets.extracts.readers.decoding import detect_decoding, text_lines
from assets.extracts.readers.formats import format_of, read_chunks
from assets.extracts.readers.jsonl import document_of, has_elements
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
    searches whatever lies under the home.
    """
    steps = list(_unfinished(landing, contracts, journal))
    loaded = set(loaded)
    for step in steps:
        loaded |= {step.new_id} if step.old_id in loaded else set()
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
    shutil.copyfile(source.path, copy.path)
    _REWRITERS[file_format.removesuffix(".gz")](copy, lines, traces)
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


@dataclass(frozen=True)
class _Lines:
    """The lines of a file at which a row starts, and those of them that go."""

    starts: list[int]
    gone: frozenset[int]


def _rows_of(source: FileSource, person: Person, traces: Traces, is_loaded: bool) -> tuple[_Lines, bool]:
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
            keys = sorted(person.phones | person.unionids)
            mine |= keys_in(chunk.frame, source.contract).list.eval(pl.element().is_in(keys)).list.any()
        gone |= set(chunk.frame["_line"].filter(mine))
        gone |= {
            refusal.line
            for refusal in chunk.refusals
            if traces.in_text(refusal.raw) or person.named & identities_refused(refusal, source.contract)
        }
        starts += [*chunk.frame["_line"], *(refusal.line for refusal in chunk.refusals)]
        mentioned = mentioned or _mentioned(chunk.frame.filter(~mine), traces)
    return _Lines(sorted(starts), frozenset(gone)), mentioned


def _mentioned(frame: pl.DataFrame, traces: Traces) -> bool:
    texts = frame.select(pl.col(pl.String), pl.col(pl.List(pl.String)).list.join("\n"))
    return any(traces.in_text("\n".join(column.drop_nulls().unique())) for column in texts)


def _rewrite_lines(source: FileSource, lines: _Lines, traces: Traces) -> None:
    """The lines that go become empty ones, so that the others keep their numbers."""
    encoding = detect_decoding(source.path, source.compressed).encoding
    starts = set(lines.starts)
    written: list[str] = []
    going = False
    for number, line in enumerate(text_lines(source.path, source.compressed, encoding), 1):
        if number in starts:  # a record of a csv file may go on over several lines
            going = number in lines.gone
        if going:
            written.append("\n" if line.endswith("\n") else "")
        else:
            written.append(_masked_json(line, traces) if "json" in source.format else traces.masked(line))
    content = "".join(written).encode(encoding, "surrogateescape")
    _replace(source.path, gzip.compress(content, mtime=0) if source.compressed else content)


def _masked_json(line: str, traces: Traces) -> str:
    """A line with its mentions masked; a mention that is a bare number or hides behind escapes is written anew."""
    try:
        value = parse_json(line)
    except JsonRefusedError:
        return traces.masked(line)
    if not traces.in_text(line) and not traces.in_text(dump_json(value)):
        return line
    return dump_json(_masked_value(value, traces)) + "\n"


def _masked_value(value: Any, traces: Traces) -> Any:
    match value:
        case dict():
            return {traces.masked(key): _masked_value(item, traces) for key, item in value.items()}
        case list():
            return [_masked_value(item, traces) for item in value]
        case str():
            return traces.masked(value)
        case int() | float() if traces.in_text(str(value)):
            return traces.masked(str(value))
        case _:
            return value


def _rewrite_document(source: FileSource, document: Any, lines: _Lines, traces: Traces) -> None:
    """One JSON value: the elements of its list at the places that go are left out. A lone object keeps its line."""
    encoding = detect_decoding(source.path, source.compressed).encoding
    envelope = ENVELOPES.get(source.contract.extract, "")
    if isinstance(document, dict) and isinstance(document.get(envelope), list):
        kept = _kept(document[envelope], lines, traces)
        whole: Any = {**_masked_value({**document, envelope: []}, traces), envelope: kept}
    elif isinstance(document, list):
        whole = _kept(document, lines, traces)
    else:
        whole = _masked_value(document, traces)
    above = "" if has_elements(document, source.contract) else "\n" * (lines.starts[0] - 1)
    content = (above + json.dumps(whole, ensure_ascii=False)).encode(encoding)
    _replace(source.path, gzip.compress(content, mtime=0) if source.compressed else content)


def _kept(records: list[Any], lines: _Lines, traces: Traces) -> list[Any]:
    return [
        _masked_value(record, traces) for place, record in enumerate(records, 1) if place not in lines.gone
    ]


def _rewrite_json(source: FileSource, lines: _Lines, traces: Traces) -> None:
    # Without a line left the file would seem cut off; an empty list says that nothing is there.
    document = [] if len(lines.gone) == len(lines.starts) else document_of(source)
    if document is None:
        _rewrite_lines(source, lines, traces)
    else:
        _rewrite_document(source, document, lines, traces)


def _rewrite_parquet(source: FileSource, lines: _Lines, traces: Traces) -> None:
    part = source.path.with_name(f".{source.path.name}.part")
    with pq.ParquetFile(source.path) as file:
        packed = file.metadata.row_group(0).column(0).compression if file.metadata.num_row_groups else "zstd"
        with pq.ParquetWriter(part, file.schema_arrow, compression=packed) as writer:
            first = 1
            for batch in file.iter_batches():
                numbers = range(first, first + batch.num_rows)
                if LINE in batch.schema.names:
                    numbers = batch.column(LINE).to_pylist()
                kept = pa.array([number not in lines.gone for number in numbers], pa.bool_())
                first += batch.num_rows
                writer.write_table(masked_table(pa.Table.from_batches([batch]).filter(kept), traces))
    part.replace(source.path)


def _closes_up(source: FileSource) -> bool:
    """Whether rows are numbered by their places; those of a clinic's own file keep the numbers that it gave them."""
    if source.format == "parquet":
        return LINE not in pq.read_schema(source.path).names
    try:
        return "json" in source.format and has_elements(document_of(source), source.contract)
    except FileRefusedError:  # what is left cannot be read again, but had been read by lines
        return False


def masked_table(table: pa.Table, traces: Traces) -> pa.Table:
    """``table`` with mentions masked in its text columns and in those of lists of texts; other such cells are null."""
    for index, field in enumerate(table.schema):
        values = table.column(index)
        if _is_text(field.type) and traces.in_text("\n".join(filter(None, values.unique().to_pylist()))):
            texts = [text and traces.masked(text) for text in values.to_pylist()]
        elif pa.types.is_list(field.type) and _is_text(field.type.value_type):
            texts = [row and [text and traces.masked(text) for text in row] for row in values.to_pylist()]
        elif traces.in_text("\n".join(map(str, values.to_pylist()))):
            texts = [None if traces.in_text(str(value)) else value for value in values.to_pylist()]
        else:
            continue
        table = table.set_column(index, field, pa.array(texts, field.type))
    return table


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _rewrite_xlsx(source: FileSource, lines: _Lines, traces: Traces) -> None:
    rewrite_sheets(source.path, lambda number, _: number in lines.gone, traces.masked)


_REWRITERS: dict[str, Callable[[FileSource, _Lines, Traces], None]] = {
    "csv": _rewrite_lines,
    "jsonl": _rewrite_json,
    "json": _rewrite_json,
    "parquet": _rewrite_parquet,
    "xlsx": _rewrite_xlsx,
}


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


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
    _replace(manifest, json.dumps(stated, ensure_ascii=False, indent=2).encode())
