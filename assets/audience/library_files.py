"""The files of a home's rule library, as the pure library model in ``rules/library.py`` takes them."""

from pathlib import Path

LibraryFiles = list[tuple[str, bytes]]


def library_files(folder: Path) -> LibraryFiles:
    """Every JSON file under ``folder`` with its path below it; an absent folder is an empty library."""
    files = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    return [(file.relative_to(folder).as_posix(), file.read_bytes()) for file in files]
