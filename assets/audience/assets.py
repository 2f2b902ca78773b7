"""Smart tags and smart segments as one subsettable multi-asset each: 重新计算 is materialising one key.

An asset per rule that was in the library when the code location loaded; a pass over all of a kind also computes the
rules that came later. What a pass does is in ``recompute.py``.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import dagster as dg

from assets.audience.capabilities import LIVE, write_capabilities
from assets.audience.library_files import library_files
from assets.audience.recompute import RuleReport, recompute
from assets.keys import (
    AUDIENCE,
    CAPABILITIES,
    CUSTOMERS,
    CUSTOMERS_TOUCHED,
    EXTRACT_STATUS,
    IDENTITY_EVENTS,
    SEGMENT_MEMBERS,
    SMART_SEGMENTS,
    SMART_TAGS,
    STATIC_MEMBERS,
    TAG_MEMBERS,
    segment_key,
    tag_key,
)
from assets.partitions import night
from assets.resources import Home, Limits, Warehouse
from rules.compile import compile_filter
from rules.entries import Entry
from rules.library import Library, load_library

RULE_STATE = "rule_is_computed"
# Which tables a rule reads does not depend on the date it is bound to.
_ANY_DATE = dt.date(2000, 1, 1)


def build_audience_assets(library_folder: Path) -> list[dg.AssetsDefinition]:
    """The two multi-assets, with an asset for each rule that ``library_folder`` holds now, and the capabilities."""
    library = load_library(library_files(library_folder))
    return [
        _multi_asset(library, "tag", SMART_TAGS, [], "product_000.5.2"),
        _multi_asset(library, "segment", SMART_SEGMENTS, [TAG_MEMBERS], "product_000.6.2"),
        capabilities,
    ]


@dg.asset(
    key=CAPABILITIES,
    group_name=AUDIENCE,
    deps=[EXTRACT_STATUS, TAG_MEMBERS, SEGMENT_MEMBERS],
    kinds={"duckdb"},
    owners=["team:data"],
    tags={"spec": "rules.2.8"},
    partitions_def=night,
    pool="warehouse",
    description="One row per field, document table, attribute, event, template, tag and segment: live, stale or off.",
)
def capabilities(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    as_of = dt.date.fromisoformat(context.partition_key)
    with warehouse.connect() as connection:
        found = write_capabilities(connection, as_of)
    states = Counter(one.state for one in found)
    told = "\n".join(
        f"- {one.kind} {one.label}：{one.state} {one.reason}" for one in found if one.state != LIVE
    )
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(found), **states, "not_live": dg.MetadataValue.md(told or "无")}
    )


def _multi_asset(
    library: Library, kind: Literal["tag", "segment"], group: str, after: list[dg.AssetKey], section: str
) -> dg.AssetsDefinition:
    table, key_of = (TAG_MEMBERS, tag_key) if kind == "tag" else (SEGMENT_MEMBERS, segment_key)
    shared = {"group_name": group, "owners": ["team:data"], "tags": {"spec": section}}
    rules = {key_of(rule.id): rule for rule in library.of(kind).values()}
    specs = [
        dg.AssetSpec(
            table,
            kinds={"duckdb"},
            description=f"One row per {kind} and customer: who is in it and since when.",
            deps=[*rules, *after, CUSTOMERS, CUSTOMERS_TOUCHED, IDENTITY_EVENTS, STATIC_MEMBERS[kind]],
            **shared,
        ),
        *(
            dg.AssetSpec(
                key,
                kinds={"duckdb"},
                description=f"{rule.name}：智能{'标签' if kind == 'tag' else '分群'}的全部客户，每夜重算。",
                deps=_reads(rule, library),
                **shared,
            )
            for key, rule in rules.items()
        ),
    ]
    checks = [
        dg.AssetCheckSpec(RULE_STATE, asset=key, description="ok, or disabled on purpose.") for key in rules
    ]

    @dg.multi_asset(
        name=group, specs=specs, check_specs=checks, can_subset=True, partitions_def=night, pool="warehouse"
    )
    def audience(
        context: dg.AssetExecutionContext, warehouse: Warehouse, home: Home, limits: Limits
    ) -> Iterator[dg.MaterializeResult]:
        as_of = dt.date.fromisoformat(context.partition_key)
        selected = context.selected_asset_keys
        only = None if table in selected else {rules[key].id for key in selected}
        with warehouse.connect() as connection:
            reports = recompute(
                connection,
                library_files(home.library_path),
                kind,
                as_of,
                only=only,
                quotas={"tag": limits.smart_tag_quota, "segment": limits.smart_segment_quota},
                retention_days=limits.log_retention_days,
            )
        reported = {key_of(report.rule.id): report for report in reports}
        for key in (key for key in reported if key in selected):
            yield _rule_result(key, reported[key], context)
        if only is None:
            yield dg.MaterializeResult(asset_key=table, metadata=_pass_metadata(reports))

    return audience


def _reads(rule: Entry, library: Library) -> set[dg.AssetKey]:
    """The tables a rule is computed from, those of the rules it names included; the universe always is one."""
    found, seen, open_rules = {CUSTOMERS}, {rule.key}, [rule]
    while open_rules:
        one = open_rules.pop()
        if one.rule is not None:
            tables = compile_filter(one.rule, as_of=_ANY_DATE).tables
            found |= {dg.AssetKey(name.split(".")) for name in tables}
        for kind, id_ in one.references().keys() - seen:
            seen.add((kind, id_))
            named = library.of(kind).get(id_)
            if named is None:
                found.add(STATIC_MEMBERS[kind])
            else:
                open_rules.append(named)
    return found


def _rule_result(
    key: dg.AssetKey, report: RuleReport, context: dg.AssetExecutionContext
) -> dg.MaterializeResult:
    counts = report.counts
    fine = report.state in ("ok", "disabled")
    metadata = {
        "dagster/row_count": counts.members,
        "规则": report.explanation or "",
        "状态": report.state if fine else f"{report.state}：{report.reason}",
        "新进入": counts.adds,
        "移出": counts.removes,
        "seconds": round(report.seconds, 3),
        "sql": dg.MetadataValue.md(
            f"```sql\n{report.sql}\n```" if report.sql else "（含完整手机号条件，不展示）"
        ),
    }
    check = dg.AssetCheckResult(
        asset_key=key,
        check_name=RULE_STATE,
        passed=fine,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"state": report.state, "reason": report.reason or ""},
    )
    chosen = dg.AssetCheckKey(key, RULE_STATE) in context.selected_asset_check_keys
    return dg.MaterializeResult(asset_key=key, metadata=metadata, check_results=[check] if chosen else [])


def _pass_metadata(reports: list[RuleReport]) -> dict[str, int | dg.MetadataValue]:
    states = {state: sum(report.state == state for report in reports) for state in ("ok", "disabled")}
    troubled = [report for report in reports if report.state not in states]
    listed = "\n".join(f"- {report.rule.name}：{report.state} {report.reason}" for report in troubled)
    return {
        "dagster/row_count": sum(report.counts.members for report in reports),
        "rules": len(reports),
        **states,
        "adds": sum(report.counts.adds for report in reports),
        "removes": sum(report.counts.removes for report in reports),
        "需要处理": dg.MetadataValue.md(listed or "无"),
    }
