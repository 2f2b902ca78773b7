"""The shape of the change log and how its rows are made."""

import pyarrow as pa

LOG = pa.schema(
    [
        ("as_of", pa.date32()),
        ("event_type", pa.string()),
        ("oneid", pa.string()),
        ("from_oneid", pa.string()),
        ("to_oneid", pa.string()),
        ("identity_type", pa.string()),
        ("source_id", pa.string()),
        ("key_type", pa.string()),
        ("key_value", pa.string()),
        ("reason", pa.string()),
        ("leads_before", pa.list_(pa.string())),
        ("leads_after", pa.list_(pa.string())),
    ]
)

PATIENT_MERGE = "patient_merge"  # as key_type: the practice system merged the file


def told(event_type: str, rows: pa.Table) -> pa.Table:
    """An event of the type for each row, with those of its columns that the log has."""
    known = [name for name in LOG.names if name in rows.column_names]
    return rows.select(known).append_column("event_type", pa.repeat(event_type, len(rows)))


def via(rows: pa.Table) -> pa.Table:
    """Rows of the map whose linking key is the key of the event."""
    return rows.rename_columns({"via_key_type": "key_type", "via_key_value": "key_value"})
