"""What people did in the CDP itself: static tags and segments, manual pairs, channel accounts, purchases."""

import numpy as np
import polars as pl

from pipelines.sample import draws, offers, timeline
from pipelines.sample.draws import Ints
from pipelines.sample.identities import ACCOUNTS, World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

COLORS = ["#E5484D", "#F5A623", "#30A46C", "#3E63DD", "#8E4EC6"]


def platform_histories(world: World) -> list[History]:
    """All extracts of the source cdp."""
    return [
        _static_tags(world),
        _static_tag_changes(world),
        _static_segments(world),
        _static_segment_changes(world),
        _manual_pairs(world),
        _channel_accounts(),
        _quota_purchases(world),
    ]


def _static_tags(world: World) -> History:
    """The tag library; its last tag is made in the last days."""
    rows = [(group, name) for group, names in offers.TAG_GROUPS.items() for name in names]
    groups = list(offers.TAG_GROUPS)
    n = len(rows)
    born = np.array([world.as_of - (600 - 30 * i) * DAY + 10 * HOUR for i in range(n)])
    born[-1] = world.as_of - 2 * DAY + 11 * HOUR
    frame = pl.DataFrame(
        {
            "tag_id": [f"T{i + 1:03d}" for i in range(n)],
            "group_id": [f"TG{groups.index(group) + 1:02d}" for group, _ in rows],
            "group_name": [group for group, _ in rows],
            "name": [name for _, name in rows],
            "color": [COLORS[groups.index(group)] for group, _ in rows],
            "sort_no": np.arange(n),
            "group_sort_no": [groups.index(group) for group, _ in rows],
            "born": born,
            "disabled": np.where(np.arange(n) == 2, world.as_of - 2 * DAY + 15 * HOUR, NEVER),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        disabled = timeline.passed("disabled", cut)
        return [
            "tag_id",
            "group_id",
            "group_name",
            "name",
            "color",
            (~disabled).alias("enabled"),
            "sort_no",
            "group_sort_no",
            timeline.stamp("born").alias("created_at"),
            pl.when(disabled)
            .then(timeline.stamp("disabled"))
            .otherwise(timeline.stamp("born"))
            .alias("updated_at"),
        ]

    return History("cdp/static_tags", "full", frame, columns, ["born"])


def _identities(world: World, rng: np.random.Generator, share: float) -> pl.DataFrame:
    """A share of the identities of all five kinds: identity_type, source_id, since."""
    patients = pl.DataFrame({"n": np.arange(len(world.patients))}).select(draws.code("P", "n")).to_series()
    leads = pl.DataFrame({"n": np.arange(len(world.leads))}).select(draws.code("L", "n")).to_series()
    kinds = [
        ("patient", patients, world.patients.created),
        ("wecom", world.contacts.external_userid, world.contacts.created),
        ("mini", world.minis.source_id, world.minis.created),
        ("fan", world.fans.source_id, world.fans.created),
        ("lead", leads, world.leads.created),
    ]
    parts = []
    for kind, ids, since in kinds:
        chosen = np.flatnonzero(draws.chance(rng, len(ids), share))
        parts.append(
            pl.DataFrame({"source_id": ids.gather(chosen), "since": since[chosen]}).select(
                pl.lit(kind).alias("identity_type"), "source_id", "since"
            )
        )
    return pl.concat(parts)


def _changes(world: World, topic: str, share: float, choices: int) -> pl.DataFrame:
    """Adds of a tag or segment to identities, removes of a quarter of them; both also in the last days."""
    rng = world.stream(topic)
    adds = _identities(world, rng, share)
    n, since = len(adds), adds["since"].to_numpy()
    at = since + HOUR + draws.below(rng, np.maximum(world.as_of - since, HOUR))
    recent = np.flatnonzero(draws.chance(rng, n, 0.1) & (since < world.as_of - 9 * DAY))
    at[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    adds = adds.with_columns(
        pl.Series("at", at),
        pl.Series("choice", draws.below(rng, choices, n) + 1),
        pl.lit("add").alias("action"),
    )
    dropped = np.flatnonzero(draws.chance(rng, n, 0.25) & (at < world.as_of - 9 * DAY))
    ends = at[dropped] + HOUR + draws.below(rng, world.as_of - at[dropped])
    late = np.flatnonzero(draws.chance(rng, len(dropped), 0.3))
    ends[late] = spread_busy(rng, world.as_of, len(late), world.knobs.busy_days)
    removes = adds[dropped].with_columns(pl.Series("at", ends), pl.lit("remove").alias("action"))
    return pl.concat([adds, removes]).with_columns(
        pl.Series("change", np.arange(n + len(dropped))),
        pl.Series("employee", draws.below(rng, world.clinic.employees, n + len(dropped)) + 1),
    )


def _static_tag_changes(world: World) -> History:
    tags = sum(len(names) for names in offers.TAG_GROUPS.values())
    frame = _changes(world, "static_tag_changes", 0.05, tags)
    frame = frame.with_columns(
        draws.pick(
            world.stream("tag_origins"), len(frame), ["手动", "活码", "同步", "旅程"], [60, 18, 12, 10]
        ).alias("origin")
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("TC", "change").alias("change_id"),
            draws.code("T", "choice", 3).alias("tag_id"),
            "identity_type",
            "source_id",
            "action",
            timeline.stamp("at").alias("at"),
            "origin",
            pl.when(pl.col("origin") == "手动").then(draws.code("E", "employee", 5)).alias("operator"),
        ]

    return History("cdp/static_tag_changes", "append", frame, columns, ["at"])


def _static_segments(world: World) -> History:
    n = len(offers.SEGMENTS)
    frame = pl.DataFrame(
        {
            "segment_id": [f"SEG{i + 1:03d}" for i in range(n)],
            "name": [name for name, _ in offers.SEGMENTS],
            "description": [description or None for _, description in offers.SEGMENTS],
            "enabled": [not name.startswith("停用") for name, _ in offers.SEGMENTS],
            "born": [world.as_of - (400 - 50 * i) * DAY + 9 * HOUR for i in range(n)],
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return ["segment_id", "name", "description", "enabled", timeline.stamp("born").alias("created_at")]

    return History("cdp/static_segments", "full", frame, columns, ["born"])


def _static_segment_changes(world: World) -> History:
    frame = _changes(world, "static_segment_changes", 0.025, len(offers.SEGMENTS))

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("SC", "change").alias("change_id"),
            draws.code("SEG", "choice", 3).alias("segment_id"),
            "identity_type",
            "source_id",
            "action",
            timeline.stamp("at").alias("at"),
            draws.code("E", "employee", 5).alias("operator"),
        ]

    return History("cdp/static_segment_changes", "append", frame, columns, ["at"])


def _manual_pairs(world: World) -> History:
    """Staff bind a contact to its person's file, unbind a child's file from a parent's, and withdraw some."""
    rng, people, patients, contacts = (
        world.stream("manual_pairs"),
        world.people,
        world.patients,
        world.contacts,
    )
    file = patients.main_of(len(people))
    same = np.flatnonzero((file[contacts.person] >= 0) & draws.chance(rng, len(contacts), 0.03))
    contact_of = np.full(len(people), -1, dtype=np.int64)
    contact_of[contacts.person] = np.arange(len(contacts))
    parents = contact_of[people.parent[patients.person]]
    apart = np.flatnonzero(
        people.child[patients.person] & (parents >= 0) & draws.chance(rng, len(patients), 0.04)
    )
    contact: Ints = np.concatenate([same, parents[apart]])
    patient = np.concatenate([file[contacts.person[same]], apart])
    n = len(contact)
    since = np.maximum(contacts.created[contact], patients.created[patient])
    at = since + HOUR + draws.below(rng, np.maximum(world.as_of - since - HOUR, HOUR))
    recent = np.flatnonzero(draws.chance(rng, n, 0.3) & (since < world.as_of - 9 * DAY))
    at[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    back = np.flatnonzero(draws.chance(rng, n, 0.2))
    rows = np.concatenate([np.arange(n), back])
    action = np.concatenate(
        [np.where(np.arange(n) < len(same), "bind", "unbind"), np.full(len(back), "withdraw")]
    )
    frame = pl.DataFrame(
        {
            "pair": np.arange(len(rows)),
            "contact": contacts.external_userid.gather(contact[rows]),
            "patient": patient[rows],
            "action": action.tolist(),
            "at": np.concatenate([at, at[back] + DAY + draws.below(rng, 3 * DAY, len(back))]),
            "employee": draws.below(rng, world.clinic.employees, len(rows)) + 1,
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("MP", "pair").alias("pair_id"),
            pl.lit("wecom").alias("a_type"),
            pl.col("contact").alias("a_id"),
            pl.lit("patient").alias("b_type"),
            draws.code("P", "patient").alias("b_id"),
            "action",
            timeline.stamp("at").alias("at"),
            draws.code("E", "employee", 5).alias("operator"),
        ]

    return History("cdp/manual_pairs", "append", frame, columns, ["at"])


def _channel_accounts() -> History:
    schema = {
        "account_id": pl.String,
        "kind": pl.String,
        "subject": pl.String,
        "name": pl.String,
        "store_id": pl.String,
    }
    frame = pl.DataFrame(ACCOUNTS, schema=schema, orient="row").with_columns(pl.lit(0).alias("born"))
    return History("cdp/channel_accounts", "full", frame, lambda cut: list(schema), ["born"])


def _quota_purchases(world: World) -> History:
    today = world.as_of // DAY
    frame = pl.DataFrame(
        {
            "purchase_id": ["QP001", "QP002", "QP003"],
            "kind": ["tag", "segment", "tag"],
            "extra": [50, 20, 30],
            "start": [(today - 300) * DAY, (today - 200) * DAY, (today - 800) * DAY],
            "end": [(today + 65) * DAY, (today + 165) * DAY, (today - 435) * DAY],
            "born": [0, 0, 0],
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            "purchase_id",
            "kind",
            "extra",
            timeline.day("start").alias("starts_on"),
            timeline.day("end").alias("ends_on"),
        ]

    return History("cdp/quota_purchases", "full", frame, columns, ["born"])
