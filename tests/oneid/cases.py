"""The acceptance cases of oneid_cases.json and the neighbours beside them, as one list."""

import json
from pathlib import Path

from tests.oneid.holder_neighbours import HOLDER_NEIGHBOURS
from tests.oneid.id_neighbours import ID_NEIGHBOURS
from tests.oneid.key_neighbours import KEY_NEIGHBOURS
from tests.oneid.telling import KEY_CHANGES, ONEID_EVENTS

_ACCEPTANCE = json.loads(Path(__file__).with_name("oneid_cases.json").read_text(encoding="utf-8"))
DEFAULT_POLICY = _ACCEPTANCE["meta"]["default_policy"]
NEIGHBOURS = [*KEY_NEIGHBOURS, *HOLDER_NEIGHBOURS, *ID_NEIGHBOURS]
# The acceptance cases expect what oneid.md §2.7 names; changes of keys are told too, and the neighbours expect them.
CASES: list[dict] = [
    *(case | {"event_types": ONEID_EVENTS} for case in _ACCEPTANCE["cases"]),
    *(case | {"event_types": ONEID_EVENTS | KEY_CHANGES} for case in NEIGHBOURS),
]
NAMES = [case["name"] for case in CASES]
