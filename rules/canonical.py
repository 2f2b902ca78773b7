"""One spelling for equal rules: canonical JSON and its sha256.

Our own, because a printed SQL or a library's hash changes with versions and seeds (rules.md §6). What makes
two rules equal is decided in passes/canonicalise.py.
"""

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces, and numbers in their shortest exact spelling (10.0 is 10)."""
    match value:
        case dict():
            items = (
                f"{json.dumps(key, ensure_ascii=False)}:{canonical_json(value[key])}" for key in sorted(value)
            )
            return "{" + ",".join(items) + "}"
        case list() | tuple():
            return "[" + ",".join(map(canonical_json, value)) + "]"
        case Decimal():
            return _digits(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def facts(value: Any) -> Any:
    """A frozen dataclass of plain values as JSON: its name and its fields, dates in ISO form."""
    if is_dataclass(value):
        parts = {field.name: facts(getattr(value, field.name)) for field in fields(value)}
        return {"is": type(value).__name__, **parts}
    if isinstance(value, tuple):
        return [facts(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def digest(value: Any) -> str:
    """sha256 (hex) of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _digits(value: Decimal) -> str:
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
