"""Nights of OneID alone: ``python -m bench.identity_nights --identities 1000000``; 1 % of them change in each.

Writes the rows of the identity extracts into the raw log, runs dbt's identity line part by part, each part a child
process, and prints what each cost beyond dbt's start. Fails when an id changed without an event that names the key, or
when the log does not fold to the map. Reading files is bench/night.py's business.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from assets.extracts.schema import create_extract_tables

PROJECT = Path(__file__).parents[1] / "dbt_project"
FIRST_NIGHT = dt.date(2025, 11, 19)
SEED = 7
CHANGED = 0.01
# Of the changes: identities of new persons, other phones, deletions, binds by staff.
NEW, REPHONED, DELETED, BOUND = 0.4, 0.3, 0.2, 0.1
# How many of the persons have the identity, and how many of those bring a phone.
SHARES = {
    "patient": (0.7, 0.95),
    "wecom": (0.4, 0.6),
    "mini": (0.25, 0.7),
    "fan": (0.35, 0.4),
    "lead": (0.3, 1),
}
IDENTITIES_PER_PERSON = sum(share for share, _ in SHARES.values())
FAMILY, RECYCLED, WITH_UNIONID = 0.15, 0.05, 0.9
FIRST_PHONE = 13_100_000_000

META = "date '{as_of}' as _dt, date '{as_of}' as _as_of, 1 as _file_id, row_number() over () as _line"
DELTA = "timestamp '{as_of} 01:00:00' as updated_at, is_deleted"
ROWS = {
    "ekanya__patients": f"id as patient_id, id as name, created_at, {DELTA} from changed where kind = 'patient'",
    "ekanya__patient_phones": (
        f"id as patient_id, phone, '本人' as relation, true as is_main, {DELTA} from filed where kind = 'patient'"
    ),
    "miniprogram__mini_users": (
        f"'mp' as appid, id as openid, unionid, phone, created_at, {DELTA} from changed where kind = 'mini'"
    ),
    "wechat_oa__fans": (
        "'oa' as appid, id as openid, 1 as subscribe, unionid, epoch(created_at)::bigint as subscribe_time,"
        f" {DELTA} from changed where kind = 'fan'"
    ),
    "wechat_oa__fan_phones": (
        f"'oa' as appid, id as openid, phone, created_at as verified_at, {DELTA}"
        " from changed where kind = 'fan' and phone is not null"
    ),
    "leads__leads": (
        f"id as lead_id, phone, '新' as status, created_at, {DELTA} from changed where kind = 'lead'"
    ),
    "wecom__external_contacts": (
        "id as external_userid, 'corp' as corpid, unionid, '{{}}' as external_contact,"
        """ '[{{"userid":"staff","remark_mobiles":["' || coalesce(phone, '') || '"]}}]' as follows from contacts"""
    ),
    "cdp__manual_pairs": (
        "pair_id, 'patient' as a_type, a_id, 'wecom' as b_type, b_id, 'bind' as action,"
        """ timestamp '{as_of} 09:00:00' as "at" from bound"""
    ),
}

# The models of oneid.md §2: from the identities and phones of tonight to the change log.
RULES = [
    "int_identity_phones_blocked",
    "int_identity_pairs_decided",
    "int_fan_bindings_resolved",
    "int_identity_keys_normalised",
    "int_identity_keys_quarantined",
    "int_identity_edges_gathered",
    "int_identity_edges_laid",
    "int_identity_map_history",
    "int_identity_customers_stirred",
    "int_identity_keys_changed",
    "int_identity_events_detected",
    "int_identity_nights_told",
]
# What dbt builds, and what of that it leaves out. The first two are a seed of a few rows: dbt reads the project once a
# night (parse), and its start is taken off what the others cost.
PARTS = {
    "parse": (["blocked_phones"], []),
    "start": (["blocked_phones"], []),
    "snapshot": (["+int_identity_nights_told"], [*RULES, "path:tests"]),
    "rules": (RULES, ["path:tests"]),
    "tables": (
        ["path:models/intermediate/identity", "path:models/marts/identity", "path:tests/identity"],
        ["+int_identity_nights_told"],
    ),
}
MAP = "core.bridge_customer_identities"
UNEXPLAINED = f"""
select count(*)
from read_parquet($1) as yesterday
inner join {MAP} as tonight using (identity_type, source_id)
where yesterday.oneid <> tonight.oneid and not exists (
    select 1 from core.fct_identity_events as events
    where
        events.as_of = $2 and events.event_type = 'identity_moved'
        and events.identity_type = tonight.identity_type and events.source_id = tonight.source_id
        and events.from_oneid = yesterday.oneid and events.to_oneid = tonight.oneid
        and events.key_type is not null
)
"""
UNFOLDED = f"""
with last_words as (
    select identity_type, source_id, arg_max(event_type, as_of) as event_type, arg_max(oneid, as_of) as oneid
    from core.fct_identity_events
    where event_type in ('identity_added', 'identity_moved', 'identity_removed')
    group by all
),
folded as (select * from last_words where event_type <> 'identity_removed')
select count(*)
from folded
full join {MAP} as map using (identity_type, source_id)
where folded.oneid is distinct from map.oneid
"""


class Group:
    """The identities of a clinic group, and how they change from night to night."""

    def __init__(self, identities: int) -> None:
        self.rng = np.random.default_rng(SEED)
        self.persons = 0
        self.identities = pl.DataFrame()
        self.identities = self._persons(round(identities / IDENTITIES_PER_PERSON))

    def landing(self, night: int) -> dict[str, pl.DataFrame]:
        """The frames that ROWS read: changed and filed (patients' phones), contacts (all alive), bound."""
        none = pl.DataFrame(schema={"pair_id": pl.String, "a_id": pl.String, "b_id": pl.String})
        if night == 0:
            changed, filed, bound = self.identities, self.identities, none
        else:
            changed, former, bound = self._change(night)
            filed = pl.concat([former, changed])
        return {
            "changed": _texts(changed),
            "filed": _texts(filed.filter(pl.col("phone").is_not_null())),
            "contacts": _texts(self.identities.filter(pl.col("kind") == "wecom")),
            "bound": bound,
        }

    def _persons(self, count: int) -> pl.DataFrame:
        """The identities of new persons; some share a phone with the person before, or took over an old one."""
        person = np.arange(self.persons, self.persons + count)
        self.persons += count
        family, recycled = self.rng.random(count) < FAMILY, self.rng.random(count) < RECYCLED
        holder = np.where(family, np.maximum(person - 1, 0), person)
        holder = np.where(recycled, self.rng.integers(0, self.persons, count), holder)
        parts = []
        for kind, (share, with_phone) in SHARES.items():
            has = np.flatnonzero(self.rng.random(count) < share)
            phone = pl.Series(FIRST_PHONE + holder[has]).set(
                pl.Series(self.rng.random(len(has)) > with_phone), None
            )
            bare = kind in ("patient", "lead")
            without = pl.Series((self.rng.random(len(has)) > WITH_UNIONID) | bare)
            columns = {
                "person": person[has],
                "phone": phone,
                "unionid": pl.Series(person[has]).set(without, None),
            }
            parts.append(pl.DataFrame(columns).with_columns(kind=pl.lit(kind), is_deleted=pl.lit(False)))
        return pl.concat(parts)

    def _change(self, night: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """What lands as changed, the former phones of patients as deleted, and the binds of the night."""
        size = round(self.identities.height * CHANGED)
        order = self.rng.permutation(self.identities.height)
        rephoned, deleted = np.split(order[: round(size * (REPHONED + DELETED))], [round(size * REPHONED)])
        before = self.identities[rephoned]
        phones = FIRST_PHONE + self.rng.integers(
            0, 2 * self.persons, len(rephoned)
        )  # every other one is unused
        after = before.with_columns(phone=pl.Series(phones))
        gone = self.identities[deleted].with_columns(is_deleted=pl.lit(True))
        new = self._persons(round(size * NEW / IDENTITIES_PER_PERSON))
        stayed = np.setdiff1d(np.arange(self.identities.height), np.concatenate([rephoned, deleted]))
        self.identities = pl.concat([self.identities[stayed], after, new])
        former = before.with_columns(is_deleted=pl.lit(True))
        return pl.concat([after, gone, new]), former, self._binds(round(size * BOUND), night)

    def _binds(self, count: int, night: int) -> pl.DataFrame:
        sides = [
            _texts(self.identities.filter(pl.col("kind") == kind).sample(count, seed=SEED + night))["id"]
            for kind in ("patient", "wecom")
        ]
        pair_id = [f"{night}-{number}" for number in range(count)]
        return pl.DataFrame({"pair_id": pair_id, "a_id": sides[0], "b_id": sides[1]})


def _texts(identities: pl.DataFrame) -> pl.DataFrame:
    """Ids, phones and unionids as the sources write them, with a creation date."""
    days = pl.duration(days=pl.col("person") % 1500)
    return identities.with_columns(
        id=pl.format("{}{}", pl.col("kind").str.slice(0, 1), "person"),
        phone=pl.col("phone").cast(pl.String),
        unionid=pl.format("union{}", "unionid"),
        created_at=pl.datetime(2021, 1, 1) + days,
    )


@dataclass(frozen=True)
class Cost:
    """What a part of a night's dbt took: seconds and gigabytes."""

    wall: float
    cpu: float
    peak: float


def land(warehouse: Path, group: Group, night: int, as_of: dt.date) -> int:
    """Write a night's rows into the raw log; returns how many."""
    rows = 0
    with duckdb.connect(str(warehouse)) as con:
        create_extract_tables(con)
        for name, frame in group.landing(night).items():
            con.register(name, frame)
        for table, select in ROWS.items():
            sql = f"insert into raw.{table} by name select {META}, {select}".format(as_of=as_of)
            rows += con.execute(sql).fetchall()[0][0]
            con.execute(
                "insert into ops.extract_files (source, extract, dt, status, as_of) values (?, ?, ?, 'loaded', ?)",
                [*table.split("__"), as_of, as_of],
            )
    return rows


def run_dbt(folder: Path, as_of: dt.date, part: str) -> Cost:
    """A part of a night's identity line as a child process; the blocking tests run with the tables."""
    selected, left_out = PARTS[part]
    options = {
        "--indirect-selection": "cautious",
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": folder / "target",
        "--log-path": folder / "logs",
        "--vars": f"{{as_of: {as_of}}}",
    }
    chosen = ["--select", *selected, "--exclude", "test_type:generic", *left_out]
    dbt = [Path(sys.executable).with_name("dbt"), "build", "--quiet", *chosen]
    command = [str(word) for word in (*dbt, *(word for option in options.items() for word in option))]
    started = time.perf_counter()
    child = subprocess.Popen(command, env=os.environ | {"CDP_WAREHOUSE": str(folder / "cdp.duckdb")})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"dbt failed on {as_of} over the {part}")
    return Cost(
        wall=time.perf_counter() - started,
        cpu=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss * 1024 / 1e9,
    )


def check(folder: Path, as_of: dt.date) -> dict[str, int]:
    """Compare the map with the one kept last night and with the log; the night's events by type.

    Raises SystemExit when an identity carries another id without an identity_moved that names both and the key, or
    when the identity events of all nights do not add up to the map.
    """
    kept = folder / "yesterday.parquet"
    with duckdb.connect(str(folder / "cdp.duckdb"), read_only=True) as con:
        if kept.exists():
            (unexplained,) = con.execute(UNEXPLAINED, [str(kept), as_of]).fetchall()[0]
            if unexplained:
                raise SystemExit(f"{unexplained} ids changed on {as_of} and no event says why")
        (unfolded,) = con.execute(UNFOLDED).fetchall()[0]
        if unfolded:
            raise SystemExit(f"{unfolded} identities of {as_of} are not where the log puts them")
        con.execute(f"copy (select identity_type, source_id, oneid from {MAP}) to '{kept}' (format parquet)")
        counts = (
            "select event_type, count(*) from core.fct_identity_events where as_of = ? group by 1 order by 1"
        )
        return dict(con.execute(counts, [as_of]).fetchall())


def main() -> None:
    """Run the bench as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=100_000)
    parser.add_argument("--nights", type=int, default=3)
    arguments = parser.parse_args()
    group = Group(arguments.identities)
    console = Console()
    parts = [f"{part} CPU s" for part in PARTS if part != "start"]
    table = Table("night", "identities", "rows", "events", *parts, "all CPU s", "all wall s", "peak GB")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for night in range(arguments.nights):
            as_of = FIRST_NIGHT + dt.timedelta(days=night)
            rows = land(folder / "cdp.duckdb", group, night, as_of)
            costs = {part: run_dbt(folder, as_of, part) for part in PARTS}
            events = check(folder, as_of)
            start = costs.pop("start")
            cpu = [cost.cpu - start.cpu for cost in costs.values()]
            table.add_row(
                str(as_of),
                *(f"{count:,}" for count in (group.identities.height, rows, sum(events.values()))),
                *(f"{seconds:.1f}" for seconds in (*cpu, sum(cpu))),
                f"{sum(cost.wall - start.wall for cost in costs.values()):.1f}",
                f"{max(cost.peak for cost in costs.values()):.2f}",
            )
            console.print(f"{as_of}: {', '.join(f'{name} {count:,}' for name, count in events.items())}")
    console.print(table)


if __name__ == "__main__":
    main()
