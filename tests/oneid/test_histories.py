"""What holds for every history: random nights of a small clinic, checked after each night.

A few histories here; `make truth` runs many more (HYPOTHESIS_PROFILE=truth).
"""

import copy
import os
import random

import networkx as nx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oneid.line import Line
from tests.oneid.telling import KEY_CHANGES, ONEID_EVENTS

FILES = [f"P{n}" for n in range(4)]
FANS = [f"F{n}" for n in range(3)]
PEOPLE = [("patient", name) for name in FILES] + [
    (kind, f"{kind[0].upper()}{n}") for kind in ("wecom", "mini", "fan", "lead") for n in range(3)
]
PHONES = [f"1391111000{n}" for n in range(3)]
UNIONIDS = ["S1:U1", "S1:U2", "S1:U3", "S2:U1"]
TRUTH = os.environ.get("HYPOTHESIS_PROFILE") == "truth"

pairs = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] < pair[1])
policies = st.sampled_from(["holder", "none", "merge"])


@st.composite
def histories(draw: st.DrawFn) -> list[dict]:
    """Two to five nights. Who is there, and with which keys, mostly stays; staff binds, unbinds and merges."""
    known: dict[tuple[str, str], dict] = {}
    return [draw(nights(known)) for _ in range(draw(st.integers(2, 5)))]


@st.composite
def nights(draw: st.DrawFn, known: dict[tuple[str, str], dict]) -> dict:
    """One night's input; known: the identities of the night before, brought up to date."""
    sizes = {"max_size": 5} if known else {"min_size": 6, "max_size": 14}
    for person in draw(st.lists(st.sampled_from(PEOPLE), unique=True, **sizes)):
        known[person] = draw(identities(*person))
    for person in draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3)):
        known.pop(person, None)
    gone = sorted(name for name in FILES if ("patient", name) not in known)
    bound = draw(st.lists(pairs, unique=True, max_size=2))
    unbound = draw(st.lists(pairs.filter(lambda pair: pair not in bound), unique=True, max_size=2))
    bindings = st.tuples(st.sampled_from(FANS), st.sampled_from(FILES))
    merges = st.tuples(st.sampled_from(gone or FILES), st.sampled_from(FILES))
    return {
        "identities": list(known.values()),
        "bound": [a + b for a, b in bound],
        "unbound": [a + b for a, b in unbound],
        "bindings": draw(st.lists(bindings, unique=True, max_size=3)),
        "merged": draw(st.lists(merges, max_size=2)) if gone else [],
    }


def identities(kind: str, name: str) -> st.SearchStrategy[dict]:
    """An identity in the form of the cases file."""
    phones = st.lists(st.sampled_from(PHONES), unique=True, max_size=3 if kind == "wecom" else 1)
    bare = kind in ("patient", "lead")
    return st.fixed_dictionaries(
        {
            "type": st.just(kind),
            "id": st.just(name),
            "phone": phones,
            "unionid": st.none() if bare else st.sampled_from([None, *UNIONIDS]),
            "seen": st.sampled_from(["2026-01-01", "2026-01-02", "2026-01-03"]),
        }
    )


def clinic(policy: str = "holder", asks_everyone: bool = False) -> Line:
    """Limits low enough that a few people crowd a phone."""
    return Line(
        shared_patient_phone=policy,
        phone_limits={"identities": 6, "patients": 3, "unionids": 2},
        asks_everyone=asks_everyone,
    )


exhaustive = settings(
    max_examples=2_000 if TRUTH else 25,
    deadline=None,
    derandomize=not TRUTH,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@exhaustive
@given(histories(), policies)
def test_the_log_folds_to_the_map_and_no_id_is_used_twice(history: list[dict], policy: str) -> None:
    home = clinic(policy)
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
@given(histories(), policies)
def test_no_customer_breaks_a_limit(history: list[dict], policy: str) -> None:
    home = clinic(policy)
    for day, night in enumerate(history):
        home.night(day, **night)
        now = home.owners()
        for a_type, a_id, b_type, b_id in night["unbound"]:
            if (a_type, a_id) in now and (b_type, b_id) in now:
                assert now[a_type, a_id] != now[b_type, b_id]
        person, account = _bound_together(night)
        if policy == "merge":
            person = _one_person_on_a_phone(night, {value for _, value in home.crowded})
        for oneid in set(now.values()):
            members = [i for i in night["identities"] if now[i["type"], i["id"]] == oneid]
            assert len({person[i["type"], i["id"]] for i in members if i["type"] == "patient"}) <= 1
            for subject in ("S1", "S2"):
                unionids = {i["unionid"] for i in members if i["unionid"]}
                assert len({account[name] for name in unionids if name.startswith(subject)}) <= 1


@exhaustive
@given(histories(), policies)
def test_an_unchanged_night_tells_nothing_and_a_rerun_tells_the_same(
    history: list[dict], policy: str
) -> None:
    home = clinic(policy)
    for day, night in enumerate(history):
        again = copy.deepcopy(home)
        told = home.night(2 * day, **night)
        assert sorted(map(repr, again.night(2 * day, **night))) == sorted(map(repr, told))
        assert again.map == home.map
        assert home.night(2 * day + 1, **night) == []


@exhaustive
@given(histories(), policies, st.sets(st.integers(1, 4)))
def test_whoever_is_settled_needs_no_asking(history: list[dict], policy: str, killed: set[int]) -> None:
    """The map is the same when every night asks everyone, also after nights that died before they wrote it."""
    home, other = clinic(policy), clinic(policy, asks_everyone=True)
    for day, night in enumerate(history):
        for line in (home, other):
            line.night(day, **night, is_killed=day in killed)
        assert sorted(map(repr, home.map)) == sorted(map(repr, other.map))


@exhaustive
@given(histories(), policies, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    history: list[dict], policy: str, shuffling: random.Random
) -> None:
    home, other = clinic(policy), clinic(policy)
    for day, night in enumerate(history):
        told = home.night(day, **night)
        ordered = {"merged": night["merged"]}  # a later merge overrides an earlier one
        shuffled = {name: shuffling.sample(rows, len(rows)) for name, rows in night.items()} | ordered
        assert sorted(map(repr, other.night(day, **shuffled))) == sorted(map(repr, told))
        assert other.owners() == home.owners()


@exhaustive
@given(histories())
def test_key_events_tell_what_an_identity_holds(history: list[dict]) -> None:
    """Of identities that stay, and but for keys crowded in either night; one that holds one phone changes it."""
    home = clinic()
    for day, night in enumerate(history):
        had, crowded = home.held, home.crowded
        events = home.night(day, **night)
        unseen = crowded.keys() | home.crowded.keys()
        told = {identity: set(keys) for identity, keys in had.items() if identity in home.held}
        for event in (event for event in events if event["event_type"] in KEY_CHANGES):
            keys = told[event["identity_type"], event["source_id"]]
            key = event["key_type"], event["key_value"]
            match event["event_type"].partition("_")[2]:
                case "added":
                    keys.add(key)
                case "removed":
                    keys.remove(key)
                case "changed":
                    (former,) = {other for other in keys if other[0] == event["key_type"]}
                    keys ^= {former, key}
        assert {identity: keys - unseen for identity, keys in told.items()} == {
            identity: home.held[identity] - unseen for identity in told
        }


@exhaustive
@given(
    st.lists(st.lists(st.sampled_from(PHONES), unique=True, max_size=3), max_size=9),
    st.lists(st.lists(st.sampled_from(PHONES), unique=True, max_size=1), max_size=9),
)
def test_where_no_limit_bites_customers_are_plain_components(
    contacts: list[list[str]], leads: list[list[str]]
) -> None:
    people = [*((f"W{n}", phones) for n, phones in enumerate(contacts))]
    people += [(f"L{n}", phones) for n, phones in enumerate(leads)]
    people = people[:10]  # one more could crowd a phone
    kinds = {"W": "wecom", "L": "lead"}
    home = Line()
    home.night(
        0,
        [
            {"type": kinds[name[0]], "id": name, "phone": phones, "unionid": None, "seen": "2026-01-01"}
            for name, phones in people
        ],
    )
    graph = nx.Graph([(name, phone) for name, phones in people for phone in phones])
    graph.add_nodes_from(name for name, _ in people)
    expected = [sorted(nodes - set(PHONES)) for nodes in nx.connected_components(graph)]
    assert sorted(home.clusters().values()) == sorted(expected)


def test_random_histories_reach_every_event() -> None:
    """What these histories never did they would not prove anything about."""
    told = set()

    @settings(exhaustive, max_examples=100, derandomize=True)
    @given(histories())
    def gather(history: list[dict]) -> None:
        home = clinic()
        for day, night in enumerate(history):
            told.update(event["event_type"] for event in home.night(day, **night))

    gather()
    assert told == ONEID_EVENTS | KEY_CHANGES


def _bound_together(night: dict) -> tuple[dict[tuple, int], dict[str, int]]:
    """What staff has bound is one: a number for the person of each identity, and for each unionid."""
    person = _numbered(_persons(night))
    accounts = nx.Graph()
    for i in night["identities"]:
        if i["unionid"]:  # of one subject: a person's accounts in two subjects are not compared
            accounts.add_edge(i["unionid"], (person[i["type"], i["id"]], i["unionid"].split(":")[0]))
    return person, _numbered(accounts)


def _one_person_on_a_phone(night: dict, crowded: set[str]) -> dict[tuple, int]:
    """As staff has bound, and patients whose own phone is the same and not crowded."""
    persons = _persons(night)
    for i in night["identities"]:
        if i["type"] == "patient":
            persons.add_edges_from((("patient", i["id"]), phone) for phone in set(i["phone"]) - crowded)
    return _numbered(persons)


def _persons(night: dict) -> nx.Graph:
    present = {(i["type"], i["id"]) for i in night["identities"]}
    persons = nx.Graph()
    persons.add_nodes_from(present)
    for a_type, a_id, b_type, b_id in night["bound"]:
        if {(a_type, a_id), (b_type, b_id)} <= present:
            persons.add_edge((a_type, a_id), (b_type, b_id))
    return persons


def _numbered(graph: nx.Graph) -> dict:
    return {node: number for number, nodes in enumerate(nx.connected_components(graph)) for node in nodes}
