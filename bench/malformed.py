"""How fast a broken rule is refused: ``python -m bench.malformed``.

Every broken rule of ``tests/rules/malformed.py``, one mistake each, and its floods of mistakes, parsed one by one in
one process after the vocabulary is read. That each gets the right error is tested in ``tests/rules/test_malformed.py``.
"""

import json
import statistics
import time

from rich.console import Console
from rich.table import Table

from rules import FilterErrors, parse_filter
from tests.rules.malformed import FLOODS, SOUND, malformed

ROUNDS = 5


def seconds(text: str) -> float:
    """Wall seconds until the rule is refused, the median of ROUNDS."""
    return statistics.median(_once(text) for _ in range(ROUNDS))


def _once(text: str) -> float:
    started = time.perf_counter()
    try:
        parse_filter(text)
    except FilterErrors:
        return time.perf_counter() - started
    raise AssertionError("a broken rule was accepted")


def main() -> None:
    """Prints the number of rules, the median and the slowest."""
    parse_filter(json.dumps(SOUND))
    table = Table("rules", "number", "median ms", "slowest ms", "which")
    for name, texts in {
        "one mistake": [(f"{one.code} {one.pointer}", one.text) for one in malformed()],
        "a flood of mistakes": [(name, json.dumps(rule)) for name, rule in FLOODS.items()],
    }.items():
        taken = sorted((1000 * seconds(text), which) for which, text in texts)
        median, (slowest, which) = statistics.median(one for one, _ in taken), taken[-1]
        table.add_row(name, str(len(taken)), f"{median:.2f}", f"{slowest:.1f}", which)
    Console().print(table)


if __name__ == "__main__":
    main()
