"""Leads of a patient: bound, rebound, unbound (product 001 §1.2: 无值变有值, 有值变更, 有值变无值)."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oneid.log import LOG
from oneid.nights import Nights


def lead_events(nights: Nights) -> pa.Table:
    """One event per patient whose customer has other leads than yesterday; lists are sorted, NULL when empty.

    The key is the one that links the first lead gained, or linked the first lead lost when none is gained.
    A patient that is gone loses its leads.
    """
    stirred_before = np.concatenate([nights.was[nights.moved], nights.removed])
    stirred_after = np.concatenate([nights.moved, nights.added])
    stirred = np.union1d(nights.ids_before[stirred_before], nights.ids_after[stirred_after])
    before = _leads_by_patient(nights.yesterday, nights.ids_before, stirred)
    after = _leads_by_patient(nights.tonight, nights.ids_after, stirred)
    changes = (
        (patient, before.get(patient, {}), after.get(patient, {}))
        for patient in sorted(before.keys() | after.keys())
    )
    events = [_event(patient, had, has) for patient, had, has in changes if had.keys() != has.keys()]
    rows = pa.Table.from_pylist(events, schema=LOG)
    return rows.set_column(LOG.get_field_index("oneid"), LOG.field("oneid"), nights.oneid_of(rows))


def _event(patient: str, had: dict[str, dict], has: dict[str, dict]) -> dict:
    gained, lost = has.keys() - had.keys(), had.keys() - has.keys()
    link = has[min(gained)] if gained else had[min(lost)]
    after_leads = "lead_rebound" if has else "lead_unbound"
    return {
        "event_type": after_leads if had else "lead_bound",
        "identity_type": "patient",
        "source_id": patient,
        "key_type": link["via_key_type"],
        "key_value": link["via_key_value"],
        "leads_before": sorted(had) or None,
        "leads_after": sorted(has) or None,
    }


def _leads_by_patient(
    rows: pa.Table, ids: NDArray[np.int64], stirred: NDArray[np.int64]
) -> dict[str, dict[str, dict]]:
    """For each patient with leads among the given ids: lead source id → the lead's row of the map."""
    inside = np.isin(ids, stirred)
    leads = np.flatnonzero(inside & pc.equal(rows["identity_type"], "lead").to_numpy())
    patients = np.flatnonzero(inside & pc.equal(rows["identity_type"], "patient").to_numpy())
    leads = leads[np.isin(ids[leads], ids[patients])]
    patients = patients[np.isin(ids[patients], ids[leads])]
    leads_of: dict[int, dict[str, dict]] = defaultdict(dict)
    for lead in rows.take(pa.array(leads)).to_pylist():
        leads_of[lead["customer_key"]][lead["source_id"]] = lead
    carriers = rows["source_id"].take(pa.array(patients)).to_pylist()
    return {patient: leads_of[id_] for patient, id_ in zip(carriers, ids[patients].tolist(), strict=True)}
