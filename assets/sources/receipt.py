"""What a date was landed from: the note beside the data that spares reading the same files again.

It lies in the landing as ``_sources.json`` and is this stage's alone; the loader goes by the manifest.
"""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from assets.extracts.readers.chunks import FileRefusedError
from assets.sources.deliveries import Delivery

RECEIPT = "_sources.json"


class ReceivedFile(BaseModel):
    """A file of the clinic as it was when its rows landed; size and mtime spare hashing it again."""

    relative: str
    bytes: int
    mtime_ns: int
    sha256: str


class Receipt(BaseModel):
    """What a date was landed from (``_sources.json`` beside the data), and the data files that it was landed as.

    ``withheld`` is the vanish_limit under which no row was deleted, where that was so.
    """

    basis: str = ""
    withheld: float | None = None
    received: list[ReceivedFile] = []
    landed: list[str] = []

    @property
    def was_read(self) -> bool:
        """Whether something was there to be read."""
        return any(file.sha256 for file in self.received)


def read_receipt(folder: Path) -> Receipt | None:
    """The receipt of a date; one that cannot be read is as good as a new one."""
    path = folder / RECEIPT
    if not path.is_file():
        return None
    try:
        return Receipt.model_validate_json(path.read_bytes())
    except ValidationError:
        return Receipt()


def received_file(file: Delivery, old: Receipt) -> ReceivedFile:
    """The file as it is now; it is hashed again only where its size or time of change is another."""
    try:
        stamp = file.stamp()
        known = next((one for one in old.received if one.relative == file.relative), None)
        if known and (known.bytes, known.mtime_ns) == stamp:
            return known
        sha256 = file.sha256()
    except (FileRefusedError, OSError):
        return ReceivedFile(relative=file.relative, bytes=0, mtime_ns=0, sha256="")
    size, mtime_ns = stamp or (0, 0)
    return ReceivedFile(relative=file.relative, bytes=size, mtime_ns=mtime_ns, sha256=sha256)


def write_json(path: Path, content: BaseModel) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(content.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
    part.replace(path)
