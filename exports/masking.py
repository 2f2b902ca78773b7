"""Phones as they may be shown: 138****0001 (interfaces.md §5).

The Python twin of the dbt macro ``mask_phones`` for text that does not come out of the warehouse: literals of
rules, messages, search terms. On NFKC-normalised text both give the same; full-width digits, which ingest has
already turned into plain ones where the macro works, are understood here as well.
"""

import re
import unicodedata

_DIGIT = "[0-9０-９]"
_GAP = "[ \u3000\\-－]?"
_MOBILE = re.compile(
    f"(?<!{_DIGIT})"
    f"((?:[+＋]?[8８][6６]|[0０]{{2}}[8８][6６])?{_GAP}[1１][3-9３-９]{_DIGIT})"
    f"{_GAP}{_DIGIT}{{4}}{_GAP}({_DIGIT}{{4}})"
    f"(?!{_DIGIT})"
)
_MASKED = re.compile(r"1[3-9][0-9]\*{4}[0-9]{4}")


def mask_text(text: str) -> str:
    """Return ``text`` with every mainland mobile in it masked; everything else stays as it is.

    Bare, behind +86 / 86 / 0086, or written in groups of 3-4-4 with single spaces or hyphens; a longer run of
    digits is no phone (an order number, a time stamp) and stays.

    >>> mask_text("妈妈13800000001，爸爸+86 139-0000-0002")
    '妈妈138****0001，爸爸+86 139****0002'
    >>> mask_text("13800000001 13800000002,008613800000003")
    '138****0001 138****0002,0086138****0003'
    >>> mask_text("电话１３８０００００００１")
    '电话138****0001'
    >>> mask_text("订单202601021380000000100，座机0571-88880000")
    '订单202601021380000000100，座机0571-88880000'
    """
    return _MOBILE.sub(lambda phone: unicodedata.normalize("NFKC", f"{phone[1]}****{phone[2]}"), text)


def mask_phone(phone: str) -> str:
    """Return the value of a phone column so that it may be shown; what is not a mobile is hidden altogether.

    >>> mask_phone("13800000001"), mask_phone("+86 138 0000 0001"), mask_phone("138****0001")
    ('138****0001', '138****0001', '138****0001')
    >>> mask_phone("0571-88880000")
    '****'
    """
    found = _MASKED.search(mask_text(phone))
    return found[0] if found else "****"
