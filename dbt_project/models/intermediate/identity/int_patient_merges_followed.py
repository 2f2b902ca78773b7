"""Where every merged patient file has gone (oneid.md, extracts.yaml patient_merges)."""

from oneid import merges


def model(dbt, session):
    """One row per merged file; a chain is walked in Python because portable SQL has no recursion."""
    dbt.config(materialized="table")
    return merges.survivors(
        dbt.ref("stg_ekanya__patient_merges")
        .select("merge_id", "from_patient_id", "into_patient_id", "merged_at")
        .to_arrow_table(),
        dbt.ref("stg_ekanya__patients").select("patient_id").to_arrow_table(),
    )
