"""How many rows one file may hold. More is refused with the count, never cut (product 000 §3.5)."""

from dataclasses import dataclass

SHEET_ROWS = 1_048_575  # a worksheet's own end, below the header


@dataclass(frozen=True)
class OverLimit:
    """Why nothing was written: ``rows`` would have been, ``limit`` may be."""

    rows: int
    limit: int

    @property
    def message(self) -> str:
        """The sentence for the person who asked for the file."""
        count = f"本次导出共 {self.rows:,} 条，超过单次导出上限 {self.limit:,} 条"
        return f"{count}，未生成文件。请增加筛选条件后再导出。"


def over_limit(rows: int, row_limit: int) -> OverLimit | None:
    """Return the refusal when ``rows`` do not fit into one file of ``row_limit`` rows, else None."""
    limit = min(row_limit, SHEET_ROWS)
    return OverLimit(rows, limit) if rows > limit else None
