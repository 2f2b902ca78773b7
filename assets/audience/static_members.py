"""Static tags and segments as conditions: leaves whose members people or other systems decided (rules.md §2.7)."""

import duckdb
import numpy as np

from assets.audience.universe import Bits, Universe
from rules.entries import Key, Kind
from rules.vocabulary import Lineage, static_lineage

_LIBRARY: dict[Kind, str] = {
    "tag": "select tag_id, name, enabled from intermediate.int_static_tags_unioned",
    "segment": "select segment_id, name, enabled from intermediate.int_static_segments_unioned",
}
_MEMBERS = {
    "tag": "select customer_key from intermediate.int_static_tag_members where tag_id = ?",
    "segment": "select customer_key from intermediate.int_static_segment_members where segment_id = ?",
}
_LABELS = {"tag": "标签", "segment": "分群"}


class StaticMembers:
    """Tonight's static tags and segments over tonight's universe."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, universe: Universe) -> None:
        self._connection = connection
        self._universe = universe
        self._library = {
            (kind, rule_id): (name, enabled)
            for kind, query in _LIBRARY.items()
            for rule_id, name, enabled in connection.execute(query).fetchall()
        }

    @property
    def ids(self) -> frozenset[Key]:
        """(kind, id) of every static tag and segment, enabled or not."""
        return frozenset(self._library)

    def why_unusable(self, kind: Kind, rule_id: str) -> str | None:
        """The sentence that blocks a rule referring to it, or None when it can be used."""
        if (kind, rule_id) not in self._library:
            return f"引用的{_LABELS[kind]} {rule_id} 不存在"
        name, enabled = self._library[kind, rule_id]
        return None if enabled else f"引用的静态{_LABELS[kind]}“{name}”已禁用"

    def lineages(self, kind: Kind, rule_id: str) -> tuple[Lineage, ...]:
        """The extracts that feed it."""
        return (static_lineage(kind, rule_id),)

    def bits(self, kind: Kind, rule_id: str) -> Bits:
        """Its members as bits."""
        keys = self._connection.execute(_MEMBERS[kind], [rule_id]).fetchnumpy()["customer_key"]
        return self._universe.bits_of(np.asarray(keys, dtype=np.int32))
