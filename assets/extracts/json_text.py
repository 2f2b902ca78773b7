"""JSON text read strictly, and written one way: what orjson and json let pass in silence is refused here.

Used for JSON files and for JSON inside columns; what the JSON must contain is for its users to say.
"""

import json
import math
import unicodedata
from typing import Any

import orjson

MAX_DEPTH = 64


class JsonRefusedError(ValueError):
    """Not acceptable as JSON; ``code`` is stable, the message is Chinese and quotes nothing of the text."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def parse_json(text: str) -> Any:
    """The value of ``text``. Raises JsonRefusedError for broken JSON, keys given twice, NaN, lone surrogates.

    Text without a backslash goes through orjson, which keeps the last of two equal keys: fewer quotes in what
    it writes back give that away. The rest goes through the slower standard library.
    """
    try:
        if "\\" in text:
            value = json.loads(
                text, object_pairs_hook=_unique_keys, parse_float=_finite, parse_constant=_finite
            )
            orjson.dumps(value)  # refuses what has no UTF-8 form
        else:
            value = orjson.loads(text)
            if orjson.dumps(value).count(b'"') != text.count('"'):
                raise JsonRefusedError("duplicate_key", "JSON 里同一个键出现了两次")
    except (json.JSONDecodeError, orjson.JSONDecodeError) as error:
        raise JsonRefusedError("bad_json", f"不是有效的 JSON（第 {error.colno} 个字符附近）") from None
    except JsonRefusedError:
        raise
    except RecursionError:
        raise JsonRefusedError("too_deep", "JSON 嵌套过深") from None
    except (TypeError, ValueError):  # lone surrogates, and more digits than Python reads
        raise JsonRefusedError("bad_unicode", "JSON 里有不成对的代理字符或超大的数字") from None
    return value


def normalise_json(value: Any, depth: int = 0) -> Any:
    """``value`` with every string NFKC-normalised and trimmed. Raises JsonRefusedError beyond MAX_DEPTH."""
    if isinstance(value, str):
        return normalise_text(value)
    if depth > MAX_DEPTH:
        raise JsonRefusedError("too_deep", f"JSON 嵌套超过 {MAX_DEPTH} 层")
    if isinstance(value, list):
        return [normalise_json(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: normalise_json(item, depth + 1) for key, item in value.items()}
    return value


def normalise_text(text: str) -> str:
    """NFKC and trimmed, as every text of an extract is (extracts.yaml)."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def dump_json(value: Any) -> str:
    """Compact JSON text, non-ASCII characters as themselves, keys in the order given."""
    return orjson.dumps(value).decode()


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) != len(pairs):
        raise JsonRefusedError("duplicate_key", "JSON 里同一个键出现了两次")
    return unique


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise JsonRefusedError("bad_json", "JSON 里不能有 NaN 或无穷大")
    return number
