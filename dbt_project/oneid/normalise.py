"""The phone rule in Python: the twin of the SQL macro `normalise_phone`, which the night uses.

A test keeps the two equal; benches and tests of the library need it without a database. Blocking and masking
are SQL only.
"""

import re
import unicodedata

_SEPARATORS = re.compile(r"[ ().·/_–—-]")
_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")


def phone(raw: str | None) -> str | None:
    """The 11 digits of a mainland mobile number, or None when the text is not one (oneid.md §2.1)."""
    if raw is None:
        return None
    text = _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw))
    match = _MOBILE.fullmatch(text)
    return match.group(1) if match else None
