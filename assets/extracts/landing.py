"""What lies in the landing: files of ``<source>/<extract>/dt=YYYY-MM-DD/``, their manifests, and strays.

Nothing is opened here but manifests; whether a file's content is good is for the readers.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from assets.extracts.contract import Contract, ExtractId, load_contracts
from assets.extracts.spelling import nearest

MANIFEST = "_manifest.json"
BLOCK_BYTES = 1 << 20


class ManifestFile(BaseModel):
    """What the exporter says of one file it wrote, or, with ``problem`` (Chinese), why it could not write it."""

    name: str
    rows: int | None = None
    sha256: str | None = None
    problem: str | None = None


class UnmappedValue(BaseModel):
    """A value that the clinic's mapping does not name, as it landed, and in how many rows (``assets/sources``)."""

    column: str
    value: str
    rows: int


class Manifest(BaseModel):
    """``_manifest.json`` beside the data (extracts.yaml)."""

    files: list[ManifestFile] = []
    complete_userids: list[str] | None = None
    unmapped_values: list[UnmappedValue] = []


@dataclass(frozen=True)
class LandingFile:
    """A data file of an extract. ``path`` is absolute, ``relative`` to the landing and ``/``-separated."""

    path: Path
    relative: str
    dt: dt.date


@dataclass(frozen=True)
class Delivery:
    """All that landed for one extract and date; ``manifest_problem`` when the manifest cannot be believed."""

    dt: dt.date
    files: tuple[LandingFile, ...]
    manifest: Manifest | None = None
    manifest_problem: str | None = None

    @property
    def missing(self) -> list[ManifestFile]:
        """Files the manifest names that are not there."""
        present = {file.path.name for file in self.files}
        return [entry for entry in self.manifest.files if entry.name not in present] if self.manifest else []

    def promised(self, file: LandingFile) -> ManifestFile | None:
        """What the manifest says of ``file``."""
        entries = self.manifest.files if self.manifest else []
        return next((entry for entry in entries if entry.name == file.path.name), None)


@dataclass(frozen=True)
class Stray:
    """Something in the landing that no contract knows; the reason is Chinese."""

    source: str
    extract: str
    relative: str
    reason: str


def deliveries(landing: Path, contract: Contract, as_of: dt.date) -> list[Delivery]:
    """What landed for ``contract`` with dt <= ``as_of``, in dt order; hidden and _-files aside."""
    found = []
    for folder in _visible(landing / contract.source / contract.extract):
        day = day_of(folder.name)
        if day is None or day > as_of or not folder.is_dir():
            continue
        files = tuple(
            LandingFile(path, path.relative_to(landing).as_posix(), day)
            for path in _visible(folder)
            if path.is_file()
        )
        manifest, problem = _manifest(folder)
        found.append(Delivery(day, files, manifest, problem))
    return sorted(found, key=lambda delivery: delivery.dt)


def strays(landing: Path, contracts: Mapping[ExtractId, Contract]) -> Iterator[Stray]:
    """What no contract or date explains, each with the nearest right name; nothing is dropped silently."""
    extracts: dict[str, list[str]] = {}
    for source, extract in contracts:
        extracts.setdefault(source, []).append(extract)
    for source in _visible(landing):
        if source.name not in extracts or not source.is_dir():
            yield _stray(landing, source, _unknown("数据源", source.name, list(extracts)))
            continue
        for extract in _visible(source):
            if extract.name not in extracts[source.name] or not extract.is_dir():
                yield _stray(landing, extract, _unknown("数据表", extract.name, extracts[source.name]))
                continue
            for day in _visible(extract):
                if day_of(day.name) is None or not day.is_dir():
                    yield _stray(landing, day, "应为 dt=YYYY-MM-DD 目录，数据文件放在其中")
                    continue
                for entry in _visible(day):
                    if entry.is_dir():
                        yield _stray(landing, entry, "dt 目录里只能有文件，子目录不会被读取")


def landed_tonight(landing: Path, as_of: dt.date) -> dict[str, bool]:
    """For each required extract, whether it has a file of ``as_of`` (the sensor waits for all of them)."""
    return {
        f"{contract.source}/{contract.extract}": any(
            delivery.dt == as_of and delivery.files and not delivery.missing
            for delivery in deliveries(landing, contract, as_of)
        )
        for contract in load_contracts().values()
        if contract.required
    }


def sha256_of(path: Path) -> str:
    """The hex sha256 of a file's bytes as they lie there."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def file_id_of(contract: Contract, day: dt.date, sha256: str) -> int:
    """A 63-bit id that depends on extract, dt and content alone: a renamed copy has the same."""
    return content_id(f"{contract.source}/{contract.extract}|{day}|{sha256}")


def content_id(text: str) -> int:
    """A 63-bit id of ``text``, the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def day_of(name: str) -> dt.date | None:
    """The date of a folder ``dt=YYYY-MM-DD``; None for any other name."""
    text = name.removeprefix("dt=")
    if text == name or len(text) != len("YYYY-MM-DD"):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _visible(folder: Path) -> list[Path]:
    """Entries by name; hidden ones and those starting with _ (state, manifests, markers) are not data."""
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "_")))


def _stray(landing: Path, path: Path, reason: str) -> Stray:
    relative = path.relative_to(landing)
    source, extract, *_ = (*relative.parts, "")
    return Stray(source, extract, relative.as_posix(), reason)


def _manifest(folder: Path) -> tuple[Manifest | None, str | None]:
    path = folder / MANIFEST
    if not path.is_file():
        return None, None
    try:
        return Manifest.model_validate_json(path.read_bytes()), None
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "JSON"
        return None, f"{MANIFEST} 无法读懂（{place}），无法核对文件"


def _unknown(what: str, name: str, known: list[str]) -> str:
    match = nearest(name, known)
    return f"不认识的{what} {name}" + (f"，是不是 {match}？" if match else f"；可用：{'、'.join(known)}")
