"""What the cells of a column look like: phones, dates in which form, numbers, a few words, ids of WeChat.

What that says about its meaning is for ``guessing.py``. No value leaves this module but the words of a column that
has few of them.
"""

from dataclasses import dataclass

import polars as pl

from assets.extracts.naming import MOBILE

# A column of at most so many different short values may hold words of a list, and does where each is met twice.
MAX_WORDS = 30
MAX_WORD_CHARACTERS = 12
# Ways to write nothing.
BLANKS = (
    "-",
    "--",
    "---",
    "—",
    "——",
    "/",
    "\\",
    "无",
    "暂无",
    "空",
    "null",
    "NULL",
    "None",
    "N/A",
    "#N/A",
    "nan",
)
YES = ("是", "有", "对", "y", "yes", "true", "1", "√")
NO = ("否", "无", "没有", "n", "no", "false", "0", "×")
SEPARATORS = ("、", ",", "，", ";", "；", "|", "/", "+")

_CLOCK = r"[ T]+[0-9]{1,2}[:时点][0-9]{1,2}([:分]?|[:分][0-9]{1,2}(\.[0-9]+)?秒?)"
_DAYS = {
    "2026-11-20": r"[12][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}",
    "2026/11/20": r"[12][0-9]{3}/[0-9]{1,2}/[0-9]{1,2}",
    "2026.11.20": r"[12][0-9]{3}\.[0-9]{1,2}\.[0-9]{1,2}",
    "2026年11月20日": r"[12][0-9]{3}年[0-9]{1,2}月[0-9]{1,2}日",
    "20261120": r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])",
}
_EPOCHS = {"秒级时间戳": ("epoch_seconds", r"1[0-9]{9}"), "毫秒时间戳": ("epoch_millis", r"1[0-9]{12}")}
_LOOKS = {
    "phone": rf"(\+?86[ -]?)?{MOBILE}",
    "date": "|".join(_DAYS.values()),
    "timestamp": f"({'|'.join(_DAYS.values())}){_CLOCK}",
    **dict(_EPOCHS.values()),
    "yes_no": "(?i)" + "|".join((*YES, *NO)),
    "integer": r"[+-]?[0-9,]+(\.0+)?",
    "number": r"[+-]?[¥￥]?[+-]?[0-9,]+(\.[0-9]+)?元?",
}
_OPENID = r"o[A-Za-z0-9_-]{27,28}"
_EXTERNAL = r"w[mo][A-Za-z0-9_-]{28,32}"


@dataclass(frozen=True)
class Content:
    """``shares`` of the filled cells that look so; ``words`` counts the values of a column that has few.

    ``listed`` tells that the words are met again and again, so that they are no names of people.
    """

    rows: int
    nulls: int
    uniques: int
    blanks: tuple[str, ...]
    shares: dict[str, float]
    date_form: str | None
    words: dict[str, int]
    listed: bool
    separator: str | None

    @property
    def filled(self) -> int:
        """Cells that hold something."""
        return self.rows - self.nulls


def content_of(cells: pl.Series) -> Content:
    """What the text column ``cells`` looks like, its ways to write nothing counted among the nulls."""
    blanks = cells.filter(cells.is_in(BLANKS)).unique().sort().to_list()
    filled = cells.filter(cells.is_not_null() & ~cells.is_in(BLANKS))
    uniques = filled.n_unique()
    short = 0 < uniques <= MAX_WORDS and (filled.str.len_chars() <= MAX_WORD_CHARACTERS).all()
    shares = {look: _share(filled, pattern) for look, pattern in _LOOKS.items()}
    shares |= {
        "openid": _share(filled, _OPENID),
        "external_userid": _share(filled, _EXTERNAL),
        "chinese": _share(filled, r"[^0-9A-Za-z]*\p{Han}.*"),
        "array": _share(filled, r"\[.*\]"),
    }
    counts = filled.value_counts(sort=True).iter_rows() if short and shares["phone"] == 0 else ()
    return Content(
        rows=len(cells),
        nulls=len(cells) - len(filled),
        uniques=uniques,
        blanks=tuple(blanks),
        shares=shares,
        date_form=_date_form(filled),
        words=dict(counts),
        listed=uniques * 2 <= len(filled),
        separator=_separator(filled),
    )


def _share(filled: pl.Series, pattern: str) -> float:
    return _part(filled.str.contains(f"^(?:{pattern})$"))


def _part(of: pl.Series) -> float:
    """The share of the trues; 0 of nothing."""
    return float(of.sum()) / max(1, len(of))


def _date_form(filled: pl.Series) -> str | None:
    """The commonest form of date in most of the cells, shown for 20 November 2026."""
    clocks = {"": "", f"({_CLOCK})": " 09:30"}
    forms = {
        f"{day}{shown}": f"({pattern}){clock}"
        for clock, shown in clocks.items()
        for day, pattern in _DAYS.items()
    }
    forms |= {name: pattern for name, (_, pattern) in _EPOCHS.items()}
    shares = {name: _share(filled, pattern) for name, pattern in forms.items()}
    best = max(shares, key=lambda name: shares[name])
    return best if sum(shares.values()) >= 0.5 else None


def _separator(filled: pl.Series) -> str | None:
    """What stands between the items where cells hold several."""
    shares = {mark: _part(filled.str.contains(mark, literal=True)) for mark in SEPARATORS}
    best = max(shares, key=lambda mark: shares[mark])
    return best if shares[best] > 0 else None
