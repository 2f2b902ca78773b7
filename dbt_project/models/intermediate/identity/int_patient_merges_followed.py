"""Where every merged patient file has gone (oneid.md, extracts.yaml patient_merges)."""

from oneid import merges


def model(dbt, session):
    """One row per merged file; a chain is walked in Python because portable SQL has no recursion."""
    dbt.config(materialized="table")
    made = dbt.ref("stg_ekanya__patient_merges")
    named = made.project("from_patient_id as patient_id").union(made.project("into_patient_id as patient_id"))
    live = dbt.ref("stg_ekanya__patients").select("patient_id").join(named, "patient_id", how="semi")
    return merges.survivors(
        made.select("merge_id", "from_patient_id", "into_patient_id", "merged_at").to_arrow_table(),
        live.to_arrow_table(),
    )
