"""Tells the world, extract by extract and night by night, into a landing directory, the truth beside it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipelines.sample import (
    billing,
    bills,
    care,
    clinic,
    contacts,
    dealing,
    encounters,
    events,
    health,
    identities,
    leads,
    native,
    online,
    patients,
    people,
    platform,
    wallet,
    wecom,
    writing,
)
from pipelines.sample.identities import World
from pipelines.sample.knobs import DEFAULT, Knobs
from pipelines.sample.native import NativeHistory
from pipelines.sample.timeline import History, midnight

EXTRACTS = 44
FEWEST_CUSTOMERS = 50
WITH_MANIFEST = {"ekanya/patients", "ekanya/charge_bills", "leads/leads"}
CONTACTS = "wecom/external_contacts"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SampleSummary:
    """What was written: persons, nights, and rows per extract over all nights."""

    out: Path
    truth: Path
    persons: int
    nights: tuple[date, ...]
    rows: dict[str, int]


def generate_sample(
    out: Path,
    customers: int,
    days: int,
    as_of: date,
    seed: int,
    file_format: writing.Format,
    progress: Progress | None = None,
    knobs: Knobs = DEFAULT,
) -> SampleSummary:
    """Writes a synthetic dental group for the `days` nights up to as_of (interfaces.md §3, `cdp sample`).

    `out` receives the landing layout of extracts.yaml; `<out>.truth` beside it receives who is who.
    `customers` is the number of real persons, at least 50. The first night holds the full history, the later
    ones what changed; the night of a date knows everything before that date's midnight. `knobs` shape the
    group. Same arguments, same bytes. `progress(extract, done, total)` is called after each extract. Raises
    ValueError for impossible arguments and FileExistsError where `out` already holds something.
    """
    if customers < FEWEST_CUSTOMERS:
        raise ValueError(f"customers: expected at least {FEWEST_CUSTOMERS}, got {customers}")
    if days < 1:
        raise ValueError(f"days: expected at least 1, got {days}")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out}: expected a new or empty directory")
    nights = tuple(as_of - timedelta(days=back) for back in reversed(range(days)))
    world = make_world(seed, customers, as_of, knobs)
    rows: Counter[str] = Counter()
    for done, history in enumerate(histories(world), start=1):
        extract, written = _land(out, world, history, nights, file_format)
        rows[extract] += written
        if progress is not None:
            progress(extract, done, EXTRACTS)
    truth = out.with_name(out.name + ".truth")
    for night in nights:
        frame = identities.truth(world, midnight(night))
        writing.write_frame(truth / f"dt={night}" / "people.parquet", frame, "parquet")
    return SampleSummary(out, truth, customers, nights, dict(rows))


def make_world(seed: int, customers: int, as_of: date, knobs: Knobs) -> World:
    """Persons, clinic and identities; a pure function of its arguments."""
    stores = clinic.store_count(customers, knobs)
    numbers = people.mobile_numbers(
        seed, 2 * customers + stores * (1 + len(clinic.SEATS)) + len(clinic.HEAD_OFFICE)
    )
    group = clinic.make_clinic(seed, customers, midnight(as_of), knobs, numbers[2 * customers :])
    persons = people.make_people(seed, customers, group, knobs, numbers[: 2 * customers])
    return dealing.make_world(seed, midnight(as_of), knobs, group, persons)


def histories(world: World) -> Iterator[History | NativeHistory]:
    """All extracts, one group of tables at a time so that memory holds one group only."""
    yield from clinic.clinic_histories(world.clinic)
    spine = encounters.make_encounters(world)
    yield from encounters.encounter_histories(world, spine)
    yield from patients.patient_histories(world, spine)
    yield from care.care_histories(world, spine)
    yield from health.health_histories(world, spine)
    paid = bills.make_bills(world, spine)
    del spine
    yield from billing.billing_histories(world, paid)
    yield from wallet.wallet_histories(world, paid)
    del paid
    yield from online.online_histories(world)
    subscription = events.make_subscription(world)
    yield native.fans(world, subscription)
    yield from events.event_histories(world, subscription)
    relations = wecom.make_relations(world)
    yield wecom.contact_events(world, relations)
    yield contacts.external_contacts(world, relations)
    yield native.corp_tags(world)
    yield from leads.lead_histories(world)
    yield from platform.platform_histories(world)


def _land(
    out: Path,
    world: World,
    history: History | NativeHistory,
    nights: tuple[date, ...],
    file_format: writing.Format,
) -> tuple[str, int]:
    """Writes one extract's files; returns its name and rows."""
    table = history.history if isinstance(history, NativeHistory) else history
    since, written = None, 0
    for number, night in enumerate(nights):
        cut = midnight(night)
        frame = table.night(cut, since)
        folder = out / table.extract / f"dt={night}"
        name = table.extract.rsplit("/", 1)[1]
        complete = None
        if table.extract == CONTACTS:
            frame, complete = _crawled(frame, world.clinic.wecom_userids, number)
        if isinstance(history, NativeHistory):
            lines = history.render(frame)
            count, path = len(lines), folder / f"{name}.jsonl.gz"
            writing.write_json_lines(path, lines)
        else:
            count, path = len(frame), folder / f"{name}.{file_format}"
            writing.write_frame(path, frame, file_format)
        if complete is not None or table.extract in WITH_MANIFEST:
            writing.write_manifest(path, count, complete)
        since, written = cut, written + count
    return table.extract, written


def _crawled(frame: pl.DataFrame, userids: list[str], night: int) -> tuple[pl.DataFrame, list[str]]:
    """The relations reached and the employees crawled whole; the second night's crawl broke off."""
    if night != 1:
        return frame, userids
    broken = frame["userid"].unique().sort()[0]
    lost = (pl.col("userid") == broken) & (pl.int_range(pl.len()).over("userid") % 2 == 0)
    return frame.filter(~lost), [userid for userid in userids if userid != broken]
