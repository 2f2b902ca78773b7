"""Reads the vocabulary: the one place where the words of a rule meet the columns of the marts.

The YAML beside this file says what can be asked; this module turns it into frozen, resolved sources. What an
operator means belongs to operators.py, where a value comes from belongs to the dbt models.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from rules.vocabulary.lineage import Lineage

FieldType = Literal[
    "text", "enum", "multi", "tree", "number", "money", "date", "datetime", "bool", "emp", "store"
]
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)
Kind = Literal["profile", "document", "behavior"]

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Relation = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z][a-z0-9_]*$")]
Extract = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")]


def _frozen(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(mapping))


class Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, arbitrary_types_allowed=True)


class Field(Closed):
    """One profile field, or one attribute of a document table or an event; `id` is its column."""

    id: Id
    label: str
    type: FieldType
    of: Literal["emp", "store"] | None = None
    values: tuple[str, ...] | None = None
    open: bool = False
    examples: tuple[str, ...] = ()
    private: bool = False
    not_label: str | None = None
    rows: Relation | None = None
    extracts: tuple[Extract, ...] = ()
    also: tuple[Extract, ...] = ()

    @property
    def lineage(self) -> Lineage:
        return Lineage(extracts=self.extracts, also=self.also)

    @property
    def is_text(self) -> bool:
        """Held as text, where '' is as missing as NULL."""
        return self.type in ("text", "enum", "multi", "tree", "emp", "store")

    @property
    def folds_case(self) -> bool:
        """Compared on lower case; ids are compared as they are."""
        return self.type in ("text", "enum", "tree") or (self.type == "multi" and self.of is None)

    @model_validator(mode="after")
    def _complete(self) -> "Field":
        if (self.type == "multi") != (self.rows is not None):
            raise ValueError(f"{self.id}: a multi field, and no other, names its `rows` relation")
        if (self.type == "bool") != (self.not_label is not None):
            raise ValueError(f"{self.id}: a bool field, and no other, has a `not_label`")
        if self.values is not None and (self.open or self.type not in ("enum", "multi")):
            raise ValueError(f"{self.id}: `values` closes an enum or a multi field")
        return self


class Source(Closed):
    """Something a condition can ask about: the profile, a document table, or an event.

    `only_event`, `only_actor` and `except_events` pick an event's rows out of the shared relation.
    """

    kind: Kind
    id: Id
    label: str
    family: str
    relation: Relation
    key: Id
    time: Id | None
    fields: Annotated[Mapping[str, Field], AfterValidator(_frozen)]
    lineage: Lineage = Lineage()
    private_relation: Relation | None = None
    only_event: str | None = None
    only_actor: str | None = None
    except_events: tuple[str, ...] = ()


class Vocabulary(Closed):
    """All that a rule can say, by id."""

    profile: Source
    documents: Annotated[Mapping[str, Source], AfterValidator(_frozen)]
    events: Annotated[Mapping[str, Source], AfterValidator(_frozen)]

    def sources(self) -> tuple[Source, ...]:
        """Profile, document tables, events, in the order of the YAML."""
        return (self.profile, *self.documents.values(), *self.events.values())


def _fields(specs: dict[str, Any], base: Lineage) -> dict[str, Field]:
    """Fields by id; each is fed by what it names and by its table's own extracts."""
    fields = {}
    for field_id, spec in specs.items():
        extracts = (*base.extracts, *(e for e in spec.get("extracts", ()) if e not in base.extracts))
        also = (*base.also, *spec.get("also", ()))
        fields[field_id] = Field.model_validate({**spec, "id": field_id, "extracts": extracts, "also": also})
    return fields


def _profile(spec: dict[str, Any]) -> Source:
    fields = _fields(spec.pop("fields"), Lineage())
    return Source(kind="profile", id="profile", family=spec["label"], time=None, fields=fields, **spec)


def _documents(spec: dict[str, Any]) -> dict[str, Source]:
    tables = {}
    for table_id, table in spec["tables"].items():
        lineage = Lineage(extracts=tuple(table.pop("extracts")))
        fields = _fields(table.pop("attributes"), lineage)
        if table["time"] not in fields:
            raise ValueError(f"{table_id}: time {table['time']} is not one of its attributes")
        tables[table_id] = Source(kind="document", id=table_id, fields=fields, lineage=lineage, **table)
    return tables


def _events(spec: dict[str, Any]) -> dict[str, Source]:
    shared = {key: spec[key] for key in ("relation", "key", "time")}
    events = {}
    for family, category in spec["categories"].items():
        lineage = Lineage(extracts=tuple(category["extracts"]))
        for event_id, event in category["events"].items():
            own = {name: spec["attributes"][name] for name in event.get("attributes", ())}
            events[event_id] = Source(
                kind="behavior",
                id=event_id,
                label=event["label"],
                family=family,
                fields=_fields({**spec["every_event"], **own}, lineage),
                lineage=lineage,
                only_event=event_id,
                **shared,
            )
    every = spec["any_event"]
    lineage = Lineage(also=tuple(every["also"]))
    events["any_event"] = Source(
        kind="behavior",
        id="any_event",
        label=every["label"],
        family=spec["label"],
        fields=_fields(spec["every_event"], lineage),
        lineage=lineage,
        only_actor=every["actor"],
        except_events=tuple(every["except"]),
        **shared,
    )
    return events


class _UniqueKeys(yaml.SafeLoader):
    """SafeLoader that refuses a repeated key instead of keeping the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        repeated = sorted({str(key) for key in keys if keys.count(key) > 1})
        if repeated:
            raise ValueError(f"{node.start_mark}: repeated {', '.join(repeated)}")
        return super().construct_mapping(node, deep=deep)


def build_vocabulary(profile: str, documents: str, behavior: str) -> Vocabulary:
    """The vocabulary from three YAML texts. Raises ValueError (pydantic's among them) on any slip."""
    parsed = [yaml.load(text, _UniqueKeys) for text in (profile, documents, behavior)]
    return Vocabulary(profile=_profile(parsed[0]), documents=_documents(parsed[1]), events=_events(parsed[2]))


@cache
def load_vocabulary() -> Vocabulary:
    """The checked-in vocabulary (spec: vocabulary.yaml), read once."""
    here = resources.files("rules.vocabulary")
    texts = [
        here.joinpath(name).read_text("utf-8") for name in ("profile.yaml", "documents.yaml", "behavior.yaml")
    ]
    return build_vocabulary(*texts)
