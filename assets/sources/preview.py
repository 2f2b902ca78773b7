"""What tonight's files of a mapping would land as, nothing written: for whoever writes the mapping.

The loader's own casts judge the rows, so that what is told here is what the night would say.
"""

import datetime as dt
from dataclasses import dataclass

from assets.extracts.casting import cast_chunk
from assets.extracts.readers.chunks import FileRefusedError, Refusal
from assets.sources.deliveries import Delivery, Places, deliveries
from assets.sources.landing import problem_of
from assets.sources.loading import ExtractMapping
from assets.sources.shaping import shaped


@dataclass(frozen=True)
class FilePreview:
    """One file: its rows, those that the loader would refuse, what is not mapped; or the ``problem`` with it."""

    relative: str
    dt: dt.date
    rows: int = 0
    refusals: tuple[Refusal, ...] = ()
    other_columns: tuple[str, ...] = ()
    unmapped: dict[tuple[str, str], int] | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None


def preview(extract: ExtractMapping, places: Places, as_of: dt.date) -> list[FilePreview]:
    """The files of the newest date that ``extract`` finds with dt <= ``as_of``; empty where there is none."""
    files = deliveries(extract, places, as_of)
    return [_preview(extract, file) for file in files if file.dt == files[-1].dt]


def _preview(extract: ExtractMapping, file: Delivery) -> FilePreview:
    try:
        table = file.table(extract.mapping.sheet)
        rows = shaped(table, extract, file.dt)
    except (FileRefusedError, OSError) as error:
        return FilePreview(file.relative, file.dt, problem=problem_of(error))
    ours = [column.name for column in extract.contract.file_columns]
    _, refusals = cast_chunk(rows.frame.select(*ours, "_line"), extract.contract, {})
    others = [name for name in rows.frame.columns if name not in (*ours, "_line")]
    return FilePreview(
        file.relative,
        file.dt,
        rows.frame.height + len(table.refusals),
        tuple(sorted([*table.refusals, *refusals], key=lambda refusal: refusal.line)),
        tuple(others),
        rows.unmapped,
        tuple(table.notes),
    )
