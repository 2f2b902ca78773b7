"""What customers hold: stored-value cards, points, coupons, member cards. Bills are in billing.py."""

import numpy as np
import polars as pl

from pipelines.sample import draws, offers, timeline
from pipelines.sample.bills import TOP_UP_BILL, Bills
from pipelines.sample.draws import Ints
from pipelines.sample.encounters import removed
from pipelines.sample.identities import Accounts, World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History


def wallet_histories(world: World, bills: Bills) -> list[History]:
    """stored_value_cards, points_ledger, coupons, member_cards."""
    return [
        _stored_value_cards(world, bills),
        _points_ledger(world, bills),
        _coupons(world),
        _member_cards(world),
    ]


def _stored_value_cards(world: World, bills: Bills) -> History:
    """One card per patient who topped up; half of them have spent most of it since."""
    rng = world.stream("stored_value_cards")
    top_up = np.flatnonzero(bills.kind == TOP_UP_BILL)
    patient, first = np.unique(bills.patient[top_up], return_index=True)
    n = len(patient)
    principal = np.zeros(len(world.patients), dtype=np.int64)
    np.add.at(principal, bills.patient[top_up], bills.received[top_up])
    opened = bills.billed[top_up][first]
    frame = pl.DataFrame(
        {
            "card": np.arange(n),
            "patient": patient,
            "full": principal[patient],
            "rest": principal[patient] * draws.below(rng, 60, n) // 100,
            "bonus": principal[patient] // 10 * draws.chance(rng, n, 0.7),
            "opened": opened,
            "spent": np.where(
                draws.chance(rng, n, 0.6), opened + DAY + draws.below(rng, 300 * DAY, n), NEVER
            ),
            "gone": removed(rng, world, opened),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        spent = timeline.passed("spent", cut)
        return [
            draws.code("SV", "card").alias("card_id"),
            draws.code("P", "patient").alias("patient_id"),
            pl.when(spent).then(timeline.money("rest")).otherwise(timeline.money("full")).alias("principal"),
            timeline.money("bonus").alias("bonus"),
        ]

    return History("ekanya/stored_value_cards", "delta", frame, columns, ["opened", "spent"], "gone")


def _points_ledger(world: World, bills: Bills) -> History:
    """One point for ten yuan, valid for two years; the source posts the expiry as rows of its own."""
    rng, n = world.stream("points_ledger"), len(world.patients)
    enrolled = draws.chance(rng, n, world.knobs.in_points_plan)
    paid = np.flatnonzero(
        enrolled[bills.patient] & (bills.received >= 1_000) & (bills.paid < NEVER) & (bills.voided == NEVER)
    )
    earned = bills.received[paid] // 1_000
    two_years = 730 * DAY
    expiring = draws.chance(rng, len(paid), 0.6)
    spending = np.flatnonzero(bills.points_paid > 0)
    member = np.flatnonzero(enrolled & draws.chance(rng, n, 0.35))
    joined = world.patients.created[member]
    gift = 20 + 10 * draws.below(rng, 10, len(member))
    fixed = member[draws.chance(rng, len(member), 0.04)]
    parts = [  # (patient, at, kind, change, expires)
        (bills.patient[paid], bills.paid[paid], "消费", earned, bills.paid[paid] + two_years),
        (
            bills.patient[paid[expiring]],
            bills.paid[paid[expiring]] + two_years + HOUR,
            "过期",
            -earned[expiring] // 2,
            None,
        ),
        (
            bills.patient[spending],
            bills.paid[spending],
            "抵现",
            -(bills.points_paid[spending] // 100 + 1),
            None,
        ),
        (member, joined + HOUR, "赠送", gift, joined + two_years),
        (member[::3], joined[::3] + 40 * DAY, "活动", gift[::3] // 2 + 5, joined[::3] + 400 * DAY),
        (
            fixed,
            world.patients.created[fixed] + 60 * DAY,
            "调整",
            draws.below(rng, 41, len(fixed)) - 20,
            None,
        ),
    ]
    frame = pl.concat(
        pl.DataFrame(
            {
                "patient": patient,
                "at": at,
                "change": change,
                "expires": np.full(len(at), NEVER) if expires is None else expires,
            }
        ).with_columns(pl.lit(kind).alias("kind"))
        for patient, at, kind, change, expires in parts
    )
    frame = frame.with_columns(entry=np.arange(len(frame)))

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("PT", "entry").alias("entry_id"),
            draws.code("P", "patient").alias("patient_id"),
            timeline.stamp("at").alias("at"),
            "kind",
            "change",
            timeline.day("expires").alias("expires_on"),
        ]

    return History("ekanya/points_ledger", "append", frame, columns, ["at"])


def _coupons(world: World) -> History:
    rng, patients, as_of = world.stream("coupons"), world.patients, world.as_of
    filed = np.repeat(np.arange(len(patients)), rng.poisson(world.knobs.coupons_per_patient, len(patients)))
    online = [
        (accounts, _holders(rng, accounts, world.knobs.coupons_per_account))
        for accounts in (world.fans, world.minis)
    ]
    owner = pl.concat(
        [
            pl.DataFrame({"patient": filed, "since": patients.created[filed]}).with_columns(
                pl.lit(None, dtype=pl.String).alias("appid"), pl.lit(None, dtype=pl.String).alias("openid")
            ),
            *(_online_owners(accounts, holders) for accounts, holders in online),
        ]
    )
    n, since = len(owner), owner["since"].to_numpy()
    received = since + HOUR + (np.maximum(as_of - since, DAY) * rng.random(n) ** 0.6).astype(np.int64)
    kind = draws.weighted(rng, n, [float(coupon[0]) for coupon in offers.COUPONS])
    days = np.array([int(coupon[3]) for coupon in offers.COUPONS])[kind]
    uses = np.array([int(coupon[4]) for coupon in offers.COUPONS])[kind]
    expire = (received // DAY + days + 1) * DAY - 1
    used = np.where(draws.chance(rng, n, 0.42), received + HOUR + draws.below(rng, days * DAY), NEVER)
    held = np.flatnonzero((expire > as_of) & (received < as_of - 8 * DAY) & (used > as_of))
    recent = held[draws.chance(rng, len(held), 0.06)]
    used[recent] = spread_busy(rng, as_of, len(recent), world.knobs.busy_days)
    frame = owner.with_columns(
        pl.Series("coupon", np.arange(n)),
        pl.Series("name", draws.words([coupon[1] for coupon in offers.COUPONS], kind)),
        pl.Series("coupon_type", draws.words([coupon[2] for coupon in offers.COUPONS], kind)),
        draws.pick(rng, n, offers.COUPON_CHANNELS, [34, 26, 16, 14, 10]).alias("channel"),
        pl.Series("received", received),
        pl.Series("expire", np.where(draws.chance(rng, n, 0.03), NEVER, expire)),
        pl.Series("used", used),
        pl.Series("used_up", np.where(uses > 1, NEVER, used)),
        pl.Series(
            "void",
            np.where(
                draws.chance(rng, n, 0.05) & (used == NEVER),
                received + draws.below(rng, 40 * DAY, n) + HOUR,
                NEVER,
            ),
        ),
        pl.Series("uses", uses),
        pl.Series("gone", removed(rng, world, received)),
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        status = timeline.staged(cut, "可用", ("void", "已注销"), ("used_up", "已使用"), ("expire", "已过期"))
        return [
            draws.code("CP", "coupon").alias("coupon_id"),
            draws.code("P", "patient").alias("patient_id"),
            "appid",
            "openid",
            "name",
            "coupon_type",
            status.alias("status"),
            "channel",
            timeline.stamp("received").alias("received_at"),
            timeline.stamp("expire").alias("expire_at"),
            timeline.known("used", cut).alias("used_at"),
            timeline.known("void", cut).alias("void_at"),
            (pl.col("uses") - timeline.passed("used", cut).cast(pl.Int64)).alias("remaining"),
        ]

    return History("ekanya/coupons", "delta", frame, columns, ["received", "used", "expire", "void"], "gone")


def _holders(rng: np.random.Generator, accounts: Accounts, share: float) -> Ints:
    return np.flatnonzero(draws.chance(rng, len(accounts), share))


def _online_owners(accounts: Accounts, holders: Ints) -> pl.DataFrame:
    """Coupons drawn online belong to the account, not to a file."""
    return pl.DataFrame(
        {
            "patient": np.full(len(holders), -1),
            "since": accounts.created[holders],
            "appid": accounts.appid.gather(holders),
            "openid": accounts.openid.gather(holders),
        }
    )


def _member_cards(world: World) -> History:
    """Member cards; some were raised to a better card, which is a new one."""
    rng, patients = world.stream("member_cards"), world.patients
    first = np.flatnonzero(draws.chance(rng, len(patients), world.knobs.member_card))
    opened = patients.created[first] + DAY + draws.below(rng, 120 * DAY, len(first))
    level = draws.weighted(rng, len(first), [40, 35, 18, 7])
    raised = draws.chance(rng, len(first), 0.18) & (level < 3)
    patient: Ints = np.concatenate([first, first[raised]])
    opening = np.concatenate(
        [opened, opened[raised] + 30 * DAY + draws.below(rng, 500 * DAY, int(raised.sum()))]
    )
    n = len(patient)
    frame = pl.DataFrame(
        {
            "card": 1_000 + np.arange(n),
            "patient": patient,
            "level": draws.words(offers.MEMBER_LEVELS, np.concatenate([level, level[raised] + 1])),
            "opened": opening,
            "expires": np.where(draws.chance(rng, n, 0.8), opening + 730 * DAY, NEVER),
            "gone": removed(rng, world, opening),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("MC", "card").alias("card_no"),
            draws.code("P", "patient").alias("patient_id"),
            "level",
            timeline.day("opened").alias("opened_on"),
            timeline.day("expires").alias("expires_on"),
        ]

    return History("ekanya/member_cards", "delta", frame, columns, ["opened"], "gone")
