"""The knobs that the accuracy bench turns: what each changes, and that the defaults change nothing."""

import numpy as np

from pipelines.sample import draws, phones

NUMBERS = 13_700_000_000 + np.arange(10_000)


def test_a_typo_is_one_other_digit_and_leaves_a_valid_number() -> None:
    typed = phones.as_typed(draws.stream(7, "typos"), NUMBERS, messy=0.0, typos=0.1)
    wrong = [(text, meant) for text, meant in zip(typed, NUMBERS.astype(str), strict=True) if text != meant]
    assert 900 < len(wrong) < 1_100
    for text, meant in wrong:
        assert len(text) == 11 and text[:3] == meant[:3]
        assert sum(a != b for a, b in zip(text, meant, strict=True)) == 1


def test_typos_change_no_other_draw() -> None:
    with_typos, without = draws.stream(7, "typos"), draws.stream(7, "typos")
    phones.as_typed(with_typos, NUMBERS, messy=0.5, typos=0.1)
    phones.as_typed(without, NUMBERS, messy=0.5)
    assert with_typos.random() == without.random()
