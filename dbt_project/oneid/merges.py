"""Merged patient files: which file is left of each that the practice system has merged away."""

import pyarrow as pa


def survivors(merges: pa.Table, live: pa.Table) -> pa.Table:
    """Where each merged file has gone: from_patient_id, resolved_patient_id, last_patient_id (extracts.yaml).

    merges: merge_id, from_patient_id, into_patient_id, merged_at. live: patient_id of the files that exist,
    of those that a merge names.
    Of several merges of one file the latest counts. A chain is followed to the last file on it that is live;
    a file that has only dead ones before it and lives itself stays, and is not returned; resolved_patient_id
    is NULL when nothing on the chain lives, and last_patient_id is where the chain ends, living or not. In a
    circle the earliest merge is taken back, as its file was used again later.
    """
    exists = set(live["patient_id"].to_pylist())
    rows = merges.sort_by([("merged_at", "ascending"), ("merge_id", "ascending")]).to_pylist()
    into: dict[str, str] = {}
    age: dict[str, int] = {}
    for position, row in enumerate(rows):
        into[row["from_patient_id"]] = row["into_patient_id"]
        age[row["from_patient_id"]] = position
    _take_back_circles(into, age)
    resolved = {patient: _last_live(patient, into, exists) for patient in sorted(into)}
    gone = {patient: survivor for patient, survivor in resolved.items() if survivor != patient}
    return pa.table(
        {
            "from_patient_id": pa.array(list(gone), pa.string()),
            "resolved_patient_id": pa.array(list(gone.values()), pa.string()),
            "last_patient_id": pa.array([_last(patient, into) for patient in gone], pa.string()),
        }
    )


def _take_back_circles(into: dict[str, str], age: dict[str, int]) -> None:
    """Remove the earliest merge of every circle; each file has at most one way on, so circles never touch."""
    settled: set[str] = set()
    for start in sorted(into):
        path: dict[str, None] = {}
        patient = start
        while patient in into and patient not in settled and patient not in path:
            path[patient] = None
            patient = into[patient]
        if patient in path:
            walked = list(path)
            circle = walked[walked.index(patient) :]
            del into[min(circle, key=age.__getitem__)]
        settled.update(path)


def _last(patient: str, into: dict[str, str]) -> str:
    """The last file on the chain that starts with the patient."""
    while patient in into:
        patient = into[patient]
    return patient


def _last_live(patient: str, into: dict[str, str], exists: set[str]) -> str | None:
    """The last live file on the chain that starts with the patient, None without any."""
    found = patient if patient in exists else None
    while patient in into:
        patient = into[patient]
        if patient in exists:
            found = patient
    return found
