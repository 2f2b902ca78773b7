"""What fans and mini-program users do: event logs with JSON props. WeCom's callbacks are in wecom.py."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import clinic, draws, timeline
from pipelines.sample.draws import Ints
from pipelines.sample.event_kinds import FAN_EVENTS, MINI_EVENTS, SUBSCRIBE, UNSUBSCRIBE, EventKind
from pipelines.sample.identities import Accounts, World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

MOST_EVENTS = 900  # of one account, beside its subscriptions


@dataclass(frozen=True)
class Subscription:
    """When each fan left the official account, and came back (NEVER = did not)."""

    left: Ints
    back: Ints


def make_subscription(world: World) -> Subscription:
    """Who unsubscribes, some of them in the last days, and who comes back."""
    rng, fans = world.stream("subscription"), world.fans
    n = len(fans)
    stayed = HOUR + (rng.exponential(150 * DAY, n)).astype(np.int64)
    left = np.where(draws.chance(rng, n, world.knobs.unsubscribed), fans.created + stayed, NEVER)
    recent = np.flatnonzero(draws.chance(rng, n, 0.03) & (fans.created < world.as_of - 9 * DAY))
    left[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    returns = draws.chance(rng, n, 0.12) & (left < NEVER)
    return Subscription(left, np.where(returns, left + 2 * HOUR + draws.below(rng, 90 * DAY, n), NEVER))


def event_histories(world: World, subscription: Subscription) -> list[History]:
    """fan_events, mini_events."""
    fans, minis = world.fans, world.minis
    rng = world.stream("subscription_events")
    subscriptions = [
        _of_kind(world, rng, fans, kind, account=np.flatnonzero(at < NEVER), at=at[at < NEVER])
        for kind, at in (
            (SUBSCRIBE, fans.created),
            (UNSUBSCRIBE, subscription.left),
            (SUBSCRIBE, subscription.back),
        )
    ]
    return [
        _log("wechat_oa/fan_events", "FE", fans, [*subscriptions, *_drawn(world, "fans", fans, FAN_EVENTS)]),
        _log("miniprogram/mini_events", "ME", minis, _drawn(world, "minis", minis, MINI_EVENTS)),
    ]


def _drawn(world: World, topic: str, accounts: Accounts, kinds: list[EventKind]) -> list[pl.DataFrame]:
    """Many events for few accounts, none or one for most; the newer the denser."""
    rng, knobs = world.stream(f"events of {topic}"), world.knobs
    count = rng.lognormal(knobs.event_mu, knobs.event_sigma, len(accounts))
    account = np.repeat(np.arange(len(accounts)), np.minimum(count, MOST_EVENTS).astype(np.int64))
    n = len(account)
    age = (world.as_of - accounts.created)[account]
    at = world.as_of - 1 - (age * rng.random(n) ** 1.7).astype(np.int64)
    which = draws.weighted(rng, n, [kind.weight for kind in kinds])
    return [
        _of_kind(world, rng, accounts, kind, account=account[which == number], at=at[which == number])
        for number, kind in enumerate(kinds)
    ]


def _of_kind(
    world: World, rng: np.random.Generator, accounts: Accounts, kind: EventKind, *, account: Ints, at: Ints
) -> pl.DataFrame:
    """The events of one kind, with their props drawn."""
    n, store = len(account), world.people.store[accounts.person[account]]
    pieces = [draws.pick(rng, n, bundle) for bundle in kind.bundles]
    if kind.with_store:
        pieces.append(_reference(rng, '"store_id":"', "S", store + 1, 3))
    if kind.with_doctor:
        pieces.append(
            _reference(rng, '"doctor":"', "E", world.clinic.staff(rng, store, clinic.DOCTORS) + 1, 5)
        )
    said = [pl.when(piece != "").then(piece) for piece in pieces] or [pl.lit("")]
    props = pl.lit("{") + pl.concat_str(said, separator=",", ignore_nulls=True) + pl.lit("}")
    return pl.DataFrame({"account": account, "at": at}).with_columns(
        pl.lit(kind.event).alias("event"), props.alias("props")
    )


def _reference(rng: np.random.Generator, opening: str, prefix: str, number: Ints, width: int) -> pl.Series:
    """A rendered store or employee id for most rows, nothing for the others."""
    frame = pl.DataFrame({"number": np.where(draws.chance(rng, len(number), 0.7), number, -1)})
    rendered = pl.lit(opening) + draws.code(prefix, "number", width) + pl.lit('"')
    return frame.select(rendered.fill_null("")).to_series()


def _log(extract: str, prefix: str, accounts: Accounts, parts: list[pl.DataFrame]) -> History:
    """The log of one channel; a handful of rows are of accounts that no other extract knows."""
    rows = pl.concat(parts)
    account = rows["account"].to_numpy()
    frame = rows.with_columns(
        accounts.appid.gather(account).alias("appid"),
        accounts.openid.gather(account).alias("openid"),
        pl.Series("number", np.arange(len(rows))),
    )
    stray = (pl.col("number") % 900 == 450) & (pl.col("number") < 4_000)
    unknown = pl.lit("o7unknown") + pl.col("number").cast(pl.String)
    frame = frame.with_columns(pl.when(stray).then(unknown).otherwise("openid").alias("openid"))

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code(prefix, "number").alias("event_id"),
            "appid",
            "openid",
            "event",
            timeline.stamp("at").alias("occurred_at"),
            "props",
        ]

    return History(extract, "append", frame, columns, ["at"])
