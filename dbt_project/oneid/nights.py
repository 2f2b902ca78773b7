"""Yesterday's map and tonight's side by side: who is new, who is gone, who carries another id."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from oneid.coding import IDENTITY, column, in_walk_order, positions, row_keys


@dataclass(frozen=True)
class Nights:
    """Two maps and how their rows meet; ids are customer keys, and tonight's rows are in walk order."""

    yesterday: pa.Table
    tonight: pa.Table
    ids_before: NDArray[np.int64]
    ids_after: NDArray[np.int64]
    now: NDArray[np.int64]  # for each row of yesterday the identity's row of tonight, -1 when it is gone
    was: NDArray[np.int64]  # for each row of tonight the identity's row of yesterday, -1 when it is new
    survivor: NDArray[np.int64]  # for each row of yesterday the row of the file it was merged into, else -1

    @property
    def added(self) -> NDArray[np.int64]:
        """Rows of tonight whose identity is new."""
        return np.flatnonzero(self.was < 0)

    @property
    def moved(self) -> NDArray[np.int64]:
        """Rows of tonight whose identity carried another id yesterday."""
        stayed = np.flatnonzero(self.was >= 0)
        return stayed[self.ids_before[self.was[stayed]] != self.ids_after[stayed]]

    @property
    def removed(self) -> NDArray[np.int64]:
        """Rows of yesterday whose identity is gone."""
        return np.flatnonzero(self.now < 0)

    def oneid_of(self, rows: pa.Table) -> pa.ChunkedArray:
        """The id that the identity of each row carries tonight, or carried yesterday when it is gone."""
        names = row_keys(rows, IDENTITY)
        tonight = positions(names, row_keys(self.tonight, IDENTITY))
        yesterday = positions(names, row_keys(self.yesterday, IDENTITY))
        return pc.coalesce(
            self.tonight["oneid"].take(pa.array(tonight, mask=tonight < 0)),
            self.yesterday["oneid"].take(pa.array(yesterday, mask=yesterday < 0)),
        )


def side_by_side(yesterday: pa.Table, tonight: pa.Table, merged: pa.Table) -> Nights:
    """Both maps matched by identity.

    yesterday, tonight: identity_type, source_id, customer_key, tonight also first_seen_on.
    merged: from_patient_id, resolved_patient_id of the patient files merged away.
    """
    tonight = in_walk_order(tonight)
    before, after = row_keys(yesterday, IDENTITY), row_keys(tonight, IDENTITY)
    now = positions(before, after)
    was = np.full(len(tonight), -1, dtype=np.int64)
    stayed = np.flatnonzero(now >= 0)
    was[now[stayed]] = stayed

    return Nights(
        yesterday=yesterday,
        tonight=tonight,
        ids_before=column(yesterday, "customer_key").astype(np.int64),
        ids_after=column(tonight, "customer_key").astype(np.int64),
        now=now,
        was=was,
        survivor=_survivors(merged, before, after, now),
    )


def _survivors(
    merged: pa.Table, before: pa.ChunkedArray, after: pa.ChunkedArray, now: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each row of yesterday that was merged away the row of tonight of the file that is left, else -1."""
    merged = merged.drop_null()
    patient = pa.repeat("patient", len(merged))
    away = pa.table({"identity_type": patient, "source_id": merged["from_patient_id"]})
    left = pa.table({"identity_type": patient, "source_id": merged["resolved_patient_id"]})
    row = positions(row_keys(away, IDENTITY), before)
    known = row >= 0
    survivors = np.full(len(now), -1, dtype=np.int64)
    survivors[row[known]] = positions(row_keys(left, IDENTITY), after)[known]
    survivors[now >= 0] = -1
    return survivors
