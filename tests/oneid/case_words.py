"""Words to write neighbours of the acceptance cases in: the same situation one step further or exactly at a limit.

The neighbours themselves are in key_neighbours.py (keys that come, change and go), holder_neighbours.py (keys that
several share) and id_neighbours.py (ids that last). ``beside`` names the case of oneid_cases.json. In neighbours the
changes of keys (catalogue.md §5.4) are expected too. What the format cannot say (bindings, merge chains, demoted
phones) is in landed_neighbours.py.
"""

A, B, C = "13911110001", "13911110002", "13911110003"
TYPES = {"P": "patient", "W": "wecom", "M": "mini", "F": "fan", "L": "lead"}


def who(name: str, *phones: str, unionid: str | None = None, seen: int = 1, **more: str) -> dict:
    """An identity whose kind is its name's first letter, first seen on a day of January 2026."""
    phone, day = list(phones), f"2026-01-{seen:02d}"
    return {"id": name, "type": TYPES[name[0]], "phone": phone, "unionid": unionid, "seen": day} | more


def run(identities: list[dict], clusters: str, events: list[tuple], ops: list[tuple] = (), **policy) -> dict:
    """A night; clusters as "X1: P1 L1, X2: L2", events and ops as the case file has them."""
    pairs = [part.split(":") for part in clusters.split(",") if part.strip()]
    return {
        "identities": identities,
        "expected_clusters": {name.strip(): members.split() for name, members in pairs},
        "expected_events": events,
        "ops": [{"op": op, "a": a, "b": b} for op, a, b in ops],
        "policy": policy,
    }


def created(*carriers: tuple[str, str]) -> list[tuple]:
    """Ids made tonight for identities never seen: (id, "identity identity …")."""
    return [
        *(("id_created", oneid) for oneid, _ in carriers),
        *(("identity_added", name, oneid) for oneid, names in carriers for name in names.split()),
    ]


def split(name: str, old: str, new: str, by: str = "id_created") -> list[tuple]:
    """One identity leaves an id for one that is made or revived."""
    return [(by, new), ("id_split", old, new), ("identity_moved", name, old, new)]


def merged(name: str, old: str, new: str) -> list[tuple]:
    """The only carrier of an id joins another."""
    return [("id_merged", old, new), ("identity_moved", name, old, new)]


def neighbour(name: str, beside: str, *runs: dict) -> dict:
    """A case beside another; its nights are numbered from 1."""
    numbered = [night | {"day": day} for day, night in enumerate(runs, start=1)]
    return {"name": name, "beside": beside, "tags": [], "runs": numbered}
