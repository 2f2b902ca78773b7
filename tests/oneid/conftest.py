"""The night of the library on small inputs, as the dbt models string it together."""

import datetime
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from oneid import aliases, events, ids, intervals, linking, log, merges, normalise

TEXT, DAY = pa.string(), pa.date32()
IDENTITY = {"identity_type": TEXT, "source_id": TEXT}
KEY = {"key_type": TEXT, "key_value": TEXT}
EDGE = {**IDENTITY, **KEY, "strength": pa.int32(), "verdict": TEXT, "reason": TEXT}
MAP = {
    **IDENTITY,
    "oneid": TEXT,
    "customer_key": pa.int32(),
    "is_anchor": pa.bool_(),
    "via_key_type": TEXT,
    "via_key_value": TEXT,
    "linked_on": DAY,
}
VALID = {"valid_from": DAY, "valid_to": DAY}
PHONE_STRENGTH = {"patient": 2, "mini": 3, "fan": 3, "lead": 4, "wecom": 5}
LIMITS = {"identities": 10, "patients": 5, "unionids": 3, "unionid_identities": 20}


def table(rows: list[dict], columns: dict) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


class Line:
    """A tenant's identity state over its nights. Inputs are what staging and the SQL models would deliver."""

    def __init__(
        self, blocked: set[str] = frozenset(), shared_patient_phone: str = "holder", limits: dict = LIMITS
    ) -> None:
        self.blocked = blocked
        self.shared_patient_phone = shared_patient_phone
        self.limits = limits
        self.edges: list[dict] = []
        self.map: list[dict] = []
        self.quarantined: dict[tuple, str] = {}
        self.log: list[dict] = []

    def night(
        self,
        day: int,
        identities: list[dict],
        bound: list[tuple] = (),
        unbound: list[tuple] = (),
        merged: list[tuple] = (),
    ) -> list[dict]:
        """Runs one night; identities as in the cases file, pairs as (type, id, type, id). Returns its events."""
        as_of = datetime.date(2026, 11, 1) + datetime.timedelta(days=day)
        edges, quarantined = self._edges(identities, bound)
        people = table(
            [
                {
                    "identity_type": i["type"],
                    "source_id": i["id"],
                    "first_seen_on": datetime.date.fromisoformat(i["seen"]),
                    "unionid_subject": i["unionid"] and i["unionid"].split(":")[0],
                    "unionid": i["unionid"],
                }
                for i in identities
            ],
            {**IDENTITY, "first_seen_on": DAY, "unionid_subject": TEXT, "unionid": TEXT},
        )
        open_edges = [row for row in self.edges if row["valid_to"] is None]
        laid = linking.lay_edges(
            people,
            table(edges, {**IDENTITY, **KEY, "strength": pa.int32()}),
            table(
                [dict(zip(("a_type", "a_id", "b_type", "b_id"), pair, strict=True)) for pair in unbound],
                dict.fromkeys(("a_type", "a_id", "b_type", "b_id"), TEXT),
            ),
            table([row for row in open_edges if row["verdict"] == "accepted"], {**IDENTITY, **KEY}),
            self.shared_patient_phone,
        )
        before = [row for row in self.map if row["valid_to"] is None]
        registry = [
            {
                **{name: row[name] for name in ("oneid", "customer_key")},
                "anchor_type": row["identity_type"],
                "anchor_id": row["source_id"],
            }
            for row in {row["oneid"]: row for row in self.map if row["is_anchor"]}.values()
        ]
        tonight = ids.assign_ids(
            people.select(["identity_type", "source_id", "first_seen_on"]),
            laid.filter(pc.equal(laid["verdict"], "accepted")),
            table(before, MAP),
            table(
                registry,
                {"oneid": TEXT, "customer_key": pa.int32(), "anchor_type": TEXT, "anchor_id": TEXT},
            ),
            as_of,
        )
        self.edges = self._rolled(self.edges, laid, [*IDENTITY, *KEY], as_of)
        self.map = self._rolled(self.map, tonight, [*IDENTITY], as_of)
        after = [row for row in self.map if row["valid_to"] is None]
        seen = {(i["type"], i["id"]): datetime.date.fromisoformat(i["seen"]) for i in identities}
        conflict = {**IDENTITY, **KEY, "reason": TEXT}
        found = events.detect(
            as_of=as_of,
            yesterday=table(before, MAP),
            tonight=table(
                [{**row, "first_seen_on": seen[row["identity_type"], row["source_id"]]} for row in after],
                {**MAP, "first_seen_on": DAY},
            ),
            newest_before=max((row["customer_key"] for row in registry), default=0),
            merged=merges.survivors(
                table(
                    [
                        {
                            "merge_id": str(n),
                            "from_patient_id": a,
                            "into_patient_id": b,
                            "merged_at": datetime.datetime.fromisoformat("2026-11-01T00:00")
                            + datetime.timedelta(hours=n),
                        }
                        for n, (a, b) in enumerate(merged)
                    ],
                    {
                        "merge_id": TEXT,
                        "from_patient_id": TEXT,
                        "into_patient_id": TEXT,
                        "merged_at": pa.timestamp("us"),
                    },
                ),
                table(
                    [{"patient_id": i["id"]} for i in identities if i["type"] == "patient"],
                    {"patient_id": TEXT},
                ),
            ),
            conflicts=(
                table([row for row in open_edges if row["verdict"] == "refused"], conflict),
                table([row for row in laid.to_pylist() if row["verdict"] == "refused"], conflict),
            ),
            quarantined=(self._keys(self.quarantined), self._keys(quarantined)),
        ).to_pylist()
        self.quarantined = quarantined
        self.log += found
        return found

    def clusters(self) -> dict[str, list[str]]:
        """Tonight's map: oneid → source ids."""
        found: dict[str, list[str]] = {}
        for row in self.map:
            if row["valid_to"] is None:
                found.setdefault(row["oneid"], []).append(row["source_id"])
        return {oneid: sorted(members) for oneid, members in found.items()}

    def aliases(self) -> dict[str, str | None]:
        """Every retired id and the active id it stands for."""
        last_words = [row for row in self.log if row["event_type"] in aliases.LAST_WORDS]
        return {
            row["old_oneid"]: row["oneid"]
            for row in aliases.resolve(pa.Table.from_pylist(last_words, schema=log.LOG)).to_pylist()
        }

    def _edges(self, identities: list[dict], bound: list[tuple]) -> tuple[list[dict], dict[tuple, str]]:
        keys: dict[tuple, set] = {}
        for i in identities:
            for raw in i["phone"]:
                phone = normalise.phone(raw)
                if phone and phone not in self.blocked:
                    keys.setdefault(("phone", phone), set()).add((i["type"], i["id"], i["unionid"]))
            if i["unionid"]:
                keys.setdefault(("unionid", i["unionid"]), set()).add((i["type"], i["id"], i["unionid"]))
        quarantined = {}
        for key, holders in keys.items():
            if reason := self._crowd(key, holders):
                quarantined[key] = reason
        edges = [
            {
                "identity_type": type_,
                "source_id": id_,
                "key_type": key[0],
                "key_value": key[1],
                "strength": PHONE_STRENGTH[type_] if key[0] == "phone" else 1,
            }
            for key, holders in keys.items()
            if key not in quarantined
            for type_, id_, _ in holders
        ]
        present = {(i["type"], i["id"]) for i in identities}
        for a_type, a_id, b_type, b_id in bound:
            if {(a_type, a_id), (b_type, b_id)} <= present:
                key = {
                    "key_type": "manual_bind",
                    "key_value": f"{a_type}:{a_id}|{b_type}:{b_id}",
                    "strength": 0,
                }
                edges.append({"identity_type": a_type, "source_id": a_id, **key})
                edges.append({"identity_type": b_type, "source_id": b_id, **key})
        return edges, quarantined

    def _crowd(self, key: tuple, holders: set) -> str | None:
        if key[0] == "unionid":
            return "too_many_identities" if len(holders) > self.limits["unionid_identities"] else None
        counts = {
            "identities": len(holders),
            "patients": Counter(type_ for type_, _, _ in holders)["patient"],
            "unionids": len({unionid for _, _, unionid in holders} - {None}),
        }
        return next((f"too_many_{what}" for what, n in counts.items() if n > self.limits[what]), None)

    @staticmethod
    def _keys(quarantined: dict[tuple, str]) -> pa.Table:
        rows = [{"key_type": t, "key_value": v, "reason": reason} for (t, v), reason in quarantined.items()]
        return table(rows, {**KEY, "reason": TEXT})

    @staticmethod
    def _rolled(history: list[dict], tonight: pa.Table, key: list[str], as_of: datetime.date) -> list[dict]:
        """The history after delete + insert of the rows that changed, as the incremental models do it."""
        schema = {field.name: field.type for field in tonight.schema} | VALID
        open_rows = table([row for row in history if row["valid_to"] is None], schema)
        changed = intervals.roll(open_rows, tonight, key, as_of).to_pylist()
        kept = {tuple(row[name] for name in [*key, "valid_from"]): row for row in history}
        kept.update({tuple(row[name] for name in [*key, "valid_from"]): row for row in changed})
        return list(kept.values())


@pytest.fixture(scope="session")
def line() -> type[Line]:
    return Line
