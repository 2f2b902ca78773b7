"""The extracts that land as the APIs' own JSON: fans and corp tags here, external contacts in contacts.py.

The rows and their history come from identities.py and events.py; here they get their JSON.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import polars as pl

from pipelines.sample import draws, event_kinds, offers, timeline, words
from pipelines.sample.events import Subscription
from pipelines.sample.identities import World
from pipelines.sample.timeline import DAY, HOUR, History

NEW_TAG = "新媒体"  # appears in the last group in the last days


@dataclass(frozen=True)
class NativeHistory:
    """A history whose rows land as JSON lines; `render` makes them from a night's frame."""

    history: History
    render: Callable[[pl.DataFrame], list[bytes]]


def epoch(instant: int) -> int:
    """Seconds since 1970 in UTC, as the APIs count, of an instant in local time."""
    return instant - 8 * HOUR


def fans(world: World, subscription: Subscription) -> NativeHistory:
    """wechat_oa/fans in the shape of user/info; an unsubscribed fan has little more than its openid."""
    rng, people, accounts = world.stream("fans"), world.people, world.fans
    n = len(accounts)
    place = people.store[accounts.person] % len(words.PLACES)
    hidden = draws.chance(rng, n, 0.15)
    frame = pl.DataFrame(
        {
            "appid": accounts.appid,
            "openid": accounts.openid,
            "unionid": accounts.unionid,
            "nickname": draws.pick(rng, n, [*words.NICKNAMES, ""], [*[1] * len(words.NICKNAMES), 3]),
            "sex": np.where(hidden, 0, 1 + people.female[accounts.person]),
            "sex_as_text": draws.chance(rng, n, 0.07),
            "city": draws.words([place[2] for place in words.PLACES], place),
            "province": draws.words([place[1] for place in words.PLACES], place),
            "remark": draws.pick(rng, n, ["", "", "", "老客户", "=1+1", "100%_"]),
            "tags": draws.pick(rng, n, [[], [], [2], [2, 101], [108]]),
            "scene": draws.pick(rng, n, event_kinds.SUBSCRIBE_SCENES),
            "qr": draws.pick(rng, n, ["", *offers.QR_NAMES], [60, 10, 10, 10, 10]),
            "born": accounts.created,
            "left": subscription.left,
            "back": subscription.back,
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        away = timeline.passed("left", cut) & ~timeline.passed("back", cut)
        since = pl.when(timeline.passed("back", cut)).then(pl.col("back")).otherwise(pl.col("born"))
        return [*frame.columns[:12], (~away).alias("subscribed"), since.alias("since")]

    history = History("wechat_oa/fans", "delta", frame, columns, ["born", "left", "back"])
    return NativeHistory(history, _render_fans)


def _render_fans(frame: pl.DataFrame) -> list[bytes]:
    updated = frame["updated_at"].dt.to_string("%Y-%m-%d %H:%M:%S")
    return [_fan_line(row, at) for row, at in zip(frame.iter_rows(named=True), updated, strict=True)]


def _fan_line(row: dict[str, Any], updated_at: str) -> bytes:
    fan: dict[str, Any] = {"subscribe": int(row["subscribed"]), "openid": row["openid"]}
    if row["subscribed"]:
        fan |= {
            "nickname": row["nickname"],
            "sex": str(row["sex"]) if row["sex_as_text"] else row["sex"],
            "language": "zh_CN",
        }
        fan |= {"city": row["city"], "province": row["province"], "country": "中国"}
        fan["headimgurl"] = f"http://thirdwx.qlogo.cn/mmopen/{row['openid'][2:14]}/132"
        fan["subscribe_time"] = epoch(row["since"])
        fan |= {"remark": row["remark"], "groupid": 0, "tagid_list": row["tags"]}
        fan |= {"subscribe_scene": row["scene"], "qr_scene": 0, "qr_scene_str": row["qr"]}
    if row["unionid"] is not None:
        fan["unionid"] = row["unionid"]
    return orjson.dumps(
        fan | {"appid": row["appid"], "updated_at": updated_at, "is_deleted": row["is_deleted"]}
    )


def corp_tags(world: World) -> NativeHistory:
    """wecom/corp_tags: elements of get_corp_tag_list; a tag appears in the last days, a group is deleted."""
    groups = [*offers.TAG_GROUPS.items(), ("旧分组", ["旧标签"])]
    n = len(groups)
    frame = pl.DataFrame(
        {
            "number": np.arange(n),
            "name": [name for name, _ in groups],
            "tags": [tags for _, tags in groups],
            "deleted": np.arange(n) == n - 1,
            "extended": np.where(np.arange(n) == n - 2, world.as_of - 2 * DAY + 10 * HOUR, timeline.NEVER),
            "born": np.zeros(n, dtype=np.int64),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        extended = pl.when(timeline.passed("extended", cut)).then(pl.col("tags").list.concat(pl.lit(NEW_TAG)))
        return ["number", "name", extended.otherwise(pl.col("tags")).alias("tags"), "deleted"]

    return NativeHistory(History("wecom/corp_tags", "full", frame, columns, ["born"]), _render_corp_tags)


def corp_tag_id(group: int, tag: int) -> str:
    """The id of a corp tag by its position."""
    return f"etAJ2GCAAAtag{group:02d}{tag:02d}Q7wZk3mXv"


def _render_corp_tags(frame: pl.DataFrame) -> list[bytes]:
    return [_tag_group(row) for row in frame.iter_rows(named=True)]


def _tag_group(row: dict[str, Any]) -> bytes:
    group = row["number"]
    tags = [
        {"id": corp_tag_id(group, i), "name": name, "create_time": 1_640_000_000 + i, "order": i}
        for i, name in enumerate(row["tags"])
    ]
    return orjson.dumps(
        {
            "group_id": f"etAJ2GCAAAgrp{group:02d}Q7wZk3mXv",
            "group_name": row["name"],
            "create_time": 1_640_000_000,
            "order": group,
            "deleted": row["deleted"],
            "tag": tags,
        }
    )
