"""The five jobs of the data team: the night, what follows an erasure, one tag, one segment, the workbooks.

``recompute_tag`` and ``recompute_segment`` are launched on the asset of one rule; the selection here is what they may
touch, the rule is chosen at launch.
"""

from typing import Any

import dagster as dg

from assets import keys

NIGHTLY = "nightly"
REDERIVE = "rederive"

_REPUBLISH = dg.AssetSelection.assets(keys.CAPABILITIES, keys.WORKBOOKS, keys.PUBLISHED)


def build_jobs() -> list[Any]:
    """The jobs (Dagster does not export their type); each runs in process, since no steps run side by side."""
    tags = dg.AssetSelection.groups(keys.SMART_TAGS)
    segments = dg.AssetSelection.groups(keys.SMART_SEGMENTS)
    described = {
        NIGHTLY: (
            dg.AssetSelection.all(),
            "The whole line: sources → extracts → OneID → marts → tags and segments → publish.",
        ),
        REDERIVE: (
            dg.AssetSelection.all()
            - dg.AssetSelection.groups(keys.SOURCES, keys.EXTRACTS)
            - dg.AssetSelection.assets(*keys.IDENTITY_STATE),
            "Everything that follows from raw and OneID as they are, after an erasure: nothing is read, no id moves.",
        ),
        "recompute_tag": (tags | _REPUBLISH, "重新计算智能标签 (product 000 §5.2.2), then republish."),
        "recompute_segment": (segments | _REPUBLISH, "重新计算智能分群 (product 000 §6.2), then republish."),
        "export": (_REPUBLISH, "Write the workbooks again and republish."),
    }
    return [
        dg.define_asset_job(
            name, selection=selection, description=description, executor_def=dg.in_process_executor
        )
        for name, (selection, description) in described.items()
    ]
