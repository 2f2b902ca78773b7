"""What this home can answer tonight: every word of the vocabulary, every template and every rule as live, stale or off.

Words and templates are judged by the extracts that feed them, by the same code as rules (``extract_states.py``); what
became of a rule itself was decided when it was computed (``recompute.py``) and is only read here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

import duckdb
import polars as pl

from assets.audience.extract_states import ExtractStates
from rules.compile import compile_filter
from rules.library import load_library
from rules.templates import template_files
from rules.vocabulary import Lineage, Vocabulary, load_vocabulary

LIVE = "live"
_TABLE = """
create or replace table ops.capabilities (
    as_of date, kind varchar, id varchar, label varchar, family varchar, state varchar, because varchar[],
    data_dt date, reason varchar
)
"""
_RULES = """
select kind, rule_id, name, group_name, state, coalesce(because, []), computed_as_of, reason
from audience.rules
order by kind desc, group_sort_no, group_name, sort_no, rule_id
"""


@dataclass(frozen=True)
class Capability:
    """One thing that can be asked for.

    ``kind`` field document attribute event template tag segment. ``state`` live stale off, of a tag or a segment also
    failed blocked disabled. ``because`` of these extracts (``source.extract``). ``data_dt`` is the date of the oldest
    data behind it, of a rule the night of its members.
    """

    kind: str
    id: str
    label: str
    family: str | None
    state: str
    because: tuple[str, ...]
    data_dt: dt.date | None
    reason: str | None


def write_capabilities(connection: duckdb.DuckDBPyConnection, as_of: dt.date) -> list[Capability]:
    """Make ops.capabilities of the night ``as_of``: fields, documents, events, templates, tags, segments in order."""
    extracts = ExtractStates.load(connection, as_of)
    found = [*_words(load_vocabulary(), extracts), *_templates(extracts, as_of), *_rules(connection)]
    columns = list(zip(*map(astuple, found), strict=True))
    names = tuple(Capability.__dataclass_fields__)
    frame = pl.DataFrame(
        dict(zip(names, columns, strict=True)),
        schema_overrides={"because": pl.List(pl.String), "data_dt": pl.Date},
    )
    connection.execute(_TABLE)
    connection.register("found_capabilities", frame)
    connection.execute("insert into ops.capabilities select ?, * from found_capabilities", [as_of])
    connection.unregister("found_capabilities")
    return found


def _words(vocabulary: Vocabulary, extracts: ExtractStates) -> Iterator[Capability]:
    profile = vocabulary.profile
    for field in profile.fields.values():
        yield _judged("field", field.id, field.label, profile.label, [field.lineage], extracts)
    for table in vocabulary.documents.values():
        yield _judged("document", table.id, table.label, table.family, [table.lineage], extracts)
        for field in table.fields.values():
            name = f"{table.id}.{field.id}"
            yield _judged("attribute", name, field.label, table.label, [field.lineage], extracts)
    # An event's attributes come with the event: nothing else feeds them.
    for event in vocabulary.events.values():
        yield _judged("event", event.id, event.label, event.family, [event.lineage], extracts)


def _templates(extracts: ExtractStates, as_of: dt.date) -> Iterator[Capability]:
    """A template stands alone, so its own conditions are all that it reaches."""
    library = load_library(template_files())
    groups = library.of("tag_group")
    for entry in library.entries:
        if entry.rule is not None:
            family = groups[entry.group].name if entry.group else "分群"
            lineages = compile_filter(entry.rule, as_of=as_of).lineages
            id_ = entry.path.removesuffix(".json")
            yield _judged("template", id_, entry.name, family, lineages, extracts)


def _judged(
    kind: str, id_: str, label: str, family: str, lineages: Iterable[Lineage], extracts: ExtractStates
) -> Capability:
    parts = list(lineages)
    verdict = extracts.verdict(parts)
    state = LIVE if verdict.state == "ok" else verdict.state
    data_dt = None if state == "off" else extracts.data_dt(parts)
    return Capability(kind, id_, label, family, state, verdict.because, data_dt, verdict.reason)


def _rules(connection: duckdb.DuckDBPyConnection) -> Iterator[Capability]:
    for kind, id_, label, family, state, because, night, reason in connection.execute(_RULES).fetchall():
        shown = LIVE if state == "ok" else state
        yield Capability(kind, id_, label, family, shown, tuple(because), night, reason)
