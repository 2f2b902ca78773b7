"""Patient files and what hangs on them by name: phones, merges, referrals, visible tags."""

import numpy as np
import polars as pl

from pipelines.sample import clinic, draws, offers, phones, timeline, words
from pipelines.sample.draws import Ints
from pipelines.sample.encounters import Encounters, removed
from pipelines.sample.identities import World
from pipelines.sample.people import spread_busy
from pipelines.sample.timeline import DAY, HOUR, NEVER, History


def patient_histories(world: World, encounters: Encounters) -> list[History]:
    """patients, patient_phones, patient_merges, referrals, patient_tags."""
    return [_patients(world, encounters), _phones(world), _merges(world), _referrals(world), _tags(world)]


def _patients(world: World, encounters: Encounters) -> History:
    rng, people, patients = world.stream("patients"), world.people, world.patients
    n, person, created = len(patients), patients.person, patients.created
    first_visit = np.full(n, NEVER, dtype=np.int64)
    at = encounters.visits
    np.minimum.at(first_visit, encounters.patient[at], encounters.arrived[at])
    edited = np.where(draws.chance(rng, n, 0.2), created + DAY + draws.below(rng, 300 * DAY, n), NEVER)
    recent = np.flatnonzero(draws.chance(rng, n, 0.02) & (created < world.as_of - 8 * DAY))
    edited[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    member = draws.chance(rng, n, 0.15)
    gone = np.where(patients.merged_at < NEVER, patients.merged_at, NEVER)
    gone[draws.chance(rng, n, 0.15)] = NEVER  # some merged files stay in the list
    source, home = people.source[person], _home(rng, patients.store)
    frame = pl.DataFrame(
        {
            "patient": np.arange(n),
            "record": np.where(draws.chance(rng, n, 0.03), -1, 100_000 + np.arange(n)),
            "name": _filed_names(rng, people.names(person)),
            "gender": draws.words(
                ["男", "女", "未知"], np.where(draws.chance(rng, n, 0.02), 2, people.female[person] * 1)
            ),
            "birthday": np.where(draws.chance(rng, n, 0.1), NEVER, people.birthday[person] * DAY),
            "member": member,
            "first_visit": first_visit,
            "edited": edited,
            "store": patients.store + 1,
            "province": draws.words([place[1] for place in words.PLACES], home),
            "city": draws.words([place[2] for place in words.PLACES], home),
            **{
                f"source_l{level}": draws.words([node[level] or None for node in words.SOURCES], source)
                for level in (1, 2, 3)
            },
            "tele": _filled(rng, world.clinic.staff(rng, patients.store, clinic.TELE), 0.35),
            "consultant": _filled(rng, world.clinic.staff(rng, patients.store, clinic.CONSULTANTS), 0.6),
            "doctor": _filled(rng, world.clinic.staff(rng, patients.store, clinic.DOCTORS), 0.55),
            "service": _filled(rng, world.clinic.staff(rng, patients.store, clinic.SERVICE), 0.3),
            "remark": draws.pick(rng, n, words.PATIENT_REMARKS),
            "created": created,
            "gone": np.where(draws.chance(rng, n, 0.0015), removed(rng, world, created), gone),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        kind = pl.when("member").then(pl.lit("会员")).otherwise(pl.lit("正式患者"))
        return [
            draws.code("P", "patient").alias("patient_id"),
            draws.code("MR", "record", 7).alias("medical_record_no"),
            "name",
            "gender",
            timeline.day("birthday").alias("birthday"),
            pl.when(timeline.passed("first_visit", cut))
            .then(kind)
            .otherwise(pl.lit("临时患者"))
            .alias("patient_type"),
            draws.code("S", "store", 3).alias("store_id"),
            "province",
            "city",
            "source_l1",
            "source_l2",
            "source_l3",
            draws.code("E", "tele", 5).alias("tele_consultant"),
            draws.code("E", "consultant", 5).alias("consultant"),
            draws.code("E", "doctor", 5).alias("responsible_doctor"),
            draws.code("E", "service", 5).alias("dedicated_service"),
            pl.when(timeline.passed("edited", cut)).then(pl.col("remark")).alias("remark"),
            timeline.stamp("created").alias("created_at"),
        ]

    return History("ekanya/patients", "delta", frame, columns, ["created", "first_visit", "edited"], "gone")


def _filled(rng: np.random.Generator, employee: Ints, share: float) -> Ints:
    """Employee numbers from 1 for a share of the rows, −1 for the others."""
    return np.where(draws.chance(rng, len(employee), share), employee + 1, -1)


def _home(rng: np.random.Generator, store: Ints) -> Ints:
    """Where patients live: mostly the store's city."""
    place = store % len(words.PLACES)
    return np.where(
        draws.chance(rng, len(store), 0.1), draws.below(rng, len(words.PLACES), len(store)), place
    )


def _filed_names(rng: np.random.Generator, names: pl.Series) -> pl.Series:
    """Names as the front desk types them: now and then with blanks, a note, or full-width letters."""
    typed = draws.pick(rng, len(names), ["", " ", "(小)", "Ａ", "　", "*"], [97, 0.8, 0.8, 0.6, 0.5, 0.3])
    return pl.select(pl.concat_str(names, typed)).to_series()


def _phones(world: World) -> History:
    rng, people, patients, knobs = world.stream("patient_phones"), world.people, world.patients, world.knobs
    person, created = patients.person, patients.created
    n, everyone = len(patients), np.arange(len(patients))
    changed, child = people.phone_changed[person], people.child[person]
    silent = draws.chance(rng, n, knobs.no_patient_phone) & ~child
    placeholder = draws.chance(rng, n, knobs.placeholder_phone) & ~child
    draw = rng.random(n)
    as_own = child & (draw < knobs.child_phone_as_own)
    as_guardian = child & ~as_own & (draw < knobs.child_phone_as_own + knobs.child_phone_as_guardian)
    adult = ~child & ~silent & ~placeholder
    moved = adult & (changed > created) & (changed < NEVER)
    mother = np.where(people.female[people.parent[person]], 1, 2)
    guardian = np.where(draws.chance(rng, n, 0.25), 3, mother)
    parent_phone = people.phone[people.parent[person]]
    own_before = people.phone_at(person, created)
    landline, partner = draws.chance(rng, n, 0.015), draws.chance(rng, n, 0.05) & ~child
    mistaken = draws.chance(rng, n, knobs.second_main_phone) & adult & ~moved
    second = people.second_phone[person]
    swapped = draws.chance(rng, n, 0.5)  # of the two main numbers, the better one was typed first for half
    parts = [  # (files, phone, relation, main, born, ended)
        (
            everyone[adult],
            np.where(mistaken & swapped, second, own_before),
            0,
            True,
            created,
            np.where(moved, changed, NEVER),
        ),
        (everyone[moved], people.phone[person], 0, True, changed, np.full(n, NEVER)),
        (
            everyone[placeholder],
            draws.words(phones.PLACEHOLDERS, draws.below(rng, 5, n)).to_numpy(),
            0,
            True,
            created,
            np.full(n, NEVER),
        ),
        (everyone[as_own], parent_phone, 0, True, created, np.full(n, NEVER)),
        (everyone[as_guardian], parent_phone, guardian, True, created, np.full(n, NEVER)),
        (
            everyone[partner],
            people.phone[(person + 3) % len(people)],
            4 + (everyone % 2),
            False,
            created,
            np.full(n, NEVER),
        ),
        (
            everyone[mistaken],
            np.where(swapped, own_before, second),
            0,
            True,
            created + HOUR,
            np.full(n, NEVER),
        ),
        (everyone[landline], 75580000000 + everyone % 10**6, 0, False, created, np.full(n, NEVER)),
    ]
    frame = pl.concat(
        pl.DataFrame(
            {
                "patient": files,
                "number": phone[files],
                "relation": np.broadcast_to(relation, n)[files],
                "main": np.full(len(files), main),
                "born": born[files],
                "ended": ended[files],
            }
        )
        for files, phone, relation, main, born, ended in parts
    ).filter(pl.col("number") > 0)
    frame = frame.unique(["patient", "number"], keep="first", maintain_order=True)
    ended = frame["ended"].to_numpy()
    demoted = draws.chance(rng, len(frame), 0.4)
    frame = frame.with_columns(
        phones.as_typed(rng, frame["number"].to_numpy(), knobs.messy_phone, knobs.typo_phone).alias("phone"),
        draws.words(["本人", "母亲", "父亲", "监护人", "配偶", "其他"], frame["relation"].to_numpy()).alias(
            "relation"
        ),
        pl.Series("demoted", np.where(demoted, ended, NEVER)),
        pl.Series("gone", np.where(demoted, NEVER, ended)),
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        main = pl.col("main") & (pl.col("demoted") >= cut)
        return [draws.code("P", "patient").alias("patient_id"), "phone", "relation", main.alias("is_main")]

    return History("ekanya/patient_phones", "delta", frame, columns, ["born", "demoted"], "gone")


def _merges(world: World) -> History:
    rng, patients = world.stream("patient_merges"), world.patients
    merged = np.flatnonzero(patients.merged_into >= 0)
    frame = pl.DataFrame(
        {
            "merge": np.arange(len(merged)),
            "from": merged,
            "into": patients.merged_into[merged],
            "merged": patients.merged_at[merged],
            "operator": draws.below(rng, world.clinic.employees, len(merged)) + 1,
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("PM", "merge").alias("merge_id"),
            draws.code("P", "from").alias("from_patient_id"),
            draws.code("P", "into").alias("into_patient_id"),
            timeline.stamp("merged").alias("merged_at"),
            draws.code("E", "operator", 5).alias("operator"),
        ]

    return History("ekanya/patient_merges", "delta", frame, columns, ["merged"])


def _referrals(world: World) -> History:
    """A small circle brings most new patients; its most eager members bring many."""
    rng, patients = world.stream("referrals"), world.patients
    n = len(patients)
    referred = np.flatnonzero(draws.chance(rng, n, world.knobs.referred) & (np.arange(n) > n // 10))
    circle = np.flatnonzero(draws.chance(rng, n, 0.035))
    if not len(circle):
        circle = np.array([0])
    eager = circle[draws.weighted(rng, len(referred), rng.pareto(1.3, len(circle)) + 0.1)]
    earlier = eager < referred  # files are in order of creation, and the referrer was there first
    referred, referrer = referred[earlier], eager[earlier]
    frame = pl.DataFrame(
        {
            "referral": np.arange(len(referred)),
            "referrer": referrer,
            "referred": referred,
            "at": patients.created[referred] + 300,
        }
    )
    frame = frame.with_columns(pl.Series("gone", removed(rng, world, frame["at"].to_numpy())))

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("RF", "referral").alias("referral_id"),
            draws.code("P", "referrer").alias("referrer_patient_id"),
            draws.code("P", "referred").alias("referred_patient_id"),
            timeline.stamp("at").alias("referred_at"),
        ]

    return History("ekanya/referrals", "delta", frame, columns, ["at"], "gone")


def _tags(world: World) -> History:
    """Visible tags on files; some come and go in the last days."""
    rng, patients = world.stream("patient_tags"), world.patients
    tagged = np.flatnonzero(draws.chance(rng, len(patients), 0.22))
    n = len(tagged)
    at = patients.created[tagged] + draws.below(rng, 200 * DAY, n)
    recent = np.flatnonzero(draws.chance(rng, n, 0.08) & (patients.created[tagged] < world.as_of - 9 * DAY))
    at[recent] = spread_busy(rng, world.as_of, len(recent), world.knobs.busy_days)
    frame = pl.DataFrame(
        {
            "patient": tagged,
            "tag": draws.below(rng, len(offers.VISIBLE_TAGS) - 1, n) + 1,
            "at": at,
            "by": draws.below(rng, world.clinic.employees, n) + 1,
            "gone": removed(rng, world, at),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("P", "patient").alias("patient_id"),
            draws.code("VT", "tag", 3).alias("tag_id"),
            timeline.stamp("at").alias("tagged_at"),
            draws.code("E", "by", 5).alias("tagged_by"),
        ]

    return History("ekanya/patient_tags", "full", frame, columns, ["at"], "gone")
