"""Mini-program users, verified fan phones, fan bindings. Fans are in native.py, what they do in events.py."""

import numpy as np
import polars as pl

from pipelines.sample import draws, phones, timeline, words
from pipelines.sample.draws import Ints
from pipelines.sample.identities import Accounts, World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History


def online_histories(world: World) -> list[History]:
    """fan_phones, fan_bindings, mini_users."""
    return [_fan_phones(world), _fan_bindings(world), _mini_users(world)]


def _given_phones(
    world: World, rng: np.random.Generator, accounts: Accounts, share: float, wait_days: int
) -> dict[str, Ints]:
    """Phones that accounts gave; half of those whose number changes give the new one, few a partner's."""
    people, n = world.people, len(accounts)
    at = accounts.created + 60 + (rng.exponential(wait_days * DAY, n)).astype(np.int64)
    at = np.where(draws.chance(rng, n, share), at, NEVER)
    borrowed = draws.chance(rng, n, world.knobs.borrowed_phone)
    owner = np.where(borrowed, people.parent[accounts.person], accounts.person)
    changed = people.phone_changed[owner]
    renewed = np.where((changed > at) & (changed < NEVER) & draws.chance(rng, n, 0.5), changed + HOUR, NEVER)
    return {
        "at": at,
        "renewed": renewed,
        "phone": people.phone_at(owner, at),
        "new_phone": people.phone[owner],
    }


def _phone_now(cut: int) -> pl.Expr:
    return pl.when(timeline.passed("renewed", cut)).then(pl.col("new_phone")).otherwise(pl.col("phone"))


def _time_now(cut: int) -> pl.Expr:
    return (
        pl.when(timeline.passed("renewed", cut))
        .then(timeline.stamp("renewed"))
        .otherwise(timeline.stamp("at"))
    )


def _fan_phones(world: World) -> History:
    rng = world.stream("fan_phones")
    given = _given_phones(world, rng, world.fans, world.knobs.fan_phone, 20)
    frame = pl.DataFrame({"appid": world.fans.appid, "openid": world.fans.openid, **given}).with_columns(
        phones.as_typed(rng, given["phone"], world.knobs.messy_phone / 4).alias("phone"),
        pl.col("new_phone").cast(pl.String),
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return ["appid", "openid", _phone_now(cut).alias("phone"), _time_now(cut).alias("verified_at")]

    return History(
        "wechat_oa/fan_phones", "delta", frame.filter(pl.col("at") < NEVER), columns, ["at", "renewed"]
    )


def _mini_users(world: World) -> History:
    rng, minis = world.stream("mini_users"), world.minis
    given = _given_phones(world, rng, minis, world.knobs.mini_phone, 10)
    nickname = draws.pick(
        rng, len(minis), [*words.NICKNAMES, "微信用户", None], [*[1] * len(words.NICKNAMES), 12, 6]
    )
    frame = pl.DataFrame(
        {
            "appid": minis.appid,
            "openid": minis.openid,
            "unionid": minis.unionid,
            "nickname": nickname,
            "created": minis.created,
            **given,
        }
    ).with_columns(pl.col("phone").cast(pl.String), pl.col("new_phone").cast(pl.String))

    def columns(cut: int) -> list[pl.Expr | str]:
        given_by_now = timeline.passed("at", cut)
        return [
            "appid",
            "openid",
            "unionid",
            "nickname",
            pl.when(given_by_now).then(_phone_now(cut)).alias("phone"),
            pl.when(given_by_now).then(_time_now(cut)).alias("phone_authorised_at"),
            timeline.stamp("created").alias("created_at"),
        ]

    return History("miniprogram/mini_users", "delta", frame, columns, ["created", "at", "renewed"])


def _fan_bindings(world: World) -> History:
    """Fans bound to their own file, and parents to their children's files; some are unbound again."""
    rng, people, patients, fans = world.stream("fan_bindings"), world.people, world.patients, world.fans
    fan_of = np.full(len(people), -1, dtype=np.int64)
    fan_of[fans.person] = np.arange(len(fans))
    own = fan_of[patients.person]
    parents = fan_of[people.parent[patients.person]]
    child = people.child[patients.person]
    share = np.where(child, world.knobs.bound_fan * 0.6, world.knobs.bound_fan)
    fan = np.where(child, parents, own)
    patient = np.flatnonzero((fan >= 0) & draws.chance(rng, len(patients), share))
    fan = fan[patient]
    n = len(patient)
    bound = (
        np.maximum(fans.created[fan], patients.created[patient])
        + 300
        + (rng.exponential(25 * DAY, n)).astype(np.int64)
    )
    unbound = np.where(draws.chance(rng, n, 0.05), bound + DAY + draws.below(rng, 300 * DAY, n), NEVER)
    recent = np.flatnonzero(draws.chance(rng, n, 0.03) & (bound < world.as_of - 9 * DAY))
    unbound[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    frame = pl.DataFrame(
        {
            "binding": np.arange(n),
            "appid": fans.appid.gather(fan),
            "openid": fans.openid.gather(fan),
            "patient": patient,
            "method": draws.pick(rng, n, ["扫码", "自助", "自动", "客服"], [40, 30, 18, 12]),
            "bound": bound,
            "unbound": unbound,
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("FB", "binding").alias("binding_id"),
            "appid",
            "openid",
            draws.code("P", "patient").alias("patient_id"),
            "method",
            timeline.stamp("bound").alias("bound_at"),
            timeline.known("unbound", cut).alias("unbound_at"),
        ]

    return History("wechat_oa/fan_bindings", "delta", frame, columns, ["bound", "unbound"])
