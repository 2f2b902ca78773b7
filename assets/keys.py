"""Asset keys and group names used by more than one stage. Keys equal table names: ``schema/table``.

Only names live here; what a table holds is said where it is made.
"""

import dagster as dg

SOURCES = "sources"
EXTRACTS = "extracts"
AUDIENCE = "audience"
SMART_TAGS = "smart_tags"
SMART_SEGMENTS = "smart_segments"
DELIVERY = "delivery"

MAPPED_SOURCES = dg.AssetKey(["landing", "mapped_sources"])
BATCHES = dg.AssetKey(["ops", "batches"])
EXTRACT_FILES = dg.AssetKey(["ops", "extract_files"])
REFUSED_KEYS = dg.AssetKey(["raw", "refused_keys"])
COMPLETE_USERIDS = dg.AssetKey(["raw", "complete_userids"])
EXTRACT_STATUS = dg.AssetKey(["ops", "extract_status"])
NEW_COLUMNS = dg.AssetKey(["ops", "new_columns"])
CUSTOMERS = dg.AssetKey(["core", "dim_customers"])
CUSTOMERS_TOUCHED = dg.AssetKey(["intermediate", "int_customers_touched"])
IDENTITIES = dg.AssetKey(["core", "bridge_customer_identities"])
IDENTITY_EVENTS = dg.AssetKey(["core", "fct_identity_events"])
IDENTITY_CONFLICTS = dg.AssetKey(["core", "identity_conflicts"])
QUARANTINED_KEYS = dg.AssetKey(["core", "quarantined_keys"])
IDENTITY_SUMMARY = dg.AssetKey(["ops", "identity_summary"])
# The tables that OneID carries from night to night; everything else that dbt builds is derived from these and from raw.
IDENTITY_STATE = (
    dg.AssetKey(["intermediate", "int_identities_first_seen"]),
    dg.AssetKey(["intermediate", "int_identity_edges_laid"]),
    dg.AssetKey(["intermediate", "int_identity_events_detected"]),
    dg.AssetKey(["intermediate", "int_identity_keys_quarantined"]),
    dg.AssetKey(["intermediate", "int_identity_map_history"]),
    dg.AssetKey(["intermediate", "int_identity_nights_told"]),
    IDENTITY_EVENTS,
)
STATIC_MEMBERS = {
    kind: dg.AssetKey(["intermediate", f"int_static_{kind}_members"]) for kind in ("tag", "segment")
}
TAG_MEMBERS = dg.AssetKey(["audience", "tag_members"])
SEGMENT_MEMBERS = dg.AssetKey(["audience", "segment_members"])
CAPABILITIES = dg.AssetKey(["ops", "capabilities"])
WORKBOOKS = dg.AssetKey(["ops", "exports"])
PUBLISHED = dg.AssetKey(["published", "current"])


def raw_key(source: str, extract: str) -> dg.AssetKey:
    """The key of an extract's append log, ``raw/<source>__<extract>``."""
    return dg.AssetKey(["raw", f"{source}__{extract}"])


def tag_key(tag_id: str) -> dg.AssetKey:
    """The key of one smart tag; materialising it alone is 重新计算 (product 000 §5.2.2)."""
    return dg.AssetKey(["tags", tag_id])


def segment_key(segment_id: str) -> dg.AssetKey:
    """The key of one smart segment; materialising it alone is 重新计算 (product 000 §6.2)."""
    return dg.AssetKey(["segments", segment_id])
