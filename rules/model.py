"""The advanced filter as a closed model: two levels of groups, five kinds of condition (rules.md §1).

Only the shape lives here, and the JSON Schema made from it. Whether a name exists, a type takes an operator
or a value fits is checked by the passes, which can report every mistake at once.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from rules.aggregates import AGGREGATES
from rules.operators import OPERATORS
from rules.periods import UNITS
from rules.vocabulary import load_vocabulary

MAX_CONDITIONS = 8
MAX_FILTERS = 20


def _one_of(ids: list[str]) -> WithJsonSchema:
    """Any string to pydantic, an enumeration to whoever edits by the schema; the passes suggest better."""
    return WithJsonSchema({"type": "string", "enum": list(dict.fromkeys(ids))})


_SCALAR_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string", "minLength": 1, "maxLength": 500}, {"type": "number"}]
}
_VALUE_SCHEMA = {
    "anyOf": [
        *_SCALAR_SCHEMA["anyOf"],
        {"type": "array", "items": _SCALAR_SCHEMA, "minItems": 1, "maxItems": 1000},
    ]
}
_VOCABULARY = load_vocabulary()
_ATTRIBUTES = sorted({name for source in _VOCABULARY.sources()[1:] for name in source.fields})

Logic = Literal["and", "or"]
Value = Annotated[Any, WithJsonSchema(_VALUE_SCHEMA)]
Unit = Annotated[str, _one_of(list(UNITS))]
FieldId = Annotated[str, _one_of(list(_VOCABULARY.profile.fields))]
TableId = Annotated[str, _one_of(list(_VOCABULARY.documents))]
EventId = Annotated[str, _one_of(list(_VOCABULARY.events))]
AttributeId = Annotated[str, _one_of(_ATTRIBUTES)]
OperatorId = Annotated[str, _one_of([row.id for row in OPERATORS])]
AggregateId = Annotated[str, _one_of([row.id for row in AGGREGATES])]
Name = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": 500})]


class Strict(BaseModel):
    """Frozen and closed: an unknown key or a value of another JSON type is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Question(Strict):
    """An operator with its value and options, asked of a field, an attribute or a metric."""

    op: OperatorId
    value: Value = None
    unit: Unit | None = None
    include_today: bool | None = None


class ProfileCondition(Question):
    """客户资料: a profile field compared."""

    kind: Literal["profile"]
    field: FieldId
    exclude_missing: bool = False


class AttributeFilter(Question):
    """One attribute of a row compared; all filters of a condition hold on the same row."""

    attr: AttributeId
    exclude_missing: bool = False


class Metric(Question):
    """统计指标 over the passing rows."""

    agg: AggregateId
    attr: AttributeId | None = None


AT_LEAST_ONE = Metric(agg="count", op="ge", value=1)
Filters = Annotated[
    tuple[AttributeFilter, ...], Field(strict=False, json_schema_extra={"maxItems": MAX_FILTERS})
]


class DocumentCondition(Strict):
    """就诊记录, 交易记录, 健康档案: 有过 or 没有."""

    kind: Literal["document"]
    had: bool
    table: TableId
    filters: Filters = ()
    metric: Metric = AT_LEAST_ONE


class BehaviorCondition(Strict):
    """客户线上行为: 做过 or 未做过."""

    kind: Literal["behavior"]
    did: bool
    event: EventId
    filters: Filters = ()
    metric: Metric = AT_LEAST_ONE


class TagCondition(Strict):
    """标签: carries any, all or none of the tags."""

    kind: Literal["tag"]
    op: Literal["has_any", "has_all", "has_none"]
    tags: Annotated[
        tuple[Name, ...], Field(strict=False, json_schema_extra={"minItems": 1, "maxItems": 1000})
    ]


class SegmentCondition(Strict):
    """分群: is a member or not."""

    kind: Literal["segment"]
    op: Literal["member", "not_member"]
    segment: Name


Condition = Annotated[
    ProfileCondition | BehaviorCondition | DocumentCondition | TagCondition | SegmentCondition,
    Field(discriminator="kind"),
]


class Group(Strict):
    """条件组: conditions joined by one 且 or 或."""

    logic: Logic
    conditions: Annotated[
        tuple[Condition, ...],
        Field(strict=False, json_schema_extra={"minItems": 1, "maxItems": MAX_CONDITIONS}),
    ]


class Filter(Strict):
    """The advanced filter: groups joined by one 且 or 或, at most eight conditions in all."""

    version: Annotated[int, Field(ge=1, le=1)]
    logic: Logic
    groups: Annotated[
        tuple[Group, ...], Field(strict=False, json_schema_extra={"minItems": 1, "maxItems": MAX_CONDITIONS})
    ]

    def conditions(self) -> tuple[Condition, ...]:
        """All conditions in order."""
        return tuple(condition for group in self.groups for condition in group.conditions)


Json = dict[str, Any] | list[Any] | str | int | Decimal | bool | None
"""What reading.read_json returns: numbers with a point are decimals, never floats."""
