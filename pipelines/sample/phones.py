"""Phone numbers as people type them. Which number belongs to whom is in people.py."""

import numpy as np
import polars as pl

from pipelines.sample import draws
from pipelines.sample.draws import Ints

PLACEHOLDERS = [13800000000, 13900000000, 13888888888, 13000000000, 11111111111]


def as_typed(rng: np.random.Generator, numbers: Ints, messy: float, typos: float = 0.0) -> pl.Series:
    """Numbers as text; a share of them with +86, 0086, blanks, hyphens or full-width digits; `typos` of them wrong."""
    numbers = _misspelt(rng, numbers, typos)
    style = np.where(draws.chance(rng, len(numbers), messy), 1 + draws.below(rng, 6, len(numbers)), 0)
    frame = pl.DataFrame({"plain": pl.Series(numbers).cast(pl.String), "style": style})
    plain = pl.col("plain")
    parts = [plain.str.slice(0, 3), plain.str.slice(3, 4), plain.str.slice(7)]
    wide = plain.str.replace_many(list("0123456789"), list("０１２３４５６７８９"))
    spoken = [
        pl.lit("+86") + plain,
        pl.lit("0086") + plain,
        pl.lit("+86 ") + pl.concat_str(parts, separator=" "),
        pl.concat_str(parts, separator=" "),
        pl.concat_str(parts, separator="-"),
        wide,
    ]
    typed = plain
    for number, expression in enumerate(spoken, start=1):
        typed = pl.when(pl.col("style") == number).then(expression).otherwise(typed)
    return frame.select(typed).to_series()


def _misspelt(rng: np.random.Generator, numbers: Ints, share: float) -> Ints:
    """A share of the numbers with another digit in one of the last eight places.

    A spawned stream, so that the share changes no other draw of the table.
    """
    slips = rng.spawn(1)[0]
    wrong = np.flatnonzero(draws.chance(slips, len(numbers), share))
    place = 10 ** draws.below(slips, 8, len(wrong))
    digit = numbers[wrong] // place % 10
    typed = numbers.copy()
    typed[wrong] += ((digit + 1 + draws.below(slips, 9, len(wrong))) % 10 - digit) * place
    return typed
