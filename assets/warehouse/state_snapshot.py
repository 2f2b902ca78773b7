"""What a night used besides extracts (library, settings, suppression list), kept for replay in ``landing/_state/dt=…``.

Reading the library as rules is ``assets/audience/library_files.py``'s business.
"""

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from pathlib import Path


def keep_night_inputs(
    landing: Path, library: Path, suppressed: Path, as_of: dt.date, settings: Mapping[str, object]
) -> int:
    """Copy the library and the suppression list and write the settings of the night ``as_of``.

    Returns how many library files were kept. A rerun of the same date replaces what it kept before (interfaces.md §2).
    """
    state = landing / "_state" / f"dt={as_of}"
    part = state.with_name(state.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    files = sorted(library.rglob("*.json")) if library.is_dir() else []
    for file in files:
        kept = part / "library" / file.relative_to(library)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, kept)
    if suppressed.exists():
        shutil.copyfile(suppressed, part / suppressed.name)
    (part / "settings.json").write_text(
        json.dumps(dict(settings), ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )
    shutil.rmtree(state, ignore_errors=True)
    part.replace(state)
    return len(files)
