"""What reading a table left out, renamed or could not read, by line number: nothing goes in silence."""

from collections import Counter
from collections.abc import Sequence

from assets.extracts.json_text import dump_json
from assets.extracts.readers.chunks import FileRefusedError, Refusal
from assets.extracts.readers.decoding import shown

# More stretches of lines than these are told by their number alone.
SHOWN_STRETCHES = 12


class Findings:
    """Gathers notes and refused rows while a file is read; never a cell's content but in ``Refusal.raw``."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.refusals: list[Refusal] = []
        self._lines: dict[str, list[int]] = {}
        self._open_end: int | None = None

    def note(self, sentence: str, line: int) -> None:
        """``sentence`` is true of ``line``; lines of the same sentence are told together."""
        self._lines.setdefault(sentence, []).append(line)

    def refuse(self, line: int, code: str, reason: str, raw: str | Sequence[str | None]) -> None:
        """One row that cannot be read."""
        text = raw if isinstance(raw, str) else dump_json([cell and shown(cell) for cell in raw])
        self.refusals.append(Refusal(line, None, code, reason, shown(text.rstrip("\r\n"))))

    def ends_open(self, line: int) -> None:
        """The file's last row, at ``line``, has no line end."""
        self._open_end = line

    def check_end(self, last_line: int, last_is_short: bool) -> None:
        """Raise FileRefusedError when the file breaks off within its last row."""
        refused = any(refusal.line == self._open_end for refusal in self.refusals)
        if refused or (last_is_short and last_line == self._open_end):
            raise FileRefusedError(f"文件在第 {self._open_end} 行中断，没有传完")

    def commonest_reason(self) -> str:
        """The reason that most refused rows share."""
        return Counter(refusal.reason for refusal in self.refusals).most_common(1)[0][0]

    def nothing_readable(self) -> str | None:
        """Why of a file without a good row no row is good; None where it has no row at all."""
        return f"没有一行能读；最常见的原因：{self.commonest_reason()}" if self.refusals else None

    def sentences(self) -> list[str]:
        """Every note as a Chinese sentence with its lines."""
        skipped = [f"{sentence}：{lines_shown(lines)}" for sentence, lines in self._lines.items()]
        refused = [f"无法读取的行：{lines_shown([r.line for r in self.refusals])}"] if self.refusals else []
        return [*skipped, *self.notes, *refused]


def lines_shown(lines: Sequence[int]) -> str:
    """第 1-3、9 行, and how many there are where that gets long."""
    stretches: list[tuple[int, int]] = []
    for line in sorted(lines):
        if stretches and line == stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], line)
        else:
            stretches.append((line, line))
    shown_ones = [str(a) if a == b else f"{a}-{b}" for a, b in stretches[:SHOWN_STRETCHES]]
    more = f" 等，共 {len(lines)} 行" if len(stretches) > SHOWN_STRETCHES else " 行"
    return f"第 {'、'.join(shown_ones)}{more}"
