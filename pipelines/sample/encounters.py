"""When patients book and come: the spine of all documents, and the extracts appointments and visits."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.sample import clinic, draws, offers, timeline, words
from pipelines.sample.draws import Bools, Ints
from pipelines.sample.identities import World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

VISIT_TYPES = ["初诊", "复诊", "复查"]
MONTH_SHARE = np.array(
    [0.85, 0.55, 0.9, 0.9, 0.9, 0.85, 1.0, 1.0, 0.85, 0.8, 0.9, 0.95]
)  # summer holidays full, Spring Festival empty
CHANNELS = ["前台", "网电", "服务号", "小程序", "机器人"]


@dataclass(frozen=True)
class Encounters:
    """Bookings and walk-ins of all patients, in order of patient and time, future ones included."""

    patient: Ints
    time: Ints
    walk_in: Bools
    arrived: Ints  # NEVER = did not come
    cancelled: Ints
    visit_type: Ints
    category: Ints
    deal: Bools  # the patient buys what the visit is about
    store: Ints
    doctor: Ints

    def __len__(self) -> int:
        return len(self.patient)

    @cached_property
    def visits(self) -> Ints:
        """Positions of the encounters that became visits; a visit's number is its place here."""
        return np.flatnonzero(self.arrived < NEVER)


def make_encounters(world: World) -> Encounters:
    """Draws every patient's bookings and walk-ins, with what comes of them."""
    rng, knobs, patients = world.stream("encounters"), world.knobs, world.patients
    vanishing = np.isin(patients.person, world.leads.person)
    vanishing &= draws.chance(rng, len(patients), knobs.vanishes)
    patient, time = _times(world, rng, vanishing)
    n = len(patient)
    walk_in = draws.chance(rng, n, knobs.walk_in) & ~vanishing[patient]
    careless = draws.chance(rng, len(patients), 0.3)
    cancelled = ~walk_in & draws.chance(rng, n, knobs.cancelled)
    misses = np.where(careless, knobs.no_show_unreliable, knobs.no_show_reliable)[patient]
    absent = cancelled | vanishing[patient] | (~walk_in & draws.chance(rng, n, misses))
    arrived = np.where(absent, NEVER, time + draws.below(rng, 35 * 60, n) - 15 * 60)
    category, deal = _purposes(world, rng, patient)
    store = patients.store[patient]
    elsewhere = np.flatnonzero(draws.chance(rng, n, 0.06))
    store[elsewhere] = draws.weighted(rng, len(elsewhere), world.clinic.store_weights)
    return Encounters(
        patient=patient,
        time=time,
        walk_in=walk_in,
        arrived=arrived,
        cancelled=np.where(cancelled, time - draws.below(rng, 3 * DAY, n) - HOUR, NEVER),
        visit_type=_visit_types(rng, patient, arrived < NEVER),
        category=category,
        deal=deal,
        store=store,
        doctor=world.clinic.staff(rng, store, clinic.DOCTORS),
    )


def _times(world: World, rng: np.random.Generator, vanishing: Bools) -> tuple[Ints, Ints]:
    """Patient and time of each booking: gaps of the patient's own, thinned by season, drawn to weekends."""
    knobs, patients = world.knobs, world.patients
    n = len(patients)
    often = rng.lognormal(-0.32, 0.8, n) * knobs.visits_mean
    count = np.minimum(1 + rng.exponential(often).astype(np.int64), 48)
    count[draws.chance(rng, n, knobs.never_came)] = 0
    count[vanishing] = 1
    patient = np.repeat(np.arange(n), count)
    first = np.zeros(len(patient), dtype=bool)
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    first[starts[count > 0]] = True
    usual = rng.lognormal(np.log(60), 0.7, n)
    gap = np.where(first, rng.exponential(4, len(patient)), 4 + rng.exponential(usual[patient]))
    total = np.cumsum(gap)
    before = (total - gap)[starts[patient]]
    days = patients.created[patient] // DAY + 1 + (total - before).astype(np.int64)
    weekday = (days + 3) % 7  # 0 = Monday
    days += np.where((weekday < 3) & draws.chance(rng, len(days), 0.3), 5 - weekday, 0)
    time = days * DAY + 9 * HOUR + draws.below(rng, 19, len(days)) * 1800
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    keep = draws.chance(rng, len(days), MONTH_SHARE[month]) | first
    keep &= (time < world.as_of + 120 * DAY) & (time < patients.merged_at[patient] - 2 * DAY)
    patient, time = patient[keep], time[keep]
    order = np.lexsort((time, patient))
    return patient[order], time[order]


def _purposes(world: World, rng: np.random.Generator, patient: Ints) -> tuple[Ints, Bools]:
    """What each encounter is about, and whether the patient buys it."""
    accepts = draws.chance(rng, len(world.patients), world.knobs.accepts_treatment)
    need = world.people.need[world.patients.person][patient]
    cleaning = offers.CATEGORIES.index("洁牙")
    draw = rng.random(len(patient))
    category = np.select([draw < 0.68, draw < 0.82], [need, np.full(len(patient), cleaning)], offers.EXAM)
    return category, np.where(category == need, accepts[patient], draw > 0.7)


def _visit_types(rng: np.random.Generator, patient: Ints, came: NDArray[np.bool_]) -> Ints:
    """0 初诊 until the first arrival is behind, then 1 复诊 or 2 复查."""
    so_far = np.cumsum(came) - came
    start = np.searchsorted(patient, patient, side="left")
    returning = so_far - so_far[start] > 0
    return np.where(returning, 1 + draws.chance(rng, len(patient), 0.22), 0)


def encounter_histories(world: World, encounters: Encounters) -> list[History]:
    """appointments, visits."""
    return [_appointments(world, encounters), _visits(world, encounters)]


def some_visits(rng: np.random.Generator, encounters: Encounters, share: float) -> Ints:
    """The numbers of a random share of the visits."""
    return np.flatnonzero(draws.chance(rng, len(encounters.visits), share))


def item_lists(category: Ints, second: Bools) -> pl.Series:
    """The items of a booking or consultation: the category, for some with a check-up beside it."""
    combos = [[name] for name in offers.CATEGORIES] + [[name, "检查"] for name in offers.CATEGORIES]
    both = second & (category != offers.EXAM)
    return draws.words(combos, category + both * len(offers.CATEGORIES))


def removed(rng: np.random.Generator, world: World, born: Ints) -> Ints:
    """When documents are removed at the source: a few, some of them in the last days."""
    gone = np.full(len(born), NEVER, dtype=np.int64)
    which = np.flatnonzero(draws.chance(rng, len(born), world.knobs.deleted_row))
    gone[which] = born[which] + HOUR + draws.below(rng, 60 * DAY, len(which))
    recent = np.flatnonzero((born < world.as_of - 8 * DAY) & (born > world.as_of - 90 * DAY))[
        :: int(1 / world.knobs.deleted_row)
    ]
    gone[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    return gone


def unknown_owner(patient: Ints, every: int) -> Ints:
    """The owners with a handful replaced by file numbers that no system knows."""
    owner = patient.copy()
    owner[every // 2 :: every][:5] = 90_000_000 + np.arange(len(owner[every // 2 :: every][:5]))
    return owner


def _appointments(world: World, encounters: Encounters) -> History:
    rng = world.stream("appointments")
    booked = np.flatnonzero(~encounters.walk_in)
    n, time = len(booked), encounters.time[booked]
    patient = encounters.patient[booked]
    ahead = rng.exponential(np.where(draws.chance(rng, n, 0.15), 45, 8), n).astype(np.int64) + 1
    created = (time // DAY - ahead) * DAY + 9 * HOUR + draws.below(rng, 10 * HOUR, n)
    created = np.maximum(created, world.patients.created[patient] + 60)
    forgotten = draws.chance(rng, n, 0.02)  # the visit is there, the booking was not ticked off
    frame = pl.DataFrame(
        {
            "appointment": booked,
            "patient": unknown_owner(patient, 400),
            "store": encounters.store[booked] + 1,
            "created": created,
            "time": time,
            "arrived": np.where(forgotten, NEVER, encounters.arrived[booked]),
            "cancelled": np.maximum(encounters.cancelled[booked], created + 60),
            "confirmed": np.where(
                draws.chance(rng, n, 0.6), np.maximum(time // DAY * DAY - 7 * HOUR, created + 600), NEVER
            ),
            "visit_type": draws.words(VISIT_TYPES, encounters.visit_type[booked]),
            "items": item_lists(encounters.category[booked], draws.chance(rng, n, 0.2)),
            "doctor": np.where(draws.chance(rng, n, 0.9), encounters.doctor[booked] + 1, -1),
            "channel": draws.pick(rng, n, CHANNELS, [38, 24, 18, 14, 6]),
            "complaint": draws.pick(rng, n, [*words.COMPLAINTS, None], [*[1] * len(words.COMPLAINTS), 6]),
            "gone": removed(rng, world, created),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("A", "appointment").alias("appointment_id"),
            draws.code("P", "patient").alias("patient_id"),
            draws.code("S", "store", 3).alias("store_id"),
            timeline.stamp("created").alias("created_at"),
            timeline.stamp("time").alias("appt_time"),
            timeline.known("arrived", cut).alias("arrived_at"),
            timeline.known("cancelled", cut).alias("cancelled_at"),
            timeline.staged(
                cut, "已预约", ("cancelled", "已取消"), ("arrived", "已到店"), ("confirmed", "已确认")
            ).alias("status"),
            "visit_type",
            "items",
            draws.code("E", "doctor", 5).alias("doctor"),
            "channel",
            "complaint",
        ]

    return History(
        "ekanya/appointments",
        "delta",
        frame,
        columns,
        ["created", "confirmed", "arrived", "cancelled"],
        "gone",
    )


def _visits(world: World, encounters: Encounters) -> History:
    rng = world.stream("visits")
    at = encounters.visits
    n, arrived, store = len(at), encounters.arrived[at], encounters.store[at]
    left = arrived + 30 * 60 + draws.below(rng, 2 * HOUR, n)
    frame = pl.DataFrame(
        {
            "visit": np.arange(n),
            "patient": encounters.patient[at],
            "appointment": np.where(encounters.walk_in[at], -1, at),
            "store": store + 1,
            "arrived": arrived,
            "left": np.where(draws.chance(rng, n, 0.03), NEVER, left),
            "settled": left + draws.below(rng, 2, n) * DAY + 300,
            "visit_type": draws.words(VISIT_TYPES, encounters.visit_type[at]),
            "doctor": encounters.doctor[at] + 1,
            "consultant": np.where(
                draws.chance(rng, n, 0.7), world.clinic.staff(rng, store, clinic.CONSULTANTS) + 1, -1
            ),
            "complaint": draws.pick(rng, n, [*words.COMPLAINTS, None], [*[1] * len(words.COMPLAINTS), 2]),
            "done": np.where(draws.chance(rng, n, 0.9), encounters.deal[at], draws.chance(rng, n, 0.5)),
            "gone": removed(rng, world, arrived),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("V", "visit").alias("visit_id"),
            draws.code("P", "patient").alias("patient_id"),
            draws.code("A", "appointment").alias("appointment_id"),
            draws.code("S", "store", 3).alias("store_id"),
            timeline.stamp("arrived").alias("arrived_at"),
            timeline.known("left", cut).alias("left_at"),
            "visit_type",
            draws.code("E", "doctor", 5).alias("doctor"),
            draws.code("E", "consultant", 5).alias("consultant"),
            "complaint",
            pl.when(timeline.passed("settled", cut)).then(pl.col("done")).alias("complaint_done"),
        ]

    return History("ekanya/visits", "delta", frame, columns, ["arrived", "left", "settled"], "gone")
