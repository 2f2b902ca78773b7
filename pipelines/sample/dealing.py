"""Deals out identities: who gets which, when, with duplicates, merges, gaps and look-alikes."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sample import draws
from pipelines.sample.clinic import Clinic
from pipelines.sample.draws import Ints
from pipelines.sample.identities import Accounts, Contacts, Leads, Patients, World
from pipelines.sample.knobs import Knobs
from pipelines.sample.people import People, spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER

MEAN_LAG_DAYS = {"patient": 14, "fan": 40, "mini": 45, "wecom": 12, "lead": 2}
OFFICIAL_ACCOUNT, MINI_PROGRAM = 0, 2  # positions of the group's own accounts in identities.ACCOUNTS


def make_world(seed: int, as_of: int, knobs: Knobs, clinic: Clinic, people: People) -> World:
    """All identities met before as_of (seconds)."""
    dealer = Dealer(draws.stream(seed, "identities"), as_of, knobs, clinic, people)
    births = dealer.births()
    unionids = dealer.unionids()
    return World(
        seed=seed,
        as_of=as_of,
        knobs=knobs,
        clinic=clinic,
        people=people,
        patients=dealer.patients(births["patient"]),
        fans=dealer.accounts(births["fan"], OFFICIAL_ACCOUNT, unionids, knobs.fan_unionid),
        minis=dealer.accounts(births["mini"], MINI_PROGRAM, unionids, knobs.mini_unionid),
        contacts=dealer.contacts(births["wecom"], unionids[0]),
        leads=dealer.leads(births["lead"]),
    )


@dataclass(frozen=True)
class Dealer:
    """What every deal needs; `born` is when each person would get the identity, NEVER = not at all."""

    rng: np.random.Generator
    as_of: int
    knobs: Knobs
    clinic: Clinic
    people: People

    def births(self) -> dict[str, Ints]:
        """When each person gets each kind of identity; the earliest falls on first_seen."""
        rng, people, knobs, n = self.rng, self.people, self.knobs, len(self.people)
        adult = ~people.child
        has = {
            "patient": draws.chance(rng, n, knobs.is_patient) | people.child,
            "fan": draws.chance(rng, n, knobs.is_fan) & adult,
            "mini": draws.chance(rng, n, knobs.is_mini) & adult,
            "wecom": draws.chance(rng, n, knobs.is_wecom) & adult,
            "lead": draws.chance(rng, n, knobs.is_lead) & adult,
        }
        has["lead"] |= ~np.logical_or.reduce(list(has.values()))
        lags = {
            kind: np.where(has[kind], rng.exponential(days, n).astype(np.int64) * DAY, NEVER)
            for kind, days in MEAN_LAG_DAYS.items()
        }
        first = people.first_seen - np.minimum.reduce(list(lags.values()))
        return {kind: np.where(has[kind], first + lag, NEVER) for kind, lag in lags.items()}

    def unionids(self) -> list[NDArray[np.bytes_]]:
        """Everybody's unionid in the group's subject and in the provider's; some of those spell alike."""
        n = len(self.people)
        own, foreign = (draws.letters(self.rng, n, "oR5Gjj", 28) for _subject in range(2))
        alike = np.flatnonzero(draws.chance(self.rng, n, self.knobs.lookalike_unionid))
        foreign[alike] = own[(alike + 1) % n]
        return [own, foreign]

    def patients(self, born: Ints) -> Patients:
        """Files in order of creation: one per patient, a second for some, a third for few of those."""
        rng = self.rng
        first = np.flatnonzero(born < self.as_of)
        often = draws.chance(rng, len(first), self.knobs.duplicate_patient)
        twice = first[often & ~self.people.child[first] & (born[first] < self.as_of - 20 * DAY)]
        again = np.concatenate([twice, twice[::20]])
        span = np.minimum(self.as_of - born[again] - 12 * DAY, 500 * DAY)
        created = np.concatenate([born[first], born[again] + DAY + draws.below(rng, span)])
        person = np.concatenate([first, again])
        store = self.people.store[person]
        moved = len(first) + np.flatnonzero(draws.chance(rng, len(again), 0.5))
        store[moved] = draws.weighted(rng, len(moved), self.clinic.store_weights)
        second = len(first) + np.arange(len(twice))
        into, at = self._merges(created, np.concatenate([np.searchsorted(first, twice), second[::20]]))
        order = np.argsort(created, kind="stable")
        rank = np.append(np.argsort(order), -1)  # −1 stays −1
        return Patients(person[order], created[order], store[order], rank[into[order]], at[order])

    def _merges(self, created: Ints, target: Ints) -> tuple[Ints, Ints]:
        """Most of the last files merge into their targets; third into second ones, which makes chains."""
        rng, first = self.rng, len(created) - len(target)
        into, at = np.full(len(created), -1), np.full(len(created), NEVER)
        merged = np.flatnonzero(draws.chance(rng, len(target), self.knobs.merged_duplicate))
        file, since = first + merged, created[first + merged]
        when = since + DAY + draws.below(rng, self.as_of - since - 2 * DAY)
        busy = draws.chance(rng, len(merged), 0.4) & (since < self.as_of - (self.knobs.busy_days + 2) * DAY)
        when[busy] = spread_busy(rng, self.as_of, int(busy.sum()), self.knobs.busy_days)
        into[file], at[file] = target[merged], np.maximum(when, created[target[merged]] + HOUR)
        return into, at

    def accounts(
        self, born: Ints, own_account: int, unionids: list[NDArray[np.bytes_]], share: float
    ) -> Accounts:
        """Fans or mini-program users of the group's account, a few of the provider's."""
        person = self._in_order(born)
        foreign = draws.chance(self.rng, len(person), self.knobs.provider_account)
        unionid = np.where(foreign, unionids[1][person], unionids[0][person])
        openid = draws.text(draws.letters(self.rng, len(person), "o7", 28))
        return Accounts(person, born[person], own_account + foreign, openid, self._as_given(unionid, share))

    def contacts(self, born: Ints, unionids: NDArray[np.bytes_]) -> Contacts:
        """External contacts of the group's WeCom."""
        person = self._in_order(born)
        ids = draws.text(draws.letters(self.rng, len(person), "wmAJ2GCAAA", 32))
        return Contacts(person, born[person], ids, self._as_given(unionids[person], self.knobs.wecom_unionid))

    def leads(self, born: Ints) -> Leads:
        """One lead a person, and a second or third from another platform for some."""
        person = np.flatnonzero(born < self.as_of)
        again = person[draws.chance(self.rng, len(person), 0.14)]
        repeat = np.concatenate([again, again[draws.chance(self.rng, len(again), 0.2)]])
        later = born[repeat] + (1 + self.rng.exponential(30, len(repeat))).astype(np.int64) * DAY
        everyone, created = np.concatenate([person, repeat]), np.concatenate([born[person], later])
        order = np.argsort(created, kind="stable")
        order = order[created[order] < self.as_of]
        return Leads(everyone[order], created[order])

    def _in_order(self, born: Ints) -> Ints:
        """The persons whose identity exists, by its birth."""
        order = np.argsort(born, kind="stable")
        return order[born[order] < self.as_of]

    def _as_given(self, unionids: NDArray[np.bytes_], share: float) -> pl.Series:
        """Unionids as the API hands them out: a share of them, some with a leading blank."""
        given, blank = (draws.chance(self.rng, len(unionids), part) for part in (share, 0.02))
        frame = pl.DataFrame({"unionid": draws.text(unionids), "given": given, "blank": blank})
        padded = pl.when("blank").then(pl.lit(" ") + pl.col("unionid")).otherwise("unionid")
        return frame.select(pl.when("given").then(padded)).to_series()
