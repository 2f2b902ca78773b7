"""WeCom follow relations over time and the callback log about them. Their JSON is rendered in native.py."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.sample import clinic, draws, offers, timeline
from pipelines.sample.draws import Ints
from pipelines.sample.identities import World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History

STAYS, BY_CUSTOMER, BY_EMPLOYEE, BY_TRANSFER = range(4)


@dataclass(frozen=True)
class Relations:
    """Employees who follow contacts, in order of contact; `ended` by `how`."""

    contact: Ints
    employee: Ints
    created: Ints
    ended: Ints
    how: Ints
    add_way: Ints
    state: pl.Series

    def __len__(self) -> int:
        return len(self.contact)


def make_relations(world: World) -> Relations:
    """One to four followers a contact; some delete, are deleted, or hand over to a colleague."""
    rng, contacts, clinic_ = world.stream("relations"), world.contacts, world.clinic
    count = 1 + draws.weighted(rng, len(contacts), [58, 26, 11, 5])
    contact = np.repeat(np.arange(len(contacts)), count)
    n = len(contact)
    place = np.arange(n) - np.repeat(np.cumsum(count) - count, count)
    seat = (draws.below(rng, len(clinic.WECOM_SEATS), len(contacts))[contact] + place) % len(
        clinic.WECOM_SEATS
    )
    store = world.people.store[contacts.person[contact]]
    wait = np.where(place == 0, 0, rng.exponential(60 * DAY, n) * place).astype(np.int64)
    created = contacts.created[contact] + wait
    how = draws.weighted(rng, n, [86, 8, 3, 3])
    ended = np.where(how == STAYS, NEVER, created + DAY + (rng.exponential(200 * DAY, n)).astype(np.int64))
    recent = np.flatnonzero((created < world.as_of - 9 * DAY) & draws.chance(rng, n, 0.035))
    how[recent] = 1 + np.arange(len(recent)) % 3
    ended[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    employee = store * len(clinic.SEATS) + clinic.WECOM_SEATS[seat]
    handed = np.flatnonzero(how == BY_TRANSFER)
    handed = handed[np.unique(contact[handed], return_index=True)[1]]  # a contact comes to head office once
    heirs = (
        clinic_.stores * len(clinic.SEATS) + 4 + draws.below(rng, 2, len(handed))
    )  # service staff of head office
    order = np.argsort(np.concatenate([contact, contact[handed]]), kind="stable")
    return Relations(
        contact=np.concatenate([contact, contact[handed]])[order],
        employee=np.concatenate([employee, heirs])[order],
        created=np.concatenate([created, ended[handed] + 60])[order],
        ended=np.concatenate([ended, np.full(len(handed), NEVER)])[order],
        how=np.concatenate([how, np.full(len(handed), STAYS)])[order],
        add_way=np.concatenate(
            [np.array(offers.ADD_WAYS)[draws.below(rng, len(offers.ADD_WAYS), n)], np.full(len(handed), 202)]
        )[order],
        state=draws.words(
            [None, *offers.WECOM_STATES], draws.weighted(rng, n + len(handed), [60, 12, 9, 8, 7, 4])
        ),
    )


def contact_events(world: World, relations: Relations) -> History:
    """The callback log: one row when a relation begins, one when it ends, and edits in between."""
    rng, n = world.stream("contact_events"), len(relations)
    half = draws.chance(rng, n, 0.06)
    begun = np.where(half, "add_half_external_contact", "add_external_contact")
    end_kinds = np.array(["", "del_follow_user", "del_external_contact", "del_external_contact"])
    ended = np.flatnonzero(relations.ended < NEVER)
    edited = np.flatnonzero(draws.chance(rng, n, 0.3))
    failed = np.flatnonzero(draws.chance(rng, n, 0.01))
    everyone = np.arange(n)
    parts = [  # (relations, at, change_type, with state)
        (everyone, relations.created, begun, True),
        (ended, relations.ended[ended], end_kinds[relations.how[ended]], False),
        (
            edited,
            relations.created[edited] + HOUR + draws.below(rng, 100 * DAY, len(edited)),
            np.full(len(edited), "edit_external_contact"),
            False,
        ),
        (failed, relations.created[failed] + 300, np.full(len(failed), "transfer_fail"), False),
    ]
    frame = pl.concat(
        pl.DataFrame(
            {
                "relation": rows,
                "at": at,
                "change_type": change.tolist(),
                "with_state": np.full(len(rows), with_state),
            }
        )
        for rows, at, change, with_state in parts
    )
    rows = frame["relation"].to_numpy()
    deleted = pl.col("change_type") == "del_external_contact"
    frame = frame.with_columns(
        pl.Series("number", np.arange(len(frame))),
        draws.words(world.clinic.wecom_userids, relations.employee[rows]).alias("user_id"),
        world.contacts.external_userid.gather(relations.contact[rows]).alias("external_userid"),
        pl.when("with_state").then(relations.state.gather(rows)).alias("state"),
        pl.when(deleted & pl.Series(relations.how[rows] == BY_TRANSFER))
        .then(pl.lit("DELETE_BY_TRANSFER"))
        .alias("source"),
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("WE", "number").alias("event_id"),
            "change_type",
            "user_id",
            "external_userid",
            "state",
            "source",
            timeline.stamp("at").alias("occurred_at"),
        ]

    return History("wecom/contact_events", "append", frame, columns, ["at"])
