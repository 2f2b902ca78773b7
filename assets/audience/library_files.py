"""The files of a home's rule library, as the pure library model in ``rules/library.py`` takes them."""

from collections.abc import Iterable
from pathlib import Path

LibraryFiles = list[tuple[str, bytes]]


def library_files(folder: Path) -> LibraryFiles:
    """Every JSON file under ``folder`` with its path below it; an absent folder is an empty library."""
    return named_files(folder, sorted(folder.rglob("*.json")) if folder.is_dir() else [])


def named_files(folder: Path, files: Iterable[Path]) -> LibraryFiles:
    """Only ``files``, named relative to ``folder`` where they lie below it."""
    return [
        ((file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix(), file.read_bytes())
        for file in files
    ]
