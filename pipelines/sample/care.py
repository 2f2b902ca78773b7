"""What staff and customers say around a visit: consultations, return visits, follow-ups, reviews."""

import numpy as np
import polars as pl

from pipelines.sample import clinic, draws, timeline, words
from pipelines.sample.draws import Ints
from pipelines.sample.encounters import Encounters, item_lists, removed, some_visits
from pipelines.sample.identities import World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History


def care_histories(world: World, encounters: Encounters) -> list[History]:
    """consultations, return_visits, followups, reviews."""
    return [table(world, encounters) for table in (_consultations, _return_visits, _followups, _reviews)]


def _consultations(world: World, encounters: Encounters) -> History:
    rng = world.stream("consultations")
    first = encounters.visit_type[encounters.visits] == 0
    at = encounters.visits[draws.chance(rng, len(first), np.where(first, 0.55, 0.12))]
    n, consulted, store = len(at), encounters.arrived[at] + 20 * 60, encounters.store[at]
    frame = pl.DataFrame(
        {
            "consultation": np.arange(n),
            "patient": encounters.patient[at],
            "store": np.where(draws.chance(rng, n, 0.93), store + 1, -1),
            "consulted": consulted,
            "settled": consulted + draws.below(rng, 10 * DAY, n),
            "consultant": world.clinic.staff(rng, store, clinic.CONSULTANTS) + 1,
            "items": item_lists(encounters.category[at], draws.chance(rng, n, 0.15)),
            "intent": draws.pick(rng, n, ["高", "中", "低"], [30, 45, 25]),
            "deal": encounters.deal[at],
            "lost": draws.pick(rng, n, words.LOST_REASONS),
            "gone": removed(rng, world, consulted),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        settled = timeline.passed("settled", cut)
        outcome = pl.when("deal").then(pl.lit("成交")).otherwise(pl.lit("未成交"))
        return [
            draws.code("CN", "consultation").alias("consultation_id"),
            draws.code("P", "patient").alias("patient_id"),
            draws.code("S", "store", 3).alias("store_id"),
            timeline.stamp("consulted").alias("consulted_at"),
            draws.code("E", "consultant", 5).alias("consultant"),
            "items",
            "intent",
            pl.when(settled).then(outcome).otherwise(pl.lit("跟进中")).alias("result"),
            pl.when(settled & ~pl.col("deal")).then(pl.col("lost")).alias("lost_reason"),
        ]

    return History("ekanya/consultations", "delta", frame, columns, ["consulted", "settled"], "gone")


def _tasks(
    rng: np.random.Generator,
    world: World,
    encounters: Encounters,
    at: Ints,
    *,
    wait_days: int,
    done_share: float,
) -> dict[str, Ints]:
    """The columns that return visits and follow-ups share; in the last days staff catch up on some."""
    n, visited = len(at), encounters.arrived[at]
    planned = visited // DAY * DAY + (1 + draws.below(rng, wait_days, n)) * DAY + 10 * HOUR
    draw = rng.random(n)
    late = (rng.exponential(1.5, n)).astype(np.int64) * DAY + draws.below(rng, 7 * HOUR, n)
    done = np.where(draw < done_share, planned + late, NEVER)
    cancelled = np.where(draw > 0.94, planned + HOUR, NEVER)
    overdue = (done == NEVER) & (cancelled == NEVER)
    overdue &= (planned < world.as_of - 8 * DAY) & (planned > world.as_of - 120 * DAY)
    caught_up = np.flatnonzero(overdue & draws.chance(rng, n, 0.4))
    done[caught_up] = spread_busy(rng, world.as_of, len(caught_up), world.knobs.busy_days)
    return {
        "patient": encounters.patient[at],
        "created": visited + 2 * HOUR,
        "planned": planned,
        "done": done,
        "cancelled": cancelled,
        "gone": removed(rng, world, visited + 2 * HOUR),
    }


def _return_visits(world: World, encounters: Encounters) -> History:
    rng = world.stream("return_visits")
    at = encounters.visits[some_visits(rng, encounters, world.knobs.return_visit)]
    n = len(at)
    frame = pl.DataFrame(
        {
            "return_visit": np.arange(n),
            **_tasks(rng, world, encounters, at, wait_days=7, done_share=0.78),
            "kind": draws.pick(rng, n, words.RETURN_KINDS, [45, 35, 12, 8]),
            "executor": world.clinic.staff(rng, encounters.store[at], clinic.SERVICE) + 1,
            "result": draws.pick(rng, n, words.RETURN_RESULTS),
            "satisfaction": draws.pick(rng, n, [5, 4, 3, 2, 1, None], [40, 25, 8, 3, 2, 22]),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        done = timeline.passed("done", cut)
        return [
            draws.code("RV", "return_visit").alias("return_visit_id"),
            draws.code("P", "patient").alias("patient_id"),
            timeline.stamp("planned").alias("planned_at"),
            timeline.known("done", cut).alias("done_at"),
            "kind",
            draws.code("E", "executor", 5).alias("executor"),
            timeline.staged(cut, "未执行", ("cancelled", "已取消"), ("done", "已执行")).alias("status"),
            pl.when(done).then(pl.col("result")).alias("result"),
            pl.when(done).then(pl.col("satisfaction")).alias("satisfaction"),
        ]

    return History("ekanya/return_visits", "delta", frame, columns, ["created", "done", "cancelled"], "gone")


def _followups(world: World, encounters: Encounters) -> History:
    rng = world.stream("followups")
    at = encounters.visits[some_visits(rng, encounters, world.knobs.followup)]
    n = len(at)
    frame = pl.DataFrame(
        {
            "followup": np.arange(n),
            **_tasks(rng, world, encounters, at, wait_days=30, done_share=0.74),
            "doctor": encounters.doctor[at] + 1,
            "staff": world.clinic.staff(rng, encounters.store[at], clinic.SERVICE) + 1,
            "content": draws.pick(rng, n, words.FOLLOWUP_CONTENTS),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("FU", "followup").alias("followup_id"),
            draws.code("P", "patient").alias("patient_id"),
            timeline.stamp("planned").alias("planned_at"),
            timeline.known("done", cut).alias("done_at"),
            draws.code("E", "doctor", 5).alias("doctor"),
            draws.code("E", "staff", 5).alias("staff"),
            timeline.staged(cut, "未执行", ("cancelled", "已取消"), ("done", "已执行")).alias("status"),
            pl.when(timeline.passed("done", cut)).then(pl.col("content")).alias("content"),
        ]

    return History("ekanya/followups", "delta", frame, columns, ["created", "done", "cancelled"], "gone")


def _reviews(world: World, encounters: Encounters) -> History:
    """Reviews; one in twenty is changed to a better one the day after."""
    rng = world.stream("reviews")
    visit = some_visits(rng, encounters, world.knobs.review)
    at = encounters.visits[visit]
    n = len(at)
    reviewed = encounters.arrived[at] + 3 * HOUR + (rng.exponential(1.2 * DAY, n)).astype(np.int64)
    level = draws.weighted(rng, n, [80, 12, 8])
    frame = pl.DataFrame(
        {
            "review": np.arange(n),
            "patient": encounters.patient[at],
            "visit": np.where(draws.chance(rng, n, 0.95), visit, -1),
            "store": np.where(draws.chance(rng, n, 0.9), encounters.store[at] + 1, -1),
            "reviewed": reviewed,
            "changed": np.where((level > 0) & draws.chance(rng, n, 0.25), reviewed + 20 * HOUR, NEVER),
            "score": np.choose(
                level, [500 - 50 * draws.below(rng, 3, n), np.full(n, 300), 100 + 50 * draws.below(rng, 3, n)]
            ),
            "level": draws.words(["好评", "中评", "差评"], level),
            "gone": removed(rng, world, reviewed),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        changed = timeline.passed("changed", cut)
        return [
            draws.code("RW", "review").alias("review_id"),
            draws.code("P", "patient").alias("patient_id"),
            draws.code("V", "visit").alias("visit_id"),
            timeline.stamp("reviewed").alias("reviewed_at"),
            pl.when(changed)
            .then(pl.lit(4).cast(pl.Decimal(18, 2)))
            .otherwise(timeline.money("score"))
            .alias("score"),
            pl.when(changed).then(pl.lit("好评")).otherwise(pl.col("level")).alias("level"),
            draws.code("S", "store", 3).alias("store_id"),
        ]

    return History("ekanya/reviews", "delta", frame, columns, ["reviewed", "changed"], "gone")
