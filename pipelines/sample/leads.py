"""Leads from advertising platforms and what staff wrote about them."""

import numpy as np
import polars as pl

from pipelines.sample import clinic, draws, phones, timeline, words
from pipelines.sample.draws import Ints
from pipelines.sample.identities import World
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

FIRST_AGENT = 17012340000  # agents' numbers; persons have none that start with 170


def lead_histories(world: World) -> list[History]:
    """leads, lead_follow_ups."""
    owner = (
        world.clinic.staff(world.stream("lead_owners"), world.people.store[world.leads.person], clinic.TELE)
        + 1
    )
    return [_leads(world, owner), _follow_ups(world, owner)]


def _leads(world: World, owner: Ints) -> History:
    rng, people, leads = world.stream("leads"), world.people, world.leads
    n, person, created = len(leads), leads.person, leads.created
    platform = draws.weighted(rng, n, [float(row[0]) for row in words.PLATFORMS])
    file = world.patients.main_of(len(people))[person]
    opened = np.where(file >= 0, world.patients.created[file], NEVER)
    filed = np.where(opened < NEVER, np.maximum(opened + HOUR, created + HOUR), NEVER)
    lost = draws.chance(rng, n, 0.15) & (file < 0)
    booked = draws.chance(rng, n, 0.2) & ~lost
    assigned = np.where(
        draws.chance(rng, n, 0.9), created + 600 + (rng.exponential(6 * HOUR, n)).astype(np.int64), NEVER
    )
    frame = pl.DataFrame(
        {
            "lead": np.arange(n),
            "name": _lead_names(rng, people.names(person), people.surname.gather(person)),
            "phone": phones.as_typed(
                rng, _numbers(world, rng), world.knobs.messy_phone / 3, world.knobs.typo_phone
            ),
            "silent": draws.chance(rng, n, 0.03),
            "platform": draws.words([row[1] for row in words.PLATFORMS], platform),
            "source_l2": draws.words([row[2] for row in words.PLATFORMS], platform),
            "source_l3": draws.words([row[3] or None for row in words.PLATFORMS], platform),
            "pool": draws.pick(rng, n, words.LEAD_POOLS, [55, 20, 13, 12]),
            "owner": owner,
            "store": np.where(draws.chance(rng, n, 0.8), people.store[person] + 1, -1),
            "created": created,
            "assigned": assigned,
            "booked": np.where(booked, created + DAY + draws.below(rng, 20 * DAY, n), NEVER),
            "filed": filed,
            "lost": np.where(lost, created + 2 * DAY + draws.below(rng, 60 * DAY, n), NEVER),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        status = timeline.staged(
            cut, "待分配", ("filed", "已建档"), ("lost", "无效"), ("booked", "已预约"), ("assigned", "跟进中")
        )
        return [
            draws.code("L", "lead").alias("lead_id"),
            "name",
            pl.when(~pl.col("silent")).then(pl.col("phone")).alias("phone"),
            "platform",
            pl.lit("线上").alias("source_l1"),
            "source_l2",
            "source_l3",
            pl.col("pool").alias("pool_id"),
            pl.when(timeline.passed("assigned", cut)).then(draws.code("E", "owner", 5)).alias("owner"),
            status.alias("status"),
            draws.code("S", "store", 3).alias("store_id"),
            timeline.stamp("created").alias("created_at"),
        ]

    return History("leads/leads", "delta", frame, columns, ["created", "assigned", "booked", "filed", "lost"])


def _numbers(world: World, rng: np.random.Generator) -> Ints:
    """The person's number of that day, or an agent's: one crowded number after the other."""
    knobs, leads = world.knobs, world.leads
    number = world.people.phone_at(leads.person, leads.created)
    sent = np.flatnonzero(draws.chance(rng, len(leads), knobs.agent_phone))
    number[sent] = FIRST_AGENT + np.arange(len(sent)) // knobs.leads_per_agent
    return number


def _lead_names(rng: np.random.Generator, names: pl.Series, surnames: pl.Series) -> pl.Series:
    """Full names, 张女士, a platform's nickname, or nothing."""
    n = len(names)
    frame = pl.DataFrame(
        {"name": names, "surname": surnames, "style": draws.weighted(rng, n, [50, 15, 12, 13, 10])}
    )
    nick = draws.pick(rng, n, words.NICKNAMES)
    styles = [pl.col("name"), pl.col("surname") + "女士", pl.col("surname") + "先生", nick]
    return frame.select(
        pl.coalesce(*(pl.when(pl.col("style") == number).then(style) for number, style in enumerate(styles)))
    ).to_series()


def _follow_ups(world: World, owner: Ints) -> History:
    """Follow-ups thin out after the first weeks; a third of the leads never had one."""
    rng, leads = world.stream("lead_follow_ups"), world.leads
    count = rng.poisson(1.6, len(leads)) * draws.chance(rng, len(leads), 0.7)
    lead = np.repeat(np.arange(len(leads)), count)
    n = len(lead)
    at = leads.created[lead] + HOUR + (rng.exponential(25 * DAY, n)).astype(np.int64)
    frame = pl.DataFrame(
        {
            "follow": np.arange(n),
            "lead": lead,
            "employee": owner[lead],
            "at": at,
            "content": draws.pick(rng, n, words.LEAD_NOTES),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("LF", "follow").alias("follow_id"),
            draws.code("L", "lead").alias("lead_id"),
            draws.code("E", "employee", 5).alias("employee_id"),
            timeline.stamp("at").alias("followed_at"),
            "content",
        ]

    return History("leads/lead_follow_ups", "append", frame, columns, ["at"])
