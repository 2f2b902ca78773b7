"""The health file of a visit: medical records, treatment plans, AI findings."""

import numpy as np
import polars as pl

from pipelines.sample import draws, offers, timeline, words
from pipelines.sample.draws import Ints
from pipelines.sample.encounters import VISIT_TYPES, Encounters, removed, some_visits, unknown_owner
from pipelines.sample.identities import World
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

NEEDS = list(offers.DIAGNOSES)


def health_histories(world: World, encounters: Encounters) -> list[History]:
    """medical_records, treatment_plans, ai_findings."""
    return [table(world, encounters) for table in (_medical_records, _treatment_plans, _ai_findings)]


def _by_category(rng: np.random.Generator, category: Ints, choices: dict[str, list[list[str]]]) -> pl.Series:
    """One of the lists that belong to each row's category."""
    sizes = np.array([len(choices.get(name, [])) for name in offers.CATEGORIES])
    starts = np.cumsum(sizes) - sizes
    in_order = [value for name in offers.CATEGORIES for value in choices.get(name, [])]
    return draws.words(in_order, starts[category] + draws.below(rng, sizes[category]))


def _medical_records(world: World, encounters: Encounters) -> History:
    rng = world.stream("medical_records")
    visit = some_visits(rng, encounters, world.knobs.medical_record)
    at = encounters.visits[visit]
    n, recorded = len(at), encounters.arrived[at] + 40 * 60
    frame = pl.DataFrame(
        {
            "record": np.arange(n),
            "patient": unknown_owner(encounters.patient[at], 700),
            "visit": np.where(draws.chance(rng, n, 0.96), visit, -1),
            "recorded": recorded,
            "doctor": encounters.doctor[at] + 1,
            "complaint": draws.pick(rng, n, words.COMPLAINTS),
            "diagnosis": _by_category(rng, encounters.category[at], offers.DIAGNOSES),
            "treatment": _by_category(rng, encounters.category[at], offers.TREATMENTS),
            "tooth": draws.pick(rng, n, [*offers.TEETH, "16;26", None]),
            "visit_type": draws.words(VISIT_TYPES, encounters.visit_type[at]),
            "gone": removed(rng, world, recorded),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("MRD", "record").alias("record_id"),
            draws.code("P", "patient").alias("patient_id"),
            draws.code("V", "visit").alias("visit_id"),
            timeline.stamp("recorded").alias("recorded_at"),
            draws.code("E", "doctor", 5).alias("doctor"),
            "complaint",
            "diagnosis",
            "treatment",
            "tooth",
            "visit_type",
        ]

    return History("ekanya/medical_records", "delta", frame, columns, ["recorded"], "gone")


def _treatment_plans(world: World, encounters: Encounters) -> History:
    rng = world.stream("treatment_plans")
    at = encounters.visits[some_visits(rng, encounters, world.knobs.treatment_plan)]
    n, created, category = len(at), encounters.arrived[at] + HOUR, encounters.category[at]
    started = np.where(encounters.deal[at], created + draws.below(rng, 20 * DAY, n), NEVER)
    finished = np.where(draws.chance(rng, n, 0.6), started + DAY + draws.below(rng, 200 * DAY, n), NEVER)
    dropped = np.where(
        ~encounters.deal[at] & draws.chance(rng, n, 0.35), created + draws.below(rng, 90 * DAY, n), NEVER
    )
    first_item = np.array([offers.ITEM_CATEGORIES.index(name) for name in offers.CATEGORIES])[category]
    frame = pl.DataFrame(
        {
            "plan": np.arange(n),
            "patient": encounters.patient[at],
            "created": created,
            "item": draws.words(offers.ITEM_NAMES, first_item),
            "category": draws.words(offers.CATEGORIES, category),
            "amount": np.array(offers.ITEM_PRICES)[first_item] * 100 * (1 + draws.below(rng, 3, n)),
            "started": started,
            "finished": np.minimum(finished, NEVER),
            "dropped": dropped,
            "due": np.where(
                draws.chance(rng, n, 0.8), created + (30 + draws.below(rng, 150, n)) * DAY, NEVER
            ),
            "gone": removed(rng, world, created),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        status = timeline.staged(
            cut, "未开始", ("dropped", "放弃"), ("finished", "完成"), ("started", "进行中")
        )
        return [
            draws.code("TP", "plan").alias("plan_id"),
            draws.code("P", "patient").alias("patient_id"),
            timeline.stamp("created").alias("created_at"),
            "item",
            "category",
            timeline.money("amount").alias("amount"),
            status.alias("status"),
            timeline.day("due").alias("next_due_on"),
        ]

    return History(
        "ekanya/treatment_plans",
        "delta",
        frame,
        columns,
        ["created", "started", "finished", "dropped"],
        "gone",
    )


def _ai_findings(world: World, encounters: Encounters) -> History:
    rng = world.stream("ai_findings")
    at = encounters.visits[some_visits(rng, encounters, world.knobs.ai_check)]
    at = np.repeat(at, 1 + draws.weighted(rng, len(at), [50, 32, 18]))
    n = len(at)
    codes = [*offers.AI_CODES.values(), "牙周袋", "根尖阴影", "自定义:牙釉质磨损"]
    by_need = np.array([NEEDS.index(name) if name in NEEDS else 0 for name in offers.CATEGORIES])[
        encounters.category[at]
    ]
    frame = pl.DataFrame(
        {
            "finding": np.arange(n),
            "patient": encounters.patient[at],
            "examined": encounters.arrived[at] + 15 * 60,
            "image_type": draws.pick(rng, n, ["全景", "口内", "面像", "头侧", "口扫"], [40, 30, 8, 10, 12]),
            "code": draws.words(
                codes, np.where(draws.chance(rng, n, 0.7), by_need, draws.below(rng, len(codes), n))
            ),
            "tooth": draws.pick(rng, n, [*offers.TEETH, None]),
            "priority": draws.pick(rng, n, ["无", "低", "中", "高"], [15, 35, 32, 18]),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("AI", "finding").alias("finding_id"),
            draws.code("P", "patient").alias("patient_id"),
            timeline.stamp("examined").alias("examined_at"),
            "image_type",
            "code",
            "tooth",
            "priority",
        ]

    return History("ekanya/ai_findings", "append", frame, columns, ["examined"])
