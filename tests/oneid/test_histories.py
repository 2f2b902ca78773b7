"""What holds for every history: random nights of a small clinic, checked after each night."""

import copy
import random

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oneid.line import Line

PEOPLE = [("patient", f"P{n}") for n in range(4)] + [
    (kind, f"{kind[0].upper()}{n}") for kind in ("wecom", "mini", "fan", "lead") for n in range(3)
]
PHONES = [f"1391111000{n}" for n in range(5)]
UNIONIDS = ["S1:U1", "S1:U2", "S1:U3", "S2:U1"]

pairs = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] < pair[1])


@st.composite
def nights(draw: st.DrawFn) -> dict:
    """One night's input: who is there, with which keys, and what staff has bound and unbound."""
    identities = []
    for kind, name in draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=12)):
        most = {"patient": 1, "lead": 1, "wecom": 3}.get(kind, 1)
        bare = kind in ("patient", "lead")
        identities.append(
            {
                "type": kind,
                "id": name,
                "phone": draw(st.lists(st.sampled_from(PHONES), unique=True, max_size=most)),
                "unionid": None if bare else draw(st.sampled_from([None, *UNIONIDS])),
                "seen": f"2026-01-0{draw(st.integers(1, 3))}",
            }
        )
    bound = draw(st.lists(pairs, unique=True, max_size=2))
    unbound = draw(st.lists(pairs.filter(lambda pair: pair not in bound), unique=True, max_size=2))
    return {
        "identities": identities,
        "bound": [a + b for a, b in bound],
        "unbound": [a + b for a, b in unbound],
    }


histories = st.lists(nights(), min_size=2, max_size=5)
exhaustive = settings(max_examples=25, deadline=None, derandomize=True)


@exhaustive
@given(histories)
def test_the_log_folds_to_the_map_and_no_id_is_used_twice(history: list[dict]) -> None:
    home = Line()
    folded: dict[tuple, str] = {}
    minted: set[str] = set()
    for day, night in enumerate(history):
        for event in home.night(day, **night):
            identity = event["identity_type"], event["source_id"]
            match event["event_type"]:
                case "identity_added" | "identity_moved":
                    folded[identity] = event["oneid"]
                case "identity_removed":
                    del folded[identity]
                case "id_created":
                    assert event["oneid"] not in minted
                    minted.add(event["oneid"])
        now = home.owners()
        assert folded == now
        active = set(now.values())
        resolved = home.aliases()
        assert resolved.keys() == minted - active
        assert {oneid for oneid in resolved.values() if oneid} <= active
    keys = {(row["oneid"], row["customer_key"]) for row in home.map}
    assert len(keys) == len({oneid for oneid, _ in keys}) == len({key for _, key in keys})


@exhaustive
@given(histories, st.sampled_from(["holder", "none"]))
def test_no_customer_breaks_a_limit(history: list[dict], shared_patient_phone: str) -> None:
    home = Line(shared_patient_phone=shared_patient_phone)
    for day, night in enumerate(history):
        home.night(day, **night)
        now = home.owners()
        for a_type, a_id, b_type, b_id in night["unbound"]:
            if (a_type, a_id) in now and (b_type, b_id) in now:
                assert now[a_type, a_id] != now[b_type, b_id]
        person, account = _bound_together(night)
        for oneid in set(now.values()):
            members = [i for i in night["identities"] if now[i["type"], i["id"]] == oneid]
            assert len({person[i["type"], i["id"]] for i in members if i["type"] == "patient"}) <= 1
            for subject in ("S1", "S2"):
                unionids = {i["unionid"] for i in members if i["unionid"]}
                assert len({account[name] for name in unionids if name.startswith(subject)}) <= 1


@exhaustive
@given(histories)
def test_an_unchanged_night_tells_nothing_and_a_rerun_tells_the_same(history: list[dict]) -> None:
    home = Line()
    for day, night in enumerate(history):
        again = copy.deepcopy(home)
        told = home.night(2 * day, **night)
        assert sorted(map(repr, again.night(2 * day, **night))) == sorted(map(repr, told))
        assert again.map == home.map
        assert home.night(2 * day + 1, **night) == []


@exhaustive
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(history: list[dict], shuffling: random.Random) -> None:
    home, other = Line(), Line()
    for day, night in enumerate(history):
        told = home.night(day, **night)
        shuffled = {name: shuffling.sample(rows, len(rows)) for name, rows in night.items()}
        assert sorted(map(repr, other.night(day, **shuffled))) == sorted(map(repr, told))
        assert other.owners() == home.owners()


def _bound_together(night: dict) -> tuple[dict[tuple, int], dict[str, int]]:
    """What staff has bound is one: a number for the person of each identity, and for each unionid."""
    present = {(i["type"], i["id"]) for i in night["identities"]}
    persons = nx.Graph()
    persons.add_nodes_from(present)
    for a_type, a_id, b_type, b_id in night["bound"]:
        if {(a_type, a_id), (b_type, b_id)} <= present:
            persons.add_edge((a_type, a_id), (b_type, b_id))
    person = _numbered(persons)
    accounts = nx.Graph()
    for i in night["identities"]:
        if i["unionid"]:  # of one subject: a person's accounts in two subjects are not compared
            accounts.add_edge(i["unionid"], (person[i["type"], i["id"]], i["unionid"].split(":")[0]))
    return person, _numbered(accounts)


def _numbered(graph: nx.Graph) -> dict:
    return {node: number for number, nodes in enumerate(nx.connected_components(graph)) for node in nodes}
