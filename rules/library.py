"""The library as data: files in, definitions with their errors out, and the order to compute them in.

A bad file is an entry with errors and sinks nobody else. Where the files lie, what state a rule is in
tonight and what its members are belongs to the audience stage.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from rules.dependencies import cycles, ordered, unknown_references
from rules.entries import LABELS, Entry, Found, Key, Kind, read_entry, with_errors
from rules.errors import problem
from rules.vocabulary import Vocabulary

TAG_QUOTA, SEGMENT_QUOTA = 100, 50


@dataclass(frozen=True)
class Library:
    """All files in path order, and the rules in the order in which each finds what it refers to computed."""

    entries: tuple[Entry, ...]
    order: tuple[Entry, ...]

    def of(self, kind: Kind) -> dict[str, Entry]:
        """Entries of a kind by id; of two files with one id the one that keeps it."""
        return {entry.id: entry for entry in _keepers(self.entries) if entry.kind == kind}

    def in_use(self, kind: Literal["tag", "segment"]) -> int:
        """How many count towards the quota: enabled, not preset (product 000 §5.4, §6.4)."""
        return sum(1 for entry in self.of(kind).values() if entry.enabled and not entry.preset)


def load_library(
    files: Iterable[tuple[str, bytes]],
    vocabulary: Vocabulary | None = None,
    *,
    static_ids: Collection[Key] | None = None,
    tag_quota: int | None = TAG_QUOTA,
    segment_quota: int | None = SEGMENT_QUOTA,
) -> Library:
    """The library that the files (path below the library's root, content) make.

    `static_ids` are the static tags and segments that rules may name; unless given, any id with a source
    before a colon (`cdp:…`, `eky:…`, `wecom:…`) passes. A quota of None is not checked.
    """
    entries = [read_entry(path, content, vocabulary) for path, content in sorted(files)]
    entries = with_errors(entries, _duplicates(entries))
    entries = with_errors(entries, _missing_groups(entries))
    entries = with_errors(entries, unknown_references(entries, static_ids))
    circles = list(cycles(_keepers(entries)))
    entries = with_errors(entries, circles)
    for kind, limit in (("tag", tag_quota), ("segment", segment_quota)):
        entries = with_errors(entries, _over_quota(entries, kind, limit))
    circular = {path for path, _ in circles}
    return Library(tuple(entries), ordered([one for one in _keepers(entries) if one.path not in circular]))


def _keepers(entries: Iterable[Entry]) -> list[Entry]:
    """The entries but for those whose id belongs to another file."""
    return [one for one in entries if not any(error.code == "duplicate_id" for error in one.errors)]


def _duplicates(entries: list[Entry]) -> Iterator[Found]:
    ids: dict[Key, Entry] = {}
    names: dict[tuple[Kind, str | None, str], Entry] = {}
    for entry in sorted(entries, key=lambda entry: entry.age):
        if entry.kind == "unknown":
            continue
        first = ids.setdefault(entry.key, entry)
        if first is not entry:
            yield entry.path, problem("duplicate_id", "/id", got=entry.id, name=entry.id, other=first.path)
        elif entry.definition is not None:
            first = names.setdefault((entry.kind, entry.group, entry.name), entry)
            if first is not entry:
                yield (
                    entry.path,
                    problem("duplicate_name", "/name", got=entry.name, name=entry.name, other=first.path),
                )


def _missing_groups(entries: list[Entry]) -> Iterator[Found]:
    """A tag's group is its folder's _group.json."""
    folders = {entry.path.split("/")[1] for entry in entries if entry.kind == "tag_group"}
    for entry in entries:
        if entry.kind == "tag" and entry.group not in folders:
            yield entry.path, problem("group_missing", "", name=entry.group)


def _over_quota(entries: list[Entry], kind: Kind, limit: int | None) -> Iterator[Found]:
    counted = sorted(
        (one for one in entries if one.kind == kind and one.enabled and not one.preset),
        key=lambda entry: entry.age,
    )
    for entry in counted[limit:] if limit is not None else ():
        yield entry.path, problem("over_quota", "/status", kind=LABELS[kind], limit=limit)
