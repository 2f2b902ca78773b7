"""A clinic's files into the landing: one parquet file of text for each, the manifest, and a receipt of what was read.

What was landed from the same files under the same mapping is left alone; a date is landed anew when either changed, or,
where only the changes of a full delivery land, when an earlier date did. A file that cannot be read is named in the
manifest with the reason, so that the loader quarantines it (interfaces.md §4; faults.md rows 4-13).
"""

import contextlib
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from pydantic import ValidationError

from assets.extracts.contract import Contract
from assets.extracts.landing import MANIFEST, Manifest, ManifestFile, UnmappedValue, sha256_of
from assets.extracts.readers.chunks import FileRefusedError
from assets.extracts.readers.parquet import LINE
from assets.sources.changes import LandedState
from assets.sources.deliveries import Delivery, Places, deliveries
from assets.sources.loading import ExtractMapping, MappingProblem
from assets.sources.receipt import RECEIPT, Receipt, ReceivedFile, read_receipt, received_file, write_json
from assets.sources.shaping import Shaped, shaped
from exports.masking import mask_text

GONE = "vanished.parquet"
# Raised when the same files under the same mapping are to land differently than before.
LAYOUT = 1
MOST_VALUES = 100
LONGEST_VALUE = 50


@dataclass(frozen=True)
class LandedFile:
    """What became of one file of the clinic: its rows, or the problem that kept them out (Chinese)."""

    relative: str
    name: str
    rows: int = 0
    problem: str | None = None
    notes: tuple[str, ...] = ()


@dataclass
class LandedDay:
    """What was landed for one extract and date; ``unmapped`` counts rows by column and value."""

    contract: Contract
    dt: dt.date
    files: list[LandedFile] = field(default_factory=list)
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)


def land_extract(extract: ExtractMapping, places: Places, landing: Path, as_of: dt.date) -> list[LandedDay]:
    """Land everything at ``places`` that ``extract`` is for with dt <= ``as_of``; returns the dates (re)landed.

    A date for which somebody else landed files is left to them.
    """
    return _ExtractLanding(extract, landing).land(deliveries(extract, places, as_of), as_of)


def land_problems(
    landing: Path, contract: Contract, as_of: dt.date, problems: Sequence[MappingProblem]
) -> None:
    """Tell the loader that nothing of tonight could be landed, because the mapping cannot be followed."""
    folder = landing / contract.source / contract.extract / f"dt={as_of}"
    receipt = read_receipt(folder)
    if receipt is None and _has_data(folder):
        return
    name = problems[0].path.rpartition("/")[2]
    told = "；".join(f"第 {problem.line} 行 {problem.message}" for problem in problems)
    kept = [file for file in _manifest(folder).files if file.name != name]
    manifest = Manifest(files=[*kept, ManifestFile(name=name, problem=f"映射无法执行：{told}")])
    folder.mkdir(parents=True, exist_ok=True)
    # Without a basis the date is landed again once the mapping is right.
    write_json(folder / RECEIPT, (receipt or Receipt()).model_copy(update={"basis": ""}))
    write_json(folder / MANIFEST, manifest)


class _ExtractLanding:
    """One extract's dates in order; of a full delivery that lands as changes each builds on those before it."""

    def __init__(self, extract: ExtractMapping, landing: Path) -> None:
        self._extract = extract
        self._contract = extract.contract
        self._folder = landing / extract.contract.source / extract.contract.extract
        self._only_changes = extract.mapping.mode == "full" and extract.contract.mode != "full"
        self._state: LandedState | None = None
        columns = ",".join(column.name for column in extract.contract.file_columns)
        self._mapping_digest = _digest(str(LAYOUT), extract.mapping.digest, columns)

    def land(self, files: Iterable[Delivery], as_of: dt.date) -> list[LandedDay]:
        delivered = {day: list(group) for day, group in groupby(files, lambda file: file.dt)}
        known = [path.parent for path in self._folder.glob(f"dt=*/{RECEIPT}")]
        days = {dt.date.fromisoformat(folder.name.removeprefix("dt=")) for folder in known}
        landed: list[LandedDay] = []
        earlier: list[dt.date] = []
        before = Receipt()
        for day in sorted({day for day in days if day <= as_of} | set(delivered)):
            folder = self._folder / f"dt={day}"
            receipt = read_receipt(folder)
            if receipt is None and _has_data(folder):
                continue
            old = receipt or Receipt()
            received = _received(delivered.get(day, []), old, later=any(other > day for other in days))
            basis = self._basis(received, before)
            # The clinic may clear away what it delivered: what landed from it stays.
            limit = self._extract.mapping.vanish_limit
            if received and (basis != old.basis or old.withheld not in (None, limit)):
                if self._only_changes and self._state is None:
                    self._state = self._folded(earlier)
                new = Receipt(basis=basis, received=received)
                landed.append(self._land_day(folder, day, delivered[day], old, new, before))
                old = new
            if self._state is not None:
                self._state.add(_frames(folder, old))
            earlier.append(day)
            before = old if old.received else before
        return landed

    def _basis(self, received: Sequence[ReceivedFile], before: Receipt) -> str:
        content = [f"{file.relative} {file.sha256}" for file in received]
        return _digest(self._mapping_digest, *content, before.basis if self._only_changes else "")

    def _folded(self, days: Iterable[dt.date]) -> LandedState:
        state = LandedState(self._contract)
        for day in days:
            folder = self._folder / f"dt={day}"
            state.add(_frames(folder, read_receipt(folder) or Receipt()))
        return state

    def _land_day(
        self,
        folder: Path,
        day: dt.date,
        files: Sequence[Delivery],
        old: Receipt,
        new: Receipt,
        before: Receipt,
    ) -> LandedDay:
        done = LandedDay(self._contract, day)
        names = _landed_names([file.relative for file in files])
        seen: dict[str, str] = {}
        read: list[tuple[LandedFile, Shaped]] = []
        for file, received, name in zip(files, new.received, names, strict=True):
            if (same := seen.setdefault(received.sha256, file.relative)) != file.relative:
                done.files.append(LandedFile(file.relative, name, notes=(f"与 {same} 内容相同，未重复读取",)))
                continue
            try:
                table = file.table(self._extract.mapping.sheet)
                rows = shaped(table, self._extract, day)
            except (FileRefusedError, OSError) as error:
                done.files.append(LandedFile(file.relative, name, problem=problem_of(error)))
                continue
            read.append((LandedFile(file.relative, name, notes=tuple(table.notes)), rows))
            done.unmapped.update(rows.unmapped)
        frames = {file.name: rows.frame for file, rows in read}
        if self._state is not None:
            delivered = list(frames.values())
            frames = dict(zip(frames, self._state.news(delivered), strict=True))
            # Whose a row is that could not be read, nobody knows.
            broken = any(file.problem for file in done.files) or any(rows.refused.height for _, rows in read)
            if self._contract.mode == "delta" and not broken:
                new.withheld = self._let_go(delivered, day, frames, done, before)
        for file, rows in read:
            if rows.refused.height:
                frames[file.name] = pl.concat([frames[file.name], rows.refused], how="diagonal").sort(LINE)
        done.files += [
            LandedFile(file.relative, file.name, frames[file.name].height, notes=file.notes)
            for file, _ in read
        ]
        self._write_day(folder, frames, done, old, new)
        return done

    def _let_go(
        self,
        delivered: list[pl.DataFrame],
        day: dt.date,
        frames: dict[str, pl.DataFrame],
        done: LandedDay,
        before: Receipt,
    ) -> float | None:
        """Land the rows that are gone, unless the delivery cannot be whole: then the limit that withheld them."""
        assert self._state is not None
        gone = self._state.gone(delivered, day)
        limit = self._extract.mapping.vanish_limit
        problem = None
        if gone.rows.height > limit * gone.known:
            problem = f"原有 {gone.known} 行，这次少了 {gone.rows.height} 行"
        elif limit < 1 and len(delivered) < len(before.received):
            problem = f"上次有 {len(before.received)} 个文件，这次只有 {len(delivered)} 个"
        if problem:
            told = f"{problem}，全量文件可能没有导完，因此没有删除任何行；确实如此请把 vanish_limit 设为 1"
            done.files.append(LandedFile(GONE, GONE, problem=told))
        elif gone.rows.height:
            frames[GONE] = gone.rows
        return limit if problem else None

    def _write_day(
        self, folder: Path, frames: dict[str, pl.DataFrame], done: LandedDay, old: Receipt, new: Receipt
    ) -> None:
        """The receipt is void until all is written: a date that was left half written is written again."""
        folder.mkdir(parents=True, exist_ok=True)
        broken = {file.name: file.problem for file in done.files if file.problem}
        # Emptied rather than removed: rows of it that were loaded are then superseded.
        nothing = pl.DataFrame(
            schema={**{column.name: pl.String for column in self._contract.file_columns}, LINE: pl.Int64}
        )
        frames |= {name: nothing for name in old.landed if name not in frames and name not in broken}
        touched = sorted({*old.landed, *frames})
        write_json(folder / RECEIPT, old.model_copy(update={"basis": "", "landed": touched}))
        manifest = Manifest(unmapped_values=_told(done.unmapped))
        for name, frame in frames.items():
            _write_parquet(folder / name, frame, name)
            sha256 = sha256_of(folder / name)
            manifest.files.append(ManifestFile(name=name, rows=frame.height, sha256=sha256))
        for name, problem in broken.items():
            (folder / name).unlink(missing_ok=True)
            manifest.files.append(ManifestFile(name=name, problem=problem))
        manifest.files.sort(key=lambda file: file.name)
        write_json(folder / MANIFEST, manifest)
        new.landed = sorted(frames)
        write_json(folder / RECEIPT, new)


def _received(files: Sequence[Delivery], old: Receipt, *, later: bool) -> list[ReceivedFile]:
    """What there is to land for a date, which has ``later`` ones after it.

    A database tells what is, not what was: what once landed of a night stays when a later one has landed, or when
    nothing can be read now.
    """
    passing = old.was_read and not all(file.lasting for file in files)
    if passing and later:
        return []
    received = [received_file(file, old) for file in files]
    return received if not passing or any(file.sha256 for file in received) else []


def problem_of(error: Exception) -> str:
    """Why a file of the clinic could not be read, in Chinese; a row taken for the header may hold phones."""
    refused = isinstance(error, FileRefusedError)
    return mask_text(str(error)) if refused else "文件打不开（没有权限，或磁盘出错）"


def _landed_names(relatives: Sequence[str]) -> list[str]:
    """``患者列表_20261121.xlsx.parquet``; with its folders where two files of the date have one name."""
    bare = [relative.rpartition("/")[2] for relative in relatives]
    return [
        f"{name if bare.count(name) == 1 else relative.replace('/', '__')}.parquet".lstrip("._")
        for name, relative in zip(bare, relatives, strict=True)
    ]


def _frames(folder: Path, receipt: Receipt) -> list[pl.DataFrame]:
    """What landed on a date; of a file that was damaged since then nothing, so that its rows land again."""
    frames = []
    for name in receipt.landed:
        with contextlib.suppress(OSError, pl.exceptions.PolarsError):
            frames.append(pl.read_parquet(folder / name))
    return frames


def _told(unmapped: Counter[tuple[str, str]]) -> list[UnmappedValue]:
    """The commonest values of each column, shortened, phones masked: a wrong map must not spill a column of names."""
    told: list[UnmappedValue] = []
    columns: Counter[str] = Counter()
    for (column, value), rows in sorted(unmapped.items(), key=lambda item: (item[0][0], -item[1], item[0])):
        columns[column] += 1
        if columns[column] <= MOST_VALUES:
            told.append(UnmappedValue(column=column, value=mask_text(value)[:LONGEST_VALUE], rows=rows))
    return told


def _has_data(folder: Path) -> bool:
    return folder.is_dir() and any(not entry.name.startswith((".", "_")) for entry in folder.iterdir())


def _manifest(folder: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return Manifest()


def _write_parquet(path: Path, frame: pl.DataFrame, name: str) -> None:
    """Same rows, same bytes; the name inside keeps two files without a row from being one and the same."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    part = path.with_name(f".{path.name}.part")
    pq.write_table(table.replace_schema_metadata({"name": name}), part, compression="zstd")
    part.replace(path)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
