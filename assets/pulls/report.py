"""What a pull did, for the summary on the terminal and for ``--json``. How it is shown is the command's business."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# Told what is asked now, how many of its parts are done, and how many there are.
Progress = Callable[[str, int, int], None]


@dataclass
class AccountReport:
    """One corpid or appid. ``complete`` of ``asked`` employees or fans; ``incomplete`` says who or what, and why."""

    account: str
    asked: int = 0
    complete: int = 0
    rows: int = 0
    tag_groups: int | None = None
    incomplete: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class PullReport:
    """One pull. ``rows`` of the accounts are what has landed; ``already`` = an earlier pull had landed it all."""

    source: Literal["wecom", "wechat_oa"]
    accounts: list[AccountReport] = field(default_factory=list)
    landed: list[str] = field(default_factory=list)
    already: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left for another pull of the date."""
        return not any(account.incomplete for account in self.accounts)

    def as_json(self) -> dict[str, Any]:
        """The report as one JSON-ready dict."""
        return {"complete": self.is_complete, **asdict(self)}
