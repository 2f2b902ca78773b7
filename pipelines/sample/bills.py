"""The money of visits: bills with their lines, as they were made and paid, and what was refunded.

How the extracts show them is in billing.py. Amounts are hundredths of a yuan.
"""

from dataclasses import dataclass

import numpy as np

from pipelines.sample import draws, offers
from pipelines.sample.draws import Ints
from pipelines.sample.encounters import Encounters, removed
from pipelines.sample.identities import World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER

REGISTRATION_BILL, TREATMENT_BILL, TOP_UP_BILL, ARREARS_BILL, GOODS_BILL = range(5)
ITEM_COUNT = np.array([offers.ITEM_CATEGORIES.count(name) for name in offers.CATEGORIES])
ITEM_START = np.cumsum(ITEM_COUNT) - ITEM_COUNT
ITEM_PRICE = np.array(offers.ITEM_PRICES) * 100
TOP_UPS = np.array([1000, 2000, 3000, 5000, 10000]) * 100


@dataclass(frozen=True)
class Bills:
    """Bills by position; `lines` holds their lines, those of one bill together and in order of bills."""

    patient: Ints
    visit: Ints
    store: Ints
    billed: Ints
    kind: Ints
    paid: Ints
    voided: Ints
    receivable: Ints
    discounted: Ints
    received: Ints
    bonus_paid: Ints
    points_paid: Ints
    doctor: Ints
    gone: Ints
    lines: "Lines"

    def __len__(self) -> int:
        return len(self.patient)


@dataclass(frozen=True)
class Lines:
    """Charge lines; `bill` is the position of their bill."""

    bill: Ints
    item: Ints
    qty: Ints
    price: Ints
    discounted: Ints
    received: Ints

    def __len__(self) -> int:
        return len(self.bill)


@dataclass(frozen=True)
class Drafts:
    """Bills before their money: who, when, what kind, and the category and number of their lines."""

    patient: Ints
    visit: Ints
    store: Ints
    billed: Ints
    kind: Ints
    category: Ints
    line_count: Ints
    doctor: Ints


def make_bills(world: World, encounters: Encounters) -> Bills:
    """Draws the bills of visits, top-ups and goods, then what was paid on each line."""
    rng, knobs = world.stream("bills"), world.knobs
    drafts = _drafts(world, encounters, rng)
    n = len(drafts.patient)
    draw, plain = rng.random(n), drafts.kind != TOP_UP_BILL
    unpaid, partial = plain & (draw < knobs.unpaid_bill), plain & (draw > 1 - knobs.partial_payment)
    whole = plain & ~unpaid & ~partial
    bonus = whole & draws.chance(rng, n, knobs.bonus_paid)
    points = whole & ~bonus & draws.chance(rng, n, knobs.points_paid)
    part = 20 + draws.below(rng, 70, n)
    percent = np.select([unpaid, partial, bonus, points], [np.zeros_like(part), part, 90, 97], 100)
    lines = _lines(rng, drafts, percent)
    left = _per_bill(lines.bill, lines.discounted - lines.received, n)
    void = plain & draws.chance(rng, n, knobs.void_bill)
    return Bills(
        patient=drafts.patient,
        visit=drafts.visit,
        store=drafts.store,
        billed=drafts.billed,
        kind=drafts.kind,
        paid=np.where(unpaid, NEVER, drafts.billed + 600),
        voided=np.where(void, drafts.billed + 2 * HOUR + draws.below(rng, 3 * DAY, n), NEVER),
        receivable=_per_bill(lines.bill, lines.price * lines.qty, n),
        discounted=_per_bill(lines.bill, lines.discounted, n),
        received=_per_bill(lines.bill, lines.received, n),
        bonus_paid=np.where(bonus, left, 0),
        points_paid=np.where(points, left, 0),
        doctor=drafts.doctor,
        gone=removed(rng, world, drafts.billed),
        lines=lines,
    )


def _lines(rng: np.random.Generator, drafts: Drafts, percent: Ints) -> Lines:
    """The lines of all bills, of which `percent` of the bill is received."""
    bill = np.repeat(np.arange(len(drafts.patient)), drafts.line_count)
    n, top_up = len(bill), (drafts.kind == TOP_UP_BILL)[bill]
    further = np.concatenate([[False], bill[1:] == bill[:-1]])
    category = np.where(further & draws.chance(rng, n, 0.45), offers.EXAM, drafts.category[bill])
    one, other = (ITEM_START[category] + draws.below(rng, ITEM_COUNT[category]) for _draw in range(2))
    item = np.where(
        ITEM_PRICE[one] <= ITEM_PRICE[other], one, other
    )  # of two, the cheaper: dear ones are rare
    usual = np.maximum((ITEM_PRICE[item] * rng.lognormal(0, 0.28, n)).astype(np.int64) // 1000 * 1000, 1000)
    price = np.where(top_up, TOP_UPS[draws.weighted(rng, n, [30, 25, 22, 15, 8])], usual)
    qty = np.where(draws.chance(rng, n, 0.15) & (ITEM_PRICE[item] < 300_000) & ~top_up, 2, 1)
    discount = np.where(draws.chance(rng, n, 0.4) & ~top_up, 70 + draws.below(rng, 30, n), 100)
    discounted = price * qty * discount // 100
    return Lines(bill, item, qty, price, discounted, discounted * percent[bill] // 100)


def _per_bill(bill: Ints, amount: Ints, n: int) -> Ints:
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, bill, amount)
    return total


def _drafts(world: World, encounters: Encounters, rng: np.random.Generator) -> Drafts:
    knobs = world.knobs
    visit = np.flatnonzero(draws.chance(rng, len(encounters.visits), knobs.billed_visit))
    at = encounters.visits[visit]
    deal = encounters.deal[at]
    small = np.where(draws.chance(rng, len(at), 0.5), offers.REGISTRATION, offers.EXAM)
    visits = Drafts(
        patient=encounters.patient[at],
        visit=np.where(draws.chance(rng, len(at), 0.9), visit, -1),
        store=encounters.store[at],
        billed=encounters.arrived[at] + 25 * 60,
        kind=np.where(deal, TREATMENT_BILL, REGISTRATION_BILL),
        category=np.where(deal, encounters.category[at], small),
        line_count=np.where(
            deal, 1 + draws.weighted(rng, len(at), [52, 30, 18]), 1 + draws.chance(rng, len(at), 0.3)
        ),
        doctor=encounters.doctor[at],
    )
    top_ups = _beside_visits(rng, encounters, knobs.stored_value * 0.3, TOP_UP_BILL, offers.TOP_UP)
    goods = _beside_visits(rng, encounters, 0.025, GOODS_BILL, offers.GOODS)
    parts = (visits, top_ups, goods)
    return Drafts(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Drafts.__dataclass_fields__)
    )


def _beside_visits(
    rng: np.random.Generator, encounters: Encounters, share: float, kind: int, category: int
) -> Drafts:
    """Bills of one line made during a share of the visits, without their visit's number."""
    at = encounters.visits[draws.chance(rng, len(encounters.visits), share)]
    n = len(at)
    return Drafts(
        patient=encounters.patient[at],
        visit=np.full(n, -1),
        store=encounters.store[at],
        billed=encounters.arrived[at] + 50 * 60,
        kind=np.full(n, kind),
        category=np.full(n, category),
        line_count=np.full(n, 1),
        doctor=np.full(n, -1),
    )


@dataclass(frozen=True)
class Refunds:
    """Refunds by position: of a whole bill, or of one line (line −1 = the whole bill)."""

    bill: Ints
    line: Ints
    amount: Ints
    at: Ints


def make_refunds(world: World, bills: Bills) -> Refunds:
    """Refunds of paid bills: two in three name the line; some fall in the last days."""
    rng, lines = world.stream("refunds"), bills.lines
    first = np.searchsorted(lines.bill, np.arange(len(bills)))
    payable = (
        (bills.received > 5_000)
        & (bills.voided == NEVER)
        & (bills.gone == NEVER)
        & (bills.kind != TOP_UP_BILL)
    )
    bill = np.flatnonzero(payable & draws.chance(rng, len(bills), world.knobs.refunded_bill))
    at = bills.paid[bill] + HOUR + (rng.exponential(15 * DAY, len(bill))).astype(np.int64)
    old = np.flatnonzero(draws.chance(rng, len(bill), 0.06) & (bills.paid[bill] < world.as_of - 8 * DAY))
    at[old] = spread_busy(rng, world.as_of, len(old), world.knobs.busy_days)
    of_line = draws.chance(rng, len(bill), 0.66)
    line = first[bill]
    whole = ~of_line & draws.chance(rng, len(bill), 0.6)
    part = np.where(of_line, lines.received[line], bills.received[bill])
    amount = np.where(whole | (of_line & draws.chance(rng, len(bill), 0.5)), part, part // 2)
    keep = amount > 0
    return Refunds(bill[keep], np.where(of_line, line, -1)[keep], amount[keep], at[keep])
