"""Tonight's verdict on every rule of the library: state, reason and bits, in dependency order, each rule once.

A rule that cannot be computed keeps its last members and says why; it sinks nobody but those who refer to it
(rules.md §2.7, §2.8). Writing members down is ``membership.py``'s.
"""

import datetime as dt
import time
from dataclasses import dataclass, replace
from typing import Literal

import duckdb
import numpy as np

from assets.audience.condition_bits import ConditionBits
from assets.audience.extract_states import ExtractStates
from assets.audience.static_members import StaticMembers
from assets.audience.universe import Bits, Universe
from rules.compile import CompiledFilter, compile_filter, without_missing
from rules.entries import Entry, Key, Kind
from rules.library import Library
from rules.tree import Leaf, evaluate
from rules.vocabulary import Lineage

KIND_LABELS = {"tag": "标签", "segment": "分群"}


@dataclass(frozen=True)
class RuleResult:
    """One rule tonight: ``state`` ok failed blocked stale off disabled; ``bits`` only when it was computed.

    ``because`` are the extracts (``source.extract``) that made it stale or off.
    """

    state: str
    reason: str | None = None
    because: tuple[str, ...] = ()
    bits: Bits | None = None
    compiled: CompiledFilter | None = None
    lineages: tuple[Lineage, ...] = ()
    seconds: float = 0.0


class Evaluator:
    """Computes rules of one library over one universe on demand; a result is computed once and remembered."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        library: Library,
        static: StaticMembers,
        universe: Universe,
        extracts: ExtractStates,
        as_of: dt.date,
    ) -> None:
        self._rules: dict[Key, Entry] = {**_keyed(library, "tag"), **_keyed(library, "segment")}
        self._conditions = ConditionBits(connection, universe, as_of)
        self._static = static
        self._extracts = extracts
        self._as_of = as_of
        self._results: dict[Key, RuleResult] = {}

    def result(self, kind: Kind, rule_id: str) -> RuleResult:
        """The verdict on one rule; what it refers to is computed first. Cycles were refused by the library."""
        key = (kind, rule_id)
        if key not in self._results:
            started = time.perf_counter()
            found = self._evaluate(self._rules[key])
            self._results[key] = replace(found, seconds=time.perf_counter() - started)
        return self._results[key]

    def _evaluate(self, entry: Entry) -> RuleResult:
        if entry.errors or entry.rule is None:
            blocked = all(error.code == "unknown_reference" for error in entry.errors)
            reason = "；".join(f"{error.pointer} {error.sentence}".strip() for error in entry.errors)
            return RuleResult("blocked" if blocked else "failed", reason)
        if not entry.enabled:
            return RuleResult("disabled")
        compiled = compile_filter(entry.rule, as_of=self._as_of)
        lineages = compiled.lineages
        for kind, ids in (("tag", compiled.tags), ("segment", compiled.segments)):
            for referred in ids:
                if reason := self._cannot_refer(kind, referred):
                    return RuleResult("blocked", reason, compiled=compiled)
                lineages += self._lineages_of(kind, referred)
        verdict = self._extracts.verdict(lineages)
        if verdict.state != "ok":
            return RuleResult(
                verdict.state, verdict.reason, verdict.because, compiled=compiled, lineages=lineages
            )
        try:
            bits = self._bits(compiled)
            # A preview of the rule asks these beside, for who is in only because a value is missing (rules.md §5).
            for condition in compile_filter(without_missing(entry.rule), as_of=self._as_of).conditions:
                self._conditions.of(condition)
        except duckdb.Error as error:
            return RuleResult(
                "failed", f"计算失败：{type(error).__name__}", compiled=compiled, lineages=lineages
            )
        return RuleResult("ok", bits=bits, compiled=compiled, lineages=lineages)

    def _cannot_refer(self, kind: Kind, rule_id: str) -> str | None:
        label = KIND_LABELS[kind]
        if (kind, rule_id) not in self._rules:
            return self._static.why_unusable(kind, rule_id)
        found = self.result(kind, rule_id)
        if found.state in ("failed", "blocked", "disabled"):
            words = {"failed": "计算失败", "blocked": "被阻塞", "disabled": "已禁用"}[found.state]
            return f"引用的{label}“{self._rules[kind, rule_id].name}”{words}"
        return None

    def _lineages_of(self, kind: Kind, rule_id: str) -> tuple[Lineage, ...]:
        if (kind, rule_id) in self._rules:
            return self.result(kind, rule_id).lineages
        return self._static.lineages(kind, rule_id)

    def _bits(self, compiled: CompiledFilter) -> Bits:
        conditions = {condition.id: condition for condition in compiled.conditions}

        def leaf(node: Leaf) -> Bits:
            if node.kind == "condition":
                return self._conditions.of(conditions[node.id])
            if (node.kind, node.id) in self._rules:
                bits = self.result(node.kind, node.id).bits
                if bits is None:
                    raise AssertionError(f"{node.kind} {node.id} was judged usable but has no bits")
                return bits
            return self._static.bits(node.kind, node.id)

        return evaluate(compiled.tree, leaf, np.logical_and.reduce, np.logical_or.reduce, np.logical_not)


def _keyed(library: Library, kind: Literal["tag", "segment"]) -> dict[Key, Entry]:
    return {(kind, rule_id): entry for rule_id, entry in library.of(kind).items()}
