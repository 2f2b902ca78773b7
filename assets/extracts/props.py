"""The attributes of an event: which JSON type each must have (vocabulary.yaml, behavior._attributes)."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from assets.extracts.contract import AttributeType

EXPECTED: dict[AttributeType, str] = {
    "text": "文本",
    "enum": "文本",
    "emp": "文本",
    "number": "数字",
    "money": "最多两位小数的数字",
    "bool": "true 或 false",
    "multi": "文本数组",
}


def props_problem(props: Any, types: Mapping[str, AttributeType]) -> str | None:
    """Why ``props`` is refused (Chinese, without values), or None. Unknown keys and nulls are right."""
    if not isinstance(props, dict):
        return "props 应为 JSON 对象"
    for name, value in props.items():
        expected = types.get(name)
        if expected is not None and value is not None and not _fits(value, expected):
            return f"props.{name} 应为{EXPECTED[expected]}"
    return None


def _fits(value: Any, expected: AttributeType) -> bool:
    match expected:
        case "text" | "enum" | "emp":
            return isinstance(value, str)
        case "number":
            return _is_number(value)
        case "money":
            return (isinstance(value, str) or _is_number(value)) and _is_money(str(value))
        case "bool":
            return isinstance(value, bool)
        case "multi":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_money(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount == round(amount, 2) and abs(amount) < 10**16
