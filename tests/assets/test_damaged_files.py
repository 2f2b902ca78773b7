"""200 damaged files: the landing refuses each, whole or by the row, with a sentence that a person understands.

Read as exports, without a contract, they are refused, noted, or have lost no row. Forty of them in ``make test``, the
others in ``make faults`` (faults.md rows 4, 5, 12, 13, 27).
"""

import re
import resource
from pathlib import Path

import pytest

from assets.extracts.readers.chunks import FileRefusedError
from assets.sources.tables import read_table
from tests.assets.damages.families import damaged_file
from tests.assets.extracts.stage import Stage

FILES = 200
# One of five is quick, each time of another family.
QUICK = {5 * block + block % 5 for block in range(FILES // 5)}
MEMORY_KB = 500 << 10
ENGLISH = re.compile(
    r"error|exception|traceback|invalid|failed|cannot|unexpected|codec|NoneType|object at|polars|pyarrow",
    re.I,
)
NUMBERS = [
    number if number in QUICK else pytest.param(number, marks=pytest.mark.faults) for number in range(FILES)
]


def assert_clear(sentence: str | None) -> None:
    """A Chinese sentence of bearable length without a library's words and without a phone."""
    assert sentence and len(re.findall(r"[\u4e00-\u9fff]", sentence)) > 3, sentence
    assert not ENGLISH.search(sentence), sentence
    assert not re.search(r"1[3-9][0-9]{9}", sentence), sentence
    assert len(sentence) < 2_000 and "\n" not in sentence, sentence


@pytest.mark.parametrize("number", NUMBERS)
def test_a_damaged_file_of_the_landing_is_refused_in_words(number: int, tmp_path: Path) -> None:
    damaged = damaged_file(number)
    stage = Stage(tmp_path, damaged.table, "cdp/channel_accounts")
    stage.put(damaged.table, damaged.name, damaged.content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (entry,) = stage.load(damaged.table).files
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY_KB
    refused = [reason for (reason,) in stage.query("select reason from ops.quarantine_rows")]
    assert refused or entry.status == "quarantined"
    for sentence in {*refused, *([entry.reason] if entry.reason else [])}:
        assert_clear(sentence)
    assert entry.reason or entry.status == "loaded"
    stage.con.close()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_damaged_export_is_told_in_words_or_has_all_its_rows(number: int, tmp_path: Path) -> None:
    """What is read without a word has all its rows.

    Names of columns, types and values are not judged here: that is for the mapping, and for the contract behind it. Nor
    is the file's name, for its first bytes say what it is.
    """
    damaged = damaged_file(number)
    path = tmp_path / damaged.name
    path.write_bytes(damaged.content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        table = read_table(path)
    except FileRefusedError as error:
        assert_clear(str(error))
    else:
        told = {*table.notes, *(refusal.reason for refusal in table.refusals)}
        for sentence in told:
            assert_clear(sentence)
        assert told or table.frame.height == damaged.rows
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY_KB
