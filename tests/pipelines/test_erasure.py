"""`cdp erase -` on a home of three nights: searched for in every decoded format, and again after the next night.

The search here shares nothing with ``assets/erasure``: it decodes by itself and looks for plain substrings; only short
ids must stand alone, since a lead L00000001 is also the end of a bill line BL00000001.
"""

import datetime as dt
import gzip
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from assets.erasure.journal import Journal
from assets.resources import Warehouse
from pipelines.cli import app
from pipelines.settings import Settings
from tests.conftest import LAST_NIGHT, NightsHome, run_night

RUNNER = CliRunner()
NEXT_NIGHT = LAST_NIGHT + dt.timedelta(days=1)
# Keys of links are numbered anew each night, and a key that the person held is held by nobody now.
RENUMBERED = {"core.identity_links": "* exclude (key_no, held_by_oneid)"}
# Counts of members or customers, or places among them, and so changed by one person less.
COUNTED = {"audience.rules", "audience.tags", "audience.segments", "audience.condition_bits"}
DELIVERED_AGAIN = (
    "ekanya/patients", "ekanya/patient_phones", "ekanya/visits", "ekanya/charge_bills", "ekanya/charge_items",
    "leads/leads", "miniprogram/mini_users", "wechat_oa/fans", "wechat_oa/fan_phones",
)  # fmt: skip
# Identities of every customer by number of kinds; a family's phone is on rows of several customers.
PERSON = """
with map as (select * from intermediate.int_identity_map_history where valid_to is null),
phones as (
    select keys.key_value, map.oneid
    from intermediate.int_identity_keys_normalised as keys
    inner join map using (identity_type, source_id)
    where keys.key_type = 'phone' and keys.key_value is not null
    group by all
),
shared as (select key_value from phones group by all having count(*) > 1)
select map.oneid
from map
group by map.oneid
order by
    count(distinct map.identity_type) desc,
    map.oneid in (select oneid from phones where key_value in (select key_value from shared)) desc,
    count(*) desc, map.oneid
limit 1
"""


@dataclass(frozen=True)
class Erased:
    """The home after the erasure, what was known of the person before, and what the command answered."""

    settings: Settings
    before: Path
    oneid: str
    customer_key: int
    identities: set[tuple[str, str]]
    words: set[str]
    family_phones: set[str]
    untouched: dict[str, bytes]
    result: Result


def query(database: Path, sql: str, *parameters: object) -> list[tuple]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, list(parameters)).fetchall()


def invoke(settings: Settings, lines: str, *words: str) -> Result:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CDP_HOME", str(settings.root))
        environment.setenv("CDP_ERASURE_KEY_FILE", str(settings.erasure_key_file))
        return RUNNER.invoke(app, ["erase", *(words or ("-", "--json"))], input=lines)


def decoded(path: Path) -> Iterator[str]:
    """Everything a file says, however it is packed, and its bytes as they lie there."""
    yield path.name
    yield path.read_bytes().decode("latin-1")
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            for schema, table in tables:
                yield str(connection.execute(f'from "{schema}"."{table}"').fetchall())
    elif path.suffix == ".parquet":
        yield str(pl.read_parquet(path).rows())
    elif path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes()).decode()
    elif path.suffix == ".xlsx":
        for sheet in openpyxl.load_workbook(path, read_only=True).worksheets:
            yield str(list(sheet.iter_rows(values_only=True)))


def mentions(root: Path, words: set[str]) -> set[str]:
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        f"{path.relative_to(root)}: {number}"
        for path in files
        for text in decoded(path)
        for number, word in enumerate(sorted(words))
        if word in text and (len(word) > 10 or re.search(f"(?<![0-9A-Za-z]){word}(?![0-9A-Za-z])", text))
    }


def phones_of(warehouse: Path, oneid: str) -> tuple[set[str], set[str]]:
    """The person's phones that no other customer has, and those that a family shares."""
    held = query(
        warehouse,
        "select key_value, count(distinct map.oneid) from intermediate.int_identity_keys_normalised as keys"
        " inner join intermediate.int_identity_map_history as map using (identity_type, source_id)"
        " where valid_to is null and key_type = 'phone' and key_value is not null"
        " group by key_value having bool_or(map.oneid = ?)",
        oneid,
    )
    return {phone for phone, customers in held if customers == 1}, {
        p for p, customers in held if customers > 1
    }


@pytest.fixture(scope="module")
def erased(nights_home: NightsHome, tmp_path_factory: pytest.TempPathFactory) -> Erased:
    home = tmp_path_factory.mktemp("erased")
    shutil.copytree(nights_home.settings.root, home / "home", symlinks=True)
    settings = Settings(home=home / "home", erasure_key_file=home / "key" / "erasure.key")
    warehouse = settings.warehouse_file
    [(oneid,)] = query(warehouse, PERSON)
    identities = set(
        query(
            warehouse,
            "select identity_type, source_id from intermediate.int_identity_map_history where oneid = ?"
            " and valid_to is null",
            oneid,
        )
    )
    [(customer_key,)] = query(warehouse, "select customer_key from core.dim_customers where oneid = ?", oneid)
    unionids = query(
        warehouse,
        "select unionid from intermediate.int_identities_unioned inner join intermediate.int_identity_map_history"
        " using (identity_type, source_id) where oneid = ? and valid_to is null and unionid is not null",
        oneid,
    )
    phones, family_phones = phones_of(warehouse, oneid)
    ids = {part for _, source_id in identities for part in (source_id, source_id.rpartition(":")[2])}
    words = {oneid, *ids, *phones, *(unionid for (unionid,) in unionids)}
    found = mentions(settings.root / "landing", words)
    touched = {place.partition(":")[0] for place in found}
    assert {"parquet", "gz"} <= {place.rpartition(".")[2] for place in touched}
    files = [path for path in (settings.root / "landing").rglob("*") if path.is_file()]
    untouched = {
        str(path): path.read_bytes()
        for path in files
        if path.relative_to(settings.root / "landing").as_posix() not in touched
        and path.name != "_manifest.json"
    }
    result = invoke(settings, f"{oneid}\n")
    return Erased(
        settings,
        nights_home.settings.root,
        oneid,
        customer_key,
        identities,
        words,
        family_phones,
        untouched,
        result,
    )


def test_the_person_has_every_kind_of_identity_and_the_command_says_what_it_did(erased: Erased) -> None:
    assert {kind for kind, _ in erased.identities} == {"patient", "wecom", "mini", "fan", "lead"}
    assert erased.result.exit_code == 0, erased.result.output
    counts = json.loads(erased.result.stdout)
    assert counts["left"] == counts["files_removed"] == []
    assert counts["landing_rows"] and counts["published_rows"] and counts["warehouse_rows"]
    assert not any(word in erased.result.output for word in erased.words)


def test_the_person_occurs_nowhere_in_any_decoded_format(erased: Erased) -> None:
    assert mentions(erased.before / "published", erased.words)
    assert mentions(erased.settings.root, erased.words) == set()


def test_a_familys_phone_stays_with_the_family(erased: Erased) -> None:
    shared = query(
        erased.settings.warehouse_file,
        "select distinct key_value from intermediate.int_identity_keys_normalised where key_type = 'phone'",
    )
    assert erased.family_phones and erased.family_phones <= {phone for (phone,) in shared}


def test_files_without_the_person_keep_their_bytes(erased: Erased) -> None:
    # Lines of the person's bills do not name the person.
    bills = ("charge_items", "refunds")
    changed = {path for path, content in erased.untouched.items() if Path(path).read_bytes() != content}
    assert {path for path in changed if not any(f"/{name}/" in path for name in bills)} == set()


def test_everybody_else_is_as_before(erased: Erased) -> None:
    before = (erased.before / "published" / "current.duckdb").resolve()
    after = (erased.settings.published_dir / "current.duckdb").resolve()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as before (read_only)")
        connection.execute(f"attach '{after}' as after (read_only)")
        tables = connection.execute(
            "select schema_name || '.' || table_name, table_name, string_agg(column_name, ',')"
            " from duckdb_columns() where database_name = 'before' and schema_name in ('core', 'audience') group by all"
        ).fetchall()
        for table, _, columns in tables:
            rows = f"select {RENUMBERED.get(table, '*')} from"
            gone = connection.execute(f"{rows} before.{table} except all {rows} after.{table}").pl()
            new = connection.execute(f"{rows} after.{table} except all {rows} before.{table}").pl()
            if table == "core.fct_identity_events":
                assert new["event_type"].sort().to_list() == ["id_created", "id_retired"]
                assert new["as_of"].max() < dt.date(2000, 1, 1)
            elif table == "core.oneid_aliases":
                assert new["oneid"].to_list() == [None]
            elif table == "core.dim_customers":
                # Whoever referred the person, or was referred, has one referral less.
                referred = ("referral_count", "has_referrer")
                assert set(new["oneid"]) == set(gone["oneid"]) - {erased.oneid}
                assert gone.filter(oneid=erased.oneid).height == 1
                old = gone.filter(pl.col("oneid") != erased.oneid).drop(referred).sort("oneid")
                assert old.equals(new.drop(referred).sort("oneid"))
            elif table == "core.identity_conflicts":
                # A key that the person held is held by nobody now.
                assert set(new["held_by_oneid"]) <= {None}
                assert gone.drop("held_by_oneid").equals(new.drop("held_by_oneid"))
            elif table not in COUNTED:
                assert new.is_empty(), table
                if "customer_key" in columns.split(","):
                    assert set(gone["customer_key"]) <= {erased.customer_key}, table
                elif "oneid" in columns.split(","):
                    assert set(gone["oneid"]) <= {erased.oneid}, table


def test_kept_nights_are_still_there_and_open(erased: Erased) -> None:
    kept = {path.name for path in (erased.before / "published").glob("cdp_*.duckdb")}
    assert kept <= {path.name for path in erased.settings.published_dir.glob("cdp_*.duckdb")}
    for name in kept:
        [(customers,)] = query(
            erased.settings.published_dir / name, "select count(*) from core.dim_customers"
        )
        [(before,)] = query(erased.before / "published" / name, "select count(*) from core.dim_customers")
        assert before - customers in (0, 1)


def test_the_ledger_knows_the_rewritten_files(erased: Erased) -> None:
    rows = query(
        erased.settings.warehouse_file,
        "select path, bytes, rows_in, rows_loaded + rows_quarantined + rows_duplicate + rows_suppressed"
        " from ops.extract_files where dt is not null",
    )
    for path, size, rows_in, told in rows:
        assert (size, rows_in) == ((erased.settings.landing_dir / path).stat().st_size, told), path


def test_nobody_is_erased_where_it_is_not_clear_who_is_meant(erased: Erased) -> None:
    [family_phone, *_] = sorted(erased.family_phones)
    before = erased.settings.warehouse_file.stat().st_ino
    shared = query(
        erased.settings.warehouse_file,
        "select key_value from intermediate.int_identity_keys_normalised as keys"
        " inner join intermediate.int_identity_map_history as map using (identity_type, source_id)"
        " where valid_to is null and key_type = 'phone' and key_value is not null"
        " group by key_value having count(distinct map.oneid) > 1 order by key_value limit 1",
    )
    assert "OneID" in invoke(erased.settings, shared[0][0]).output
    # 13000000000 is a placeholder that customers leave, and nobody's.
    for lines in (shared[0][0], "CNOBODYNOBODYNOBO", "patient:P99999999", "13000000000", erased.oneid, ""):
        result = invoke(erased.settings, lines)
        assert (result.exit_code, "什么都没有改动" in result.output) == (1, True), result.output
        assert not lines.strip() or lines not in result.output
    assert invoke(erased.settings, "", erased.oneid).exit_code == 2
    assert family_phone not in invoke(erased.settings, "13000000000").output
    assert erased.settings.warehouse_file.stat().st_ino == before


def test_a_running_night_keeps_the_erasure_out(erased: Erased) -> None:
    night = Warehouse(path=str(erased.settings.warehouse_file), temp_directory="unused")
    night.acquire("the night of a test")
    try:
        result = invoke(erased.settings, "13000000000")
    finally:
        night.release()
    assert (result.exit_code, "the night of a test" in result.output) == (1, True)


def test_an_unfinished_erasure_keeps_the_night_and_other_erasures_out(
    erased: Erased, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(someone,)] = query(erased.settings.warehouse_file, "select min(oneid) from core.dim_customers")
    journal = Journal.of(erased.settings.warehouse_file)
    journal.path.write_text('{"graves": ["CSOMEBODYSOMEBODY"]}')
    monkeypatch.setenv("CDP_HOME", str(erased.settings.root))
    try:
        night = RUNNER.invoke(app, ["nightly", "--as-of", str(NEXT_NIGHT)])
        erasure = invoke(erased.settings, someone)
    finally:
        journal.close()
    for result in (night, erasure):
        assert (result.exit_code, "上一次擦除没有完成" in result.output) == (1, True), result.output


def test_the_next_night_does_not_bring_the_person_back(erased: Erased) -> None:
    settings = erased.settings
    newest_key = query(
        settings.warehouse_file, "select max(customer_key) from intermediate.int_identity_map_history"
    )
    known = {oneid for (oneid,) in query(settings.warehouse_file, "select oneid from core.dim_customers")}
    for extract in DELIVERED_AGAIN:
        [first, *_] = sorted((erased.before / "landing" / extract).glob("dt=*"))
        shutil.copytree(first, settings.landing_dir / extract / f"dt={NEXT_NIGHT}")
    contacts = erased.before / "landing" / "wecom" / "external_contacts"
    shutil.copytree(
        contacts / f"dt={LAST_NIGHT}",
        settings.landing_dir / "wecom" / "external_contacts" / f"dt={NEXT_NIGHT}",
    )
    run_night(settings, NEXT_NIGHT)
    assert mentions(settings.published_dir, erased.words) == set()
    assert mentions(settings.warehouse_file.parent, erased.words) == set()
    assert mentions(settings.exports_dir, erased.words) == set()
    suppressed = query(
        settings.warehouse_file,
        "select extract from ops.extract_files where as_of = ? and rows_suppressed > 0",
        NEXT_NIGHT,
    )
    assert {extract for (extract,) in suppressed} >= {
        "patients",
        "leads",
        "mini_users",
        "fans",
        "external_contacts",
    }
    customers = query(settings.warehouse_file, "select oneid, customer_key from core.dim_customers")
    assert erased.customer_key not in {key for _, key in customers}
    assert all(key > newest_key[0][0] for oneid, key in customers if oneid not in known)
    listed = settings.landing_dir / "_state" / f"dt={NEXT_NIGHT}" / "suppressed.txt"
    assert listed.read_bytes() == settings.suppressed_file.read_bytes()


def test_without_its_key_the_list_stops_the_night(erased: Erased) -> None:
    erased.settings.erasure_key_file.rename(erased.settings.erasure_key_file.with_suffix(".away"))
    with pytest.raises(AssertionError, match="擦除名单"):
        run_night(erased.settings, NEXT_NIGHT)
