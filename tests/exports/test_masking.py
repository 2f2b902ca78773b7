import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports import masking
from exports.masking import mask_phone, mask_text

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


def test_the_examples_of_the_documentation_hold():
    assert doctest.testmod(masking).failed == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13800000001", "138****0001"),
        ("张三13800000001妈妈", "张三138****0001妈妈"),
        ("+8613800000001", "+86138****0001"),
        ("+86 13800000001", "+86 138****0001"),
        ("0086-13800000001", "0086-138****0001"),
        ("8613800000001", "86138****0001"),
        ("138 0000 0001", "138****0001"),
        ("138-0000-0001", "138****0001"),
        ("13800000001/13800000002、13800000003", "138****0001/138****0002、138****0003"),
        ("1３８ ００００ ０００１", "138****0001"),
        ("＋８６１３８０００００００１", "+86138****0001"),
        ("138****0001", "138****0001"),
        ("138000000012", "138000000012"),
        ("12800000001", "12800000001"),
        ("1380000000", "1380000000"),
        ("", ""),
    ],
)
def test_mobiles_in_text_are_masked_and_nothing_else(text: str, shown: str):
    assert mask_text(text) == shown
    assert mask_text(shown) == shown, "masking twice changes nothing"


@settings(deadline=None, derandomize=True)
@given(st.lists(mobiles, min_size=1), st.sampled_from([" ", ",", "、", "-", "\n", "电话"]))
def test_no_mobile_of_a_list_stays_readable(phones: list[str], mark: str):
    shown = mask_text(mark.join(phones))
    assert shown == mark.join(f"{phone[:3]}****{phone[-4:]}" for phone in phones)


@pytest.mark.parametrize("phone", ["13800000001", "+86 138-0000-0001", "1３８００００００01", "138****0001"])
def test_a_phone_column_shows_a_masked_mobile(phone: str):
    assert mask_phone(phone) == "138****0001"


@pytest.mark.parametrize("phone", ["0571-88880000", "1380000", "无", "138000000012"])
def test_a_phone_column_shows_nothing_of_what_is_no_mobile(phone: str):
    assert mask_phone(phone) == "****"
