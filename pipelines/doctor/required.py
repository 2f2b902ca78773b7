"""Why a night could not publish: tonight's files of required extracts, read again as the night reads them.

Into a database in memory, by the loader itself: the warehouse, which knows the answer too, is not opened here.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from assets.extracts.contract import Contract, load_contracts
from assets.extracts.ledger import FileEntry
from assets.extracts.loading import load_extract
from assets.extracts.schema import create_extract_tables
from exports.masking import mask_text
from pipelines.doctor.finding import Finding, Severity


def check_required_files(landing: Path, night: dt.date) -> Iterator[Finding]:
    """The files of ``night`` that block its publishing (``assets/extracts/judgement.py``)."""
    for contract in load_contracts().values():
        folder = landing / contract.source / contract.extract / f"dt={night}"
        if not contract.required or not folder.is_dir():
            continue
        for file in _read_alone(contract, folder, night):
            if file.status == "quarantined" and file.is_data:
                cause = mask_text(file.reason or "").partition("；")[0]
                yield Finding(
                    "required_file_unreadable",
                    Severity.error,
                    f"必需的文件 {file.path} 不能用，{night} 因此不会发布：{cause}",
                    f"换上正确的文件 {landing / file.path}，再 cdp nightly --as-of {night}",
                )


def _read_alone(contract: Contract, folder: Path, night: dt.date) -> list[FileEntry]:
    """What the loader says of one date folder, linked into a landing of its own."""
    with TemporaryDirectory() as empty, duckdb.connect() as connection:
        link = Path(empty, contract.source, contract.extract, folder.name)
        link.parent.mkdir(parents=True)
        link.symlink_to(folder, target_is_directory=True)
        create_extract_tables(connection, [contract])
        return load_extract(connection, contract, Path(empty), night).files
