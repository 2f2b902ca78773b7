"""Who is who: persons, households, their phone numbers and when the group first met them.

The truth that OneID has to find again. Which identities a person leaves in which system is in identities.py.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sample import clinic as clinic_module
from pipelines.sample import draws, offers, phones, words
from pipelines.sample.clinic import Clinic
from pipelines.sample.draws import Bools, Ints
from pipelines.sample.knobs import Knobs
from pipelines.sample.timeline import DAY, HOUR, NEVER

MOBILE_PREFIXES = np.array(
    [139, 138, 137, 136, 135, 134, 150, 151, 152, 158, 159, 182, 183, 186, 187, 188, 189, 177, 199]
)


@dataclass(frozen=True)
class People:
    """One entry per real person, by position. Instants are seconds, phones whole numbers (0 = none)."""

    parent: Ints  # the first adult of the household (oneself for that adult)
    child: Bools
    female: Bools
    birthday: Ints  # days since 1970
    surname: pl.Series
    given: pl.Series
    first_seen: Ints
    store: Ints
    need: Ints  # position in offers.CATEGORIES of what the person comes for
    source: Ints  # position in words.SOURCES
    phone: Ints
    old_phone: Ints  # the number before `phone_changed`
    phone_changed: Ints
    second_phone: Ints  # another number of the same person, or the same one

    def __len__(self) -> int:
        return len(self.parent)

    def names(self, persons: Ints) -> pl.Series:
        return self.surname.gather(persons) + self.given.gather(persons)

    def phone_at(self, persons: Ints, at: Ints) -> Ints:
        """The number each person used at an instant."""
        return np.where(at < self.phone_changed[persons], self.old_phone[persons], self.phone[persons])


def mobile_numbers(seed: int, n: int) -> Ints:
    """n different made-up mobile numbers."""
    rng = draws.stream(seed, "mobiles")
    found = np.empty(0, dtype=np.int64)
    while len(found) < n:
        prefix = MOBILE_PREFIXES[draws.below(rng, len(MOBILE_PREFIXES), n + n // 16 + 16)]
        number = prefix * 10**8 + rng.integers(10**6, 10**8, size=len(prefix))
        found = np.unique(np.concatenate([found, number[~np.isin(number, phones.PLACEHOLDERS)]]))
    return rng.permutation(found)[:n]


def spread_busy(rng: np.random.Generator, as_of: int, n: int, days: int) -> Ints:
    """n instants in the opening hours of the last days before as_of, dealt evenly over those days."""
    which = np.arange(n) % days
    return as_of - (which + 1) * DAY + 8 * HOUR + draws.below(rng, 12 * HOUR, n)


def make_people(seed: int, customers: int, clinic: Clinic, knobs: Knobs, numbers: Ints) -> People:
    """`customers` persons; `numbers` are fresh mobile numbers, two per person."""
    rng = draws.stream(seed, "people")
    parent, spouse, child = _households(rng, customers, knobs)
    female = draws.chance(rng, customers, 0.5)
    female[parent == np.arange(customers)] = draws.chance(
        rng, int((parent == np.arange(customers)).sum()), 0.66
    )
    female[spouse] = ~female[parent[spouse]]
    surname = draws.words(words.SURNAMES, _surnames(rng, parent, spouse, child, female))
    birthday = _birthdays(rng, clinic.as_of, parent, child)
    first_seen = _first_seen(rng, clinic.as_of, parent, knobs)
    phone, old_phone, changed, second = _phones(
        rng,
        clinic.as_of,
        knobs,
        seen=first_seen,
        parent=parent,
        spouse=spouse,
        child=child,
        numbers=numbers,
    )
    store = draws.weighted(rng, customers, clinic.store_weights)[parent]
    return People(
        parent=parent,
        child=child,
        female=female,
        birthday=birthday,
        surname=surname,
        given=clinic_module.given_names(rng, female),
        first_seen=first_seen,
        store=store,
        need=_needs(rng, child),
        source=draws.weighted(rng, customers, [float(source[0]) for source in words.SOURCES]),
        phone=phone,
        old_phone=old_phone,
        phone_changed=changed,
        second_phone=second,
    )


def _households(rng: np.random.Generator, n: int, knobs: Knobs) -> tuple[Ints, Bools, Bools]:
    """The first adult of each person's household, who is a spouse, who is a child."""
    size = 1 + draws.weighted(rng, n, knobs.household_sizes)
    parent = np.repeat(np.concatenate([[0], np.cumsum(size)[:-1]]), size)[:n]
    place = np.arange(n) - parent
    has_spouse = draws.chance(rng, n, np.where(size[np.repeat(np.arange(n), size)[:n]] > 2, 0.85, 0.4))[
        parent
    ]
    spouse = (place == 1) & has_spouse
    return parent.astype(np.int64), spouse, (place > 0) & ~spouse


def _surnames(rng: np.random.Generator, parent: Ints, spouse: Bools, child: Bools, female: Bools) -> Ints:
    """Children carry the father's name, where there is one in the household."""
    own = draws.weighted(rng, len(parent), words.SURNAME_WEIGHTS)
    father = parent.copy()
    father[parent[spouse]] = np.where(female[parent[spouse]], np.flatnonzero(spouse), parent[spouse])
    return np.where(child, own[father[parent]], own)


def _birthdays(rng: np.random.Generator, as_of: int, parent: Ints, child: Bools) -> Ints:
    """Days since 1970; every 500th person was born on 29 February."""
    n = len(parent)
    parents = np.zeros(n, dtype=bool)
    parents[parent[child]] = True
    adult_age = np.where(parents, rng.triangular(28, 36, 46, n), rng.triangular(18, 34, 82, n))
    age = np.where(child, rng.triangular(2, 8, 15, n), adult_age)
    birthday = as_of // DAY - (age * 365.25).astype(np.int64) - draws.below(rng, 365, n)
    leap = np.arange(n) % 500 == 17
    leap_days = np.array(
        [
            (np.datetime64(f"{year}-02-29") - np.datetime64("1970-01-01")).astype(int)
            for year in (1960, 1976, 1988, 1996)
        ]
    )
    birthday[leap] = np.where(
        child[leap], np.datetime64("2016-02-29").astype(int), leap_days[draws.below(rng, 4, int(leap.sum()))]
    )
    return birthday


def _first_seen(rng: np.random.Generator, as_of: int, parent: Ints, knobs: Knobs) -> Ints:
    """A growing group; families come within weeks of each other; the last days are crowded."""
    n = len(parent)
    start = as_of - knobs.history_days * DAY
    seen = start + (rng.random(n) ** 0.7 * knobs.history_days * DAY).astype(np.int64)
    family = seen[parent] + (rng.exponential(45, n) * DAY).astype(np.int64)
    seen = np.where((parent != np.arange(n)) & (family < as_of), family, seen)
    seen = seen // DAY * DAY + 9 * HOUR + draws.below(rng, 12 * HOUR, n)
    fresh = np.flatnonzero(draws.chance(rng, n, knobs.fresh_share))
    seen[fresh] = spread_busy(rng, as_of, len(fresh), knobs.busy_days)
    return np.minimum(seen, as_of - 1)


def _phones(
    rng: np.random.Generator,
    as_of: int,
    knobs: Knobs,
    *,
    seen: Ints,
    parent: Ints,
    spouse: Bools,
    child: Bools,
    numbers: Ints,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Today's number, the one before it, when it changed, a second number; operators recycle old ones."""
    n = len(seen)
    phone, old = numbers[:n].copy(), numbers[n : 2 * n].copy()
    changing = np.flatnonzero(draws.chance(rng, n, knobs.changed_phone) & ~child & (seen < as_of - 40 * DAY))
    changed = np.full(n, NEVER, dtype=np.int64)
    changed[changing] = seen[changing] + 20 * DAY + draws.below(rng, as_of - seen[changing] - 30 * DAY)
    late = changing[draws.chance(rng, len(changing), 0.3)]
    changed[late] = spread_busy(rng, as_of, len(late), knobs.busy_days)
    same = np.flatnonzero(
        spouse
        & draws.chance(rng, n, knobs.shared_spouse_phone)
        & (changed == NEVER)
        & (changed[parent] == NEVER)
    )
    given_back = changing[
        draws.chance(rng, len(changing), knobs.recycled_phone) & (changed[changing] < as_of - 200 * DAY)
    ]
    newcomers = np.flatnonzero((seen > as_of - 120 * DAY) & ~child & (changed == NEVER))
    heirs = newcomers[: len(given_back)]
    phone[heirs] = old[given_back[: len(heirs)]]
    phone[same] = phone[parent[same]]
    phone[child] = 0
    unchanged = changed == NEVER
    return phone, np.where(unchanged, phone, old), changed, np.where(unchanged, old, phone)


def _needs(rng: np.random.Generator, child: Bools) -> Ints:
    def draw(needs: dict[str, int]) -> NDArray[np.int64]:
        positions = np.array([offers.CATEGORIES.index(name) for name in needs])
        return positions[draws.weighted(rng, len(child), list(needs.values()))]

    return np.where(child, draw(offers.CHILD_NEEDS), draw(offers.ADULT_NEEDS))
