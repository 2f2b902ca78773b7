"""One thing that a check found: how bad it is, what it is in Chinese, and what cures it."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """error: readers or the next night suffer; warning: a person should act; note: nobody need do anything."""

    error = "error"
    warning = "warning"
    note = "note"


@dataclass(frozen=True)
class Finding:
    """``code`` names the kind of finding for scripts; ``cure`` is a command or a step."""

    code: str
    severity: Severity
    sentence: str
    cure: str

    @property
    def needs_a_person(self) -> bool:
        """Whether ``cdp doctor`` answers no because of it."""
        return self.severity is not Severity.note

    def as_dict(self) -> dict[str, str]:
        """For JSON Lines."""
        return {"type": "finding", **asdict(self)}


def listed(names: list[str], most: int = 5) -> str:
    """A、B、C, and how many there are where that gets long."""
    more = f"等 {len(names)} 个" if len(names) > most else ""
    return "、".join(names[:most]) + more
