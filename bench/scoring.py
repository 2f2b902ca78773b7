"""How well identities were put together, against the truth: pure functions, whoever put them together.

A *night* is what is known of one night: its identities with their true persons, and every key they hold that is a
valid number or unionid, or a bind (before quarantine and limits). A *map* gives each identity the id it carries.
Running nights is ``bench/sampled_nights.py``'s, comparing contenders ``bench/accuracy.py``'s.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from oneid.components import label

Ints = NDArray[np.int64]


@dataclass(frozen=True, repr=False)  # its words in a failed test would be keys
class Night:
    """One night's input and truth.

    identities: name (`type:source id`), identity_type, person; sorted by name, the row is the number.
    keys: identity (number), key (text, type and value), distinct.
    unbound: identity (number), pair (text), both sides of every pair that staff keeps apart.
    """

    identities: pl.DataFrame
    keys: pl.DataFrame
    unbound: pl.DataFrame

    def __len__(self) -> int:
        return len(self.identities)

    @property
    def person(self) -> Ints:
        return codes(self.identities["person"])

    @property
    def is_patient(self) -> NDArray[np.bool_]:
        return (self.identities["identity_type"] == "patient").to_numpy()

    def plain_components(self) -> Ints:
        """The component of each identity when every key links all its holders."""
        return self._components(codes(self.keys["key"]))

    def findable(self) -> Ints:
        """The component of each identity when keys link only the identities of one person.

        Two identities of a person in different ones have no path of keys that a method could follow without going
        through somebody else.
        """
        key, person = codes(self.keys["key"]), self.person[self.keys["identity"].to_numpy()]
        return self._components(both(key, person))

    def _components(self, key: Ints) -> Ints:
        count = len(self)
        nodes = count + int(key.max(initial=-1)) + 1
        return label(nodes, self.keys["identity"].to_numpy(), key + count)[:count]


@dataclass(frozen=True)
class Score:
    """What a map got right and wrong; the definitions stand in docs/benchmarks.md."""

    identities: int
    precision: float
    recall: float
    recall_findable: float
    recall_allowed: float
    false_merges: int
    two_patients: int

    @property
    def false_merges_per_million(self) -> float:
        return self.false_merges / self.identities * 1e6


def score(night: Night, ids: Ints) -> Score:
    """Compare a map with the truth; ids: for each identity the number of the id it carries."""
    person, own = night.person, night.findable()
    found = pairs(both(ids, person))
    files = np.bincount(own, weights=night.is_patient)
    allowed = files[own] <= 1
    patient = night.is_patient
    return Score(
        identities=len(night),
        precision=found / max(pairs(ids), 1),
        recall=found / max(pairs(person), 1),
        recall_findable=pairs(both(ids, own)) / max(pairs(own), 1),
        recall_allowed=pairs(both(ids, own)[allowed]) / max(pairs(own[allowed]), 1),
        false_merges=_glued(ids, person)[0],
        two_patients=_glued(ids[patient], person[patient])[1],
    )


def moved_without_cause(before: Night, was: pl.Series, after: Night, now: pl.Series) -> int:
    """Identities known both nights that carry another id although nothing that could explain it happened.

    was, now: the ids of each night's identities, as text. There is no cause when the identity shares its id with
    the same known identities as before (newcomers must not rename it), or when its plain component is as it was the
    night before: members, keys and what staff keeps apart.
    """
    known = _with_component(before, was).join(_with_component(after, now), on="name", suffix="_now")
    mates = known.with_columns(
        pl.len().over("id").alias("old_mates"),
        pl.len().over("id_now").alias("new_mates"),
        pl.len().over("id", "id_now").alias("same_mates"),
    )
    same_mates = (pl.col("old_mates") == pl.col("same_mates")) & (pl.col("new_mates") == pl.col("same_mates"))
    same_input = pl.col("content") == pl.col("content_now")
    return mates.filter((pl.col("id") != pl.col("id_now")) & (same_mates | same_input)).height


def _with_component(night: Night, ids: pl.Series) -> pl.DataFrame:
    """Each identity with its id and a fingerprint of its plain component: members, keys, pairs kept apart."""
    component = night.plain_components()
    names = night.identities["name"]
    content = np.zeros(len(night), dtype=np.uint64)
    np.add.at(content, component, names.hash(seed=1).to_numpy())
    for seed, facts in enumerate((night.keys, night.unbound), start=2):
        holders = facts["identity"].to_numpy()
        told = facts.with_columns(names.gather(holders).alias("identity"))
        np.add.at(content, component[holders], told.hash_rows(seed=seed).to_numpy())
    return pl.DataFrame({"name": names, "id": ids, "content": content[component]})


def least_members(labels: Ints) -> Ints:
    """For each node the least node of its component: equal exactly for equal partitions."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first[inverse]


def codes(values: pl.Series) -> Ints:
    """A number from 0 on for each distinct value."""
    return np.unique(values.to_numpy(), return_inverse=True)[1].astype(np.int64)


def both(one: Ints, other: Ints) -> Ints:
    """A number for each distinct combination."""
    combined = one * (int(other.max(initial=0)) + 1) + other
    return np.unique(combined, return_inverse=True)[1]


def pairs(group: Ints) -> int:
    """How many pairs have the same group number."""
    size = np.unique(group, return_counts=True)[1]
    return int((size * (size - 1) // 2).sum())


def _glued(ids: Ints, person: Ints) -> tuple[int, int]:
    """Persons too many, summed over ids, and the number of ids with any."""
    distinct = np.unique(np.column_stack([ids, person]), axis=0)[:, 0]
    persons = np.unique(distinct, return_counts=True)[1]
    return int((persons - 1).sum()), int((persons > 1).sum())
