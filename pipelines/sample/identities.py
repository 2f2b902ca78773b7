"""The identities that persons have in the five systems. How they come by them is in dealing.py."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import draws
from pipelines.sample.clinic import Clinic
from pipelines.sample.draws import Ints
from pipelines.sample.knobs import Knobs
from pipelines.sample.people import People

# account_id, kind, subject, name, store; the second account of a channel belongs to the provider
ACCOUNTS = [
    ("wx5f3d9e21ab7c4410", "wechat_oa", "明德口腔集团", "明德口腔", None),
    ("wx81c20b6d4e7fa953", "wechat_oa", "云牙科技", "云牙口腔助手", None),
    ("wxa90e17c35d2b6f48", "miniprogram", "明德口腔集团", "明德口腔小程序", None),
    ("wx2c6b8f04d1e9a375", "miniprogram", "云牙科技", "云牙商城", "S002"),
    ("ww7d41e0c98b25fa36", "wecom", "明德口腔集团", "明德口腔企业微信", None),
]
APPIDS = [account[0] for account in ACCOUNTS]
CORPID = APPIDS[4]


@dataclass(frozen=True)
class Patients:
    """Patient files in order of creation. `merged_into` is the position of the surviving file, or −1."""

    person: Ints
    created: Ints
    store: Ints
    merged_into: Ints
    merged_at: Ints

    def __len__(self) -> int:
        return len(self.person)

    def main_of(self, people: int) -> Ints:
        """Each person's oldest file, or −1."""
        main = np.full(people, -1, dtype=np.int64)
        main[self.person[::-1]] = np.arange(len(self) - 1, -1, -1)
        return main


@dataclass(frozen=True)
class Accounts:
    """Fans or mini-program users in order of creation; `account` is a position in ACCOUNTS."""

    person: Ints
    created: Ints
    account: Ints
    openid: pl.Series
    unionid: pl.Series

    def __len__(self) -> int:
        return len(self.person)

    @property
    def appid(self) -> pl.Series:
        return draws.words(APPIDS, self.account)

    @property
    def source_id(self) -> pl.Series:
        return pl.select(pl.concat_str(self.appid, pl.lit(":"), self.openid)).to_series()


@dataclass(frozen=True)
class Contacts:
    """WeCom external contacts in order of first contact."""

    person: Ints
    created: Ints
    external_userid: pl.Series
    unionid: pl.Series

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class Leads:
    """Leads in order of creation; a person may have several."""

    person: Ints
    created: Ints

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class World:
    """Everything the tables are told from."""

    seed: int
    as_of: int
    knobs: Knobs
    clinic: Clinic
    people: People
    patients: Patients
    fans: Accounts
    minis: Accounts
    contacts: Contacts
    leads: Leads

    def stream(self, topic: str) -> np.random.Generator:
        return draws.stream(self.seed, topic)


def truth(world: World, cut: int) -> pl.DataFrame:
    """Who is who: one row per identity known before the cut (identity_type, source_id, person_id)."""
    codes = pl.DataFrame({"patient": np.arange(len(world.patients))}).select(draws.code("P", "patient"))
    leads = pl.DataFrame({"lead": np.arange(len(world.leads))}).select(draws.code("L", "lead"))
    kinds = [
        ("patient", codes.to_series(), world.patients.person, world.patients.created),
        ("wecom", world.contacts.external_userid, world.contacts.person, world.contacts.created),
        ("mini", world.minis.source_id, world.minis.person, world.minis.created),
        ("fan", world.fans.source_id, world.fans.person, world.fans.created),
        ("lead", leads.to_series(), world.leads.person, world.leads.created),
    ]
    person_id = draws.code("U", "person").alias("person_id")
    return pl.concat(
        pl.DataFrame({"source_id": ids, "person": person, "born": born})
        .filter(pl.col("born") < cut)
        .select(pl.lit(kind).alias("identity_type"), "source_id", person_id)
        for kind, ids, person, born in kinds
    )
