"""Turns pydantic's complaints about the shape of a rule or a library file into our own errors.

What the shapes are is in model.py and files.py.
"""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from rules.errors import FilterError, at, problem
from rules.operators import OPERATORS, SEGMENT, TAG

EXPECTED = {
    "string_type": "文本",
    "bool_type": "布尔值 true 或 false",
    "int_type": "整数",
    "tuple_type": "列表",
    "dict_type": "对象",
    "model_type": "对象",
    "model_attributes_type": "对象",
}

LABELS = {
    **{"and": "且", "or": "或", "enabled": "启用", "disabled": "禁用"},
    **{"all": "所有人", "store": "本门店", "self": "仅自己"},
    **{row.id: row.label for row in OPERATORS if row.types & (TAG | SEGMENT)},
}
"""What people call the fixed spellings."""


def shape_problem(error: ErrorDetails, steps: tuple[str | int, ...], model: type[BaseModel]) -> FilterError:
    """One complaint; `steps` lead to the offending value, `model` is the one whose key it stands under."""
    pointer, name, got, kind = at("", *steps), steps[-1] if steps else "", error["input"], error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            found = problem("unknown_key", pointer, got=name, allowed=list(model.model_fields), name=name)
        case "missing":
            found = problem("missing_key", pointer, name=name)
        case "literal_error":
            choices = get_args(model.model_fields[str(name)].annotation)
            allowed = {choice: LABELS.get(choice, choice) for choice in choices}
            found = problem("not_allowed", pointer, got=got, allowed=allowed, name=got)
        case "greater_than_equal" | "less_than_equal":
            found = problem("not_allowed", pointer, got=got, allowed=["1"], name=got)
        case "string_too_short" | "string_too_long":
            limit = context.get("min_length", context.get("max_length"))
            found = problem(kind, pointer, got=got, limit=limit)
        case "string_pattern_mismatch":
            found = problem("bad_slug" if name == "id" else "bad_color", pointer, got=got)
        case "value_error":
            found = problem("bad_created_at", pointer, got=got)
        case _:
            found = problem("wrong_type", pointer, got=got, expected=EXPECTED[kind])
    return found
