"""From which extracts an answer comes, and what a missing one means for it (rules.md §2.8).

What the night does with a stale or an off rule belongs to the audience stage.
"""

from collections.abc import Collection, Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

State = Literal["ok", "stale", "off"]


class Lineage(BaseModel):
    """The extracts (`source.extract`) behind one field, attribute or table of the vocabulary.

    `extracts` must all have been seen; `also` are fall-backs or members of a union, which count once the
    clinic has them. With no `extracts` at all, at least one of `also` must have been seen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    extracts: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def off(self, seen: Collection[str]) -> tuple[str, ...]:
        """The never-seen extracts that switch this off; empty when it can be computed."""
        unseen = tuple(name for name in self.extracts if name not in seen)
        if not self.extracts and not any(name in seen for name in self.also):
            return self.also
        return unseen

    def stale(self, seen: Collection[str], stale: Collection[str]) -> tuple[str, ...]:
        """Those of its extracts whose data is not tonight's."""
        counted = (*self.extracts, *(name for name in self.also if name in seen))
        return tuple(name for name in counted if name in stale)


STATIC_TAGS = {
    "cdp": Lineage(extracts=("cdp.static_tags", "cdp.static_tag_changes")),
    "eky": Lineage(extracts=("ekanya.visible_tags", "ekanya.patient_tags")),
    "wecom": Lineage(extracts=("wecom.corp_tags", "wecom.external_contacts")),
}
STATIC_SEGMENTS = Lineage(extracts=("cdp.static_segments", "cdp.static_segment_changes"))


def static_lineage(kind: str, name: str) -> Lineage:
    """Of a static tag or segment, whose id names its source before a colon; of an unknown source nothing."""
    return STATIC_SEGMENTS if kind == "segment" else STATIC_TAGS.get(name.partition(":")[0], Lineage())


def merged(lineages: Iterable[Lineage]) -> Lineage:
    """Everything a rule reaches, as one lineage for display; `state` judges the parts one by one."""
    parts = list(lineages)
    extracts = {name for part in parts for name in part.extracts}
    also = {name for part in parts for name in part.also} - extracts
    return Lineage(extracts=tuple(sorted(extracts)), also=tuple(sorted(also)))


def state(
    lineages: Iterable[Lineage], seen: Collection[str], stale: Collection[str]
) -> tuple[State, tuple[str, ...]]:
    """The verdict on a rule and the extracts that cause it: off before stale before ok."""
    parts = list(lineages)
    if missing := sorted({name for part in parts for name in part.off(seen)}):
        return "off", tuple(missing)
    if old := sorted({name for part in parts for name in part.stale(seen, stale)}):
        return "stale", tuple(old)
    return "ok", ()
