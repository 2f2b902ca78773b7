"""The nights of the library on small inputs, strung together as the dbt models do; keys are gathered in Python."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence, Set

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from oneid import aliases, coding, events, ids, intervals, linking, log, merges, normalise
from oneid.unsettled import UNSETTLED

TEXT, DAY = pa.string(), pa.date32()
FIRST_NIGHT = dt.date(2026, 11, 1)
IDENTITY = ["identity_type", "source_id"]
PHONE_STRENGTH = {"patient": 2, "mini": 3, "fan": 3, "lead": 4, "wecom": 5}
PHONE_LIMITS = {"identities": 10, "patients": 5, "unionids": 3}
UNIONID_LIMIT = 20
_WAREHOUSE = duckdb.connect(config={"threads": 1})  # holds nothing; opening one takes longer than a night

Identity = tuple[str, str]  # type, id
Key = tuple[str, str]  # type, value
Pair = tuple[str, str, str, str]  # type, id, type, id


class Line:
    """A tenant's identity state over its nights. Inputs are what staging and the SQL models would deliver."""

    def __init__(
        self,
        blocked: frozenset[str] = frozenset(),
        shared_patient_phone: str = "holder",
        phone_limits: Mapping[str, int] = PHONE_LIMITS,
        asks_everyone: bool = False,
    ) -> None:
        """asks_everyone: every night looks at all identities, not only at those that UNSETTLED names."""
        self.blocked = blocked
        self.asks_everyone = asks_everyone
        self.phone_limits = phone_limits
        self.shared_patient_phone = shared_patient_phone
        self.edges: list[dict] = []
        self.map: list[dict] = []
        self.crowded: dict[Key, str] = {}
        self.held: dict[Identity, set[Key]] = {}
        self.log: list[dict] = []

    def night(
        self,
        day: int,
        identities: list[dict],
        bound: Sequence[Pair] = (),
        unbound: Sequence[Pair] = (),
        merged: Sequence[tuple[str, str]] = (),
        bindings: Sequence[tuple[str, str]] = (),
        is_killed: bool = False,
    ) -> list[dict]:
        """Runs one night; identities as in the cases file. Returns the night's events.

        is_killed: the night dies when it has laid the links, before the map.
        merged: files as (from, into). bindings: living ones as (fan, patient); of a household they link nobody.
        """
        as_of = FIRST_NIGHT + dt.timedelta(days=day)
        people = _people(identities)
        first_seen = people.select([*IDENTITY, "first_seen_on"])
        held = {(i["type"], i["id"]): self._keys(i) for i in identities}
        crowded = _crowds(identities, held, self.phone_limits)
        gathered = _gather(held, crowded, _links(held.keys(), bound, bindings))
        former_edges, former_map = _open(self.edges, linking.HISTORY), _open(self.map, ids.HISTORY)
        registry = self._registry(former_map)

        apart = pa.Table.from_pylist(
            [dict(zip(_PAIR.names, pair, strict=True)) for pair in unbound], schema=_PAIR
        )
        both = _side_by_side(gathered, former_edges, linking.EDGE)
        edges = both.select([*linking.EDGE, "strength", "former_verdict"])
        gone = edges.filter(pc.invert(both["is_here"]))
        survivors = merges.survivors(_merges(merged), _patients(identities))
        edges = linking.inherit(edges.filter(both["is_here"]), gone, survivors)
        laid = linking.lay_edges(people, edges, apart, self.shared_patient_phone)
        self.edges = _rolled(self.edges, intervals.roll(both, laid, linking.DECIDED, as_of), linking.EDGE)
        if is_killed:
            return []
        self.map = _rolled(self.map, self._map_changed(first_seen, registry, as_of), IDENTITY)
        tonight = _open(self.map, ids.HISTORY)
        found = events.detect(
            as_of=as_of,
            yesterday=former_map,
            tonight=tonight.join(first_seen, IDENTITY),
            newest_before=pc.max(registry["customer_key"]).as_py() or 0,
            merged=survivors,
            conflicts=(_conflicts(former_edges), _conflicts(laid)),
            quarantined=(_crowd_table(self.crowded), _crowd_table(crowded)),
            keys=_keys_changed((self.held, self.crowded), (held, crowded), tonight),
        ).to_pylist()
        self.crowded, self.held = crowded, held
        self.log += found
        return found

    def owners(self) -> dict[tuple[str, str], str]:
        """Tonight's map: (type, id) → oneid."""
        tonight = (row for row in self.map if row["valid_to"] is None)
        return {(row["identity_type"], row["source_id"]): row["oneid"] for row in tonight}

    def clusters(self) -> dict[str, list[str]]:
        """Tonight's map: oneid → source ids."""
        found: dict[str, list[str]] = {}
        for (_, source_id), oneid in sorted(self.owners().items()):
            found.setdefault(oneid, []).append(source_id)
        return found

    def aliases(self) -> dict[str, str | None]:
        """Every retired id and the active id it stands for."""
        last_words = [row for row in self.log if row["event_type"] in aliases.LAST_WORDS]
        resolved = aliases.resolve(pa.Table.from_pylist(last_words, schema=log.LOG))
        return dict(zip(*(resolved[name].to_pylist() for name in ("old_oneid", "oneid")), strict=True))

    def _map_changed(self, identities: pa.Table, registry: pa.Table, as_of: dt.date) -> pa.Table:
        """The rows of the map that tonight's links, laid before, write."""
        edges = pa.Table.from_pylist(self.edges, schema=linking.HISTORY)
        links = linking.accepted(edges.filter(pc.is_null(edges["valid_to"])))
        history = pa.Table.from_pylist(self.map, schema=ids.HISTORY)
        if not self.asks_everyone:
            unsettled = _asked(UNSETTLED, identities=identities, links=edges, history=history)
            identities, links, history = (
                table.join(unsettled, IDENTITY, join_type="left semi")
                for table in (identities, links, history)
            )
        both = coding.in_walk_order(_side_by_side(identities, history, IDENTITY))
        tonight = ids.assign_ids(both.filter(both["is_here"]), links, registry, as_of)
        return intervals.roll(both, tonight, ids.CARRIED, as_of)

    def _registry(self, former: pa.Table) -> pa.Table:
        anchors = {row["oneid"]: row for row in self.map if row["is_anchor"]}
        carried = set(former["oneid"].to_pylist())
        rows = [
            {
                **row,
                "anchor_type": row["identity_type"],
                "anchor_id": row["source_id"],
                "is_carried": oneid in carried,
            }
            for oneid, row in anchors.items()
        ]
        return pa.Table.from_pylist(rows, schema=ids.REGISTRY)

    def _keys(self, identity: dict) -> set[Key]:
        """The keys that an identity brings, crowded or not."""
        phones = {normalise.phone(raw) for raw in identity["phone"]} - {None} - self.blocked
        unionids = {("unionid", identity["unionid"])} if identity["unionid"] else set()
        return {("phone", phone) for phone in phones} | unionids


def _side_by_side(tonight: pa.Table, history: pa.Table, key: list[str]) -> pa.Table:
    query = intervals.side_by_side(key, tonight.column_names, history.column_names)
    return _asked(query, tonight=tonight, history=history)


def _asked(query: str, **tables: pa.Table) -> pa.Table:
    for name, table in tables.items():
        _WAREHOUSE.register(name, table)
    return _WAREHOUSE.execute(query).to_arrow_table()


def _links(
    present: Set[Identity], bound: Sequence[Pair], bindings: Sequence[tuple[str, str]]
) -> list[tuple[Identity, Key]]:
    """Both sides of every bind and of every fan's only binding."""
    patients_of = Counter(fan for fan, patient in bindings if ("patient", patient) in present)
    lone = [("fan", fan, "patient", patient) for fan, patient in bindings if patients_of[fan] == 1]
    return [
        (identity, (key_type, f"{a_type}:{a_id}|{b_type}:{b_id}"))
        for key_type, pairs in (("manual_bind", bound), ("fan_binding", lone))
        for a_type, a_id, b_type, b_id in pairs
        if {(a_type, a_id), (b_type, b_id)} <= present
        for identity in ((a_type, a_id), (b_type, b_id))
    ]


def _crowds(
    identities: list[dict], held: dict[Identity, set[Key]], phone_limits: Mapping[str, int]
) -> dict[Key, str]:
    """The keys that are too crowded to link anybody, and why."""
    holders: dict[Key, dict[Identity, str | None]] = {}
    for i in identities:
        identity = i["type"], i["id"]
        for key in held[identity]:
            holders.setdefault(key, {})[identity] = i["unionid"]
    return {key: reason for key, who in holders.items() if (reason := _crowd(key[0], who, phone_limits))}


def _gather(
    held: dict[Identity, set[Key]], crowded: dict[Key, str], links: list[tuple[Identity, Key]]
) -> pa.Table:
    """Edges that could link tonight."""
    edges = [
        _edge(identity, *key, PHONE_STRENGTH[identity[0]] if key[0] == "phone" else 1)
        for identity, keys in held.items()
        for key in keys - crowded.keys()
    ]
    edges += [_edge(identity, *key, 0) for identity, key in links]
    return pa.Table.from_pylist(edges, schema=pa.schema(list(linking.HISTORY)[:5]))


def _keys_changed(
    before: tuple[dict[Identity, set[Key]], dict[Key, str]],
    now: tuple[dict[Identity, set[Key]], dict[Key, str]],
    tonight: pa.Table,
) -> tuple[pa.Table, pa.Table]:
    """What identities of both nights have lost and gained; before, now: the keys held and those crowded.

    A crowded key is not watched: who comes to it and who leaves it is told by no event.
    """
    (had, crowded_before), (has, crowded_now) = before, now
    oneids = {(row["identity_type"], row["source_id"]): row["oneid"] for row in tonight.to_pylist()}
    barred = crowded_before.keys() | crowded_now.keys()
    stayed = had.keys() & has.keys()
    lost = [
        (identity, key)
        for identity in stayed
        for key in had[identity] - has[identity] - crowded_before.keys()
    ]
    gained = [(identity, key) for identity in stayed for key in has[identity] - had[identity] - barred]
    return tuple(
        pa.Table.from_pylist([_key_row(oneids[identity], identity, key) for identity, key in rows], _KEY_ROWS)
        for rows in (lost, gained)
    )


def _key_row(oneid: str, identity: Identity, key: Key) -> dict:
    return dict(zip(_KEY_ROWS.names, (oneid, *identity, *key), strict=True))


_KEY_ROWS = pa.schema([(name, TEXT) for name in ("oneid", *IDENTITY, "key_type", "key_value")])
_PAIR = pa.schema([(name, TEXT) for name in ("a_type", "a_id", "b_type", "b_id")])


def _crowd(key_type: str, who: dict[Identity, str | None], phone_limits: Mapping[str, int]) -> str | None:
    if key_type == "unionid":
        return "too_many_identities" if len(who) > UNIONID_LIMIT else None
    kinds = Counter(kind for kind, _ in who)
    counts = {
        "identities": len(who),
        "patients": kinds["patient"],
        "unionids": len(set(who.values()) - {None}),
    }
    return next((f"too_many_{what}" for what, most in phone_limits.items() if counts[what] > most), None)


def _edge(identity: tuple[str, str], key_type: str, key_value: str, strength: int) -> dict:
    kind, name = identity
    key = {"key_type": key_type, "key_value": key_value, "strength": strength}
    return {"identity_type": kind, "source_id": name} | key


def _people(identities: list[dict]) -> pa.Table:
    rows = [
        {
            "identity_type": i["type"],
            "source_id": i["id"],
            "first_seen_on": dt.date.fromisoformat(i["seen"]),
            "unionid_subject": i["unionid"] and i["unionid"].split(":")[0],
            "unionid": i["unionid"],
        }
        for i in identities
    ]
    columns = dict.fromkeys(IDENTITY, TEXT) | {"first_seen_on": DAY, "unionid_subject": TEXT, "unionid": TEXT}
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def _patients(identities: list[dict]) -> pa.Table:
    return pa.table({"patient_id": pa.array([i["id"] for i in identities if i["type"] == "patient"], TEXT)})


def _merges(merged: Sequence[tuple[str, str]]) -> pa.Table:
    """Merges in the order in which the practice system made them."""
    start = dt.datetime.combine(FIRST_NIGHT, dt.time())
    return pa.table(
        {
            "merge_id": pa.array([str(number) for number in range(len(merged))], TEXT),
            "from_patient_id": pa.array([old for old, _ in merged], TEXT),
            "into_patient_id": pa.array([new for _, new in merged], TEXT),
            "merged_at": pa.array(
                [start + dt.timedelta(hours=n) for n in range(len(merged))], pa.timestamp("us")
            ),
        }
    )


def _conflicts(laid: pa.Table) -> pa.Table:
    return laid.filter(pc.equal(laid["verdict"], "refused"))


def _crowd_table(crowded: dict[Key, str]) -> pa.Table:
    rows = [{"key_type": key[0], "key_value": key[1], "reason": reason} for key, reason in crowded.items()]
    return pa.Table.from_pylist(
        rows, schema=pa.schema(dict.fromkeys(("key_type", "key_value", "reason"), TEXT))
    )


def _open(history: list[dict], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([row for row in history if row["valid_to"] is None], schema=schema)


def _rolled(history: list[dict], changed: pa.Table, key: list[str]) -> list[dict]:
    """The history after delete and insert of the rows that changed, as the incremental models do it."""
    rows = [*history, *changed.to_pylist()]
    rows = {tuple(row[name] for name in [*key, "valid_from"]): row for row in rows}
    return list(rows.values())
