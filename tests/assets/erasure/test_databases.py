"""A warehouse without a person: what others' history says of them stays true under a tombstone."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from assets.erasure.databases import copy_published, copy_warehouse
from assets.erasure.graves import tombstones
from assets.erasure.landing import RewrittenFile
from assets.erasure.person import Person
from assets.erasure.traces import Traces
from assets.extracts.contract import load_contracts
from assets.extracts.schema import create_extract_tables
from assets.warehouse.tables import create_night_tables
from tests.assets.erasure.tables import IDENTITY

GONE, HERE, LENT = "CERASEDERASEDERAS", "CLIVINGLIVINGLIVI", "CLENTLENTLENTLENT"
PERSON = Person(
    oneids=frozenset({GONE}),
    customer_keys=frozenset({9}),
    identities=frozenset({"patient:P00000001", "lead:L00000001"}),
    bills=frozenset(),
    phones=frozenset({"13912345678"}),
    unionids=frozenset(),
    shared_ids=frozenset(),
)
KEY = b"k" * 32
BIND = "lead:L00000002|patient:P00000001"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """The lead L00000002 was the person's until the second night; the patient P00000002 had a lead of theirs.

    The patient P00000003 carries the id that was minted for it.
    """
    path = tmp_path / "cdp.duckdb"
    with duckdb.connect(str(path)) as con:
        create_night_tables(con)
        create_extract_tables(con)
        con.execute(IDENTITY)
        con.execute(
            f"""
            insert into intermediate.int_identity_map_history values
            ('patient', 'P00000001', '{GONE}', 9, true, 'phone', '13912345678', '2026-01-01', '2026-01-01', null),
            ('lead', 'L00000002', '{GONE}', 9, false, 'manual_bind', '{BIND}', '2026-01-01', '2026-01-01',
             '2026-01-02'),
            ('lead', 'L00000002', '{HERE}', 4, true, null, null, '2026-01-02', '2026-01-02', null),
            ('lead', 'L00000001', '{LENT}', 5, true, null, null, '2026-01-01', '2026-01-01', '2026-01-02'),
            ('patient', 'P00000003', '{LENT}', 5, false, null, null, '2026-01-02', '2026-01-02', null);
            insert into intermediate.int_identity_edges_laid values
            ('lead', 'L00000002', 'manual_bind', '{BIND}', 'accepted'),
            ('lead', 'L00000002', 'phone', '13800000001', 'accepted'),
            ('patient', 'P00000001', 'phone', '13912345678', 'accepted');
            insert into intermediate.int_identity_events_detected values
            ('2026-01-01', 'id_created', '{GONE}', null, null, null, null, null, null, null, null, null),
            ('2026-01-01', 'identity_added', '{GONE}', null, null, 'patient', 'P00000001', null, null,
             null, null, null),
            ('2026-01-01', 'identity_added', '{GONE}', null, null, 'lead', 'L00000002', 'manual_bind', '{BIND}',
             null, null, null),
            ('2026-01-02', 'id_created', '{HERE}', null, null, null, null, null, null, null, null, null),
            ('2026-01-02', 'id_split', '{HERE}', '{GONE}', '{HERE}', null, null, null, null, null, null, null),
            ('2026-01-02', 'identity_moved', '{HERE}', '{GONE}', '{HERE}', 'lead', 'L00000002', null, null, null,
             null, null),
            ('2026-01-02', 'lead_bound', '{HERE}', null, null, 'patient', 'P00000002', null, null, null, null,
             ['L00000001']),
            ('2026-01-03', 'lead_rebound', '{HERE}', null, null, 'patient', 'P00000002', null, null, null,
             ['L00000001'], ['L00000001', 'L00000002']),
            ('2026-01-03', 'key_quarantined', null, null, null, null, null, 'phone', '13912345678', 'x', null, null);
            insert into core.fct_identity_events
            select row_number() over ()::varchar, * from intermediate.int_identity_events_detected;
            insert into state.memberships values
            ('tag', 't', 9, '{GONE}', 'r', '2026-01-01', null), ('tag', 't', 4, '{HERE}', 'r', '2026-01-01', null);
            insert into state.condition_bits values ('2026-01-03', 'c', 'bits');
            insert into private.quarantine_raw values (1, 7, '{{"phone": "139-1234-5678"}}', null),
            (1, 8, 'else', null), (1, 9, '来电１３９·１２３４·５６７８，未接', null);
            insert into raw.ekanya__followups (followup_id, patient_id, content, is_deleted) values
            ('F1', 'P00000001', '本人', false), ('F2', 'P00000002', '由13912345678介绍，见P00000001', false);
            """
        )
    return path


@pytest.fixture
def grave(warehouse: Path) -> str:
    """The warehouse once copied; the tombstone in place of the person's id."""
    graves = tombstones(PERSON, KEY)
    copy_warehouse(warehouse, PERSON, Traces.of(PERSON), graves, load_contracts().values(), [], [])
    return graves[GONE]


def rows(warehouse: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_others_history_keeps_its_rows_under_the_grave(warehouse: Path, grave: str) -> None:
    assert rows(
        warehouse,
        "select source_id, oneid, customer_key, via_key_type, via_key_value from intermediate.int_identity_map_history"
        " where identity_type <> 'erased' order by valid_from, source_id",
    ) == [
        ("L00000002", grave, 9, None, None),
        ("L00000002", HERE, 4, None, None),
        ("P00000003", LENT, 5, None, None),
    ]
    for table in ("intermediate.int_identity_events_detected", "core.fct_identity_events"):
        assert rows(
            warehouse,
            f"select event_type, oneid, from_oneid, source_id, key_type, leads_before, leads_after from {table}"
            " where as_of > date '2000-01-01' order by as_of, event_type",
        ) == [
            ("identity_added", grave, None, "L00000002", None, None, None),
            ("id_created", HERE, None, None, None, None, None),
            ("id_split", HERE, grave, None, None, None, None),
            ("identity_moved", HERE, grave, "L00000002", None, None, None),
            ("lead_rebound", HERE, None, "P00000002", None, None, ["L00000002"]),
        ]


def test_a_tombstone_is_the_same_again_and_another_under_another_key() -> None:
    [grave] = tombstones(PERSON, KEY).values()
    assert re.fullmatch("C[A-Z2-7]{16}", grave)
    assert tombstones(PERSON, KEY) == {GONE: grave}
    assert tombstones(PERSON, b"another") != {GONE: grave}


def test_the_customer_key_is_never_free_again(warehouse: Path, grave: str) -> None:
    registry = (
        "select oneid, customer_key from intermediate.int_identity_map_history where is_anchor order by all"
    )
    assert set(rows(warehouse, registry)) == {(grave, 9), (HERE, 4), (LENT, 5)}
    told = f"select as_of, event_type from core.fct_identity_events where oneid = '{grave}' and identity_type is null"
    assert rows(warehouse, told + " order by as_of") == [
        (dt.date(1970, 1, 1), "id_created"),
        (dt.date(1970, 1, 2), "id_retired"),
    ]


def test_rows_of_others_stay_and_their_texts_are_masked(warehouse: Path, grave: str) -> None:
    assert rows(warehouse, "select followup_id, content from raw.ekanya__followups") == [
        ("F2", "由***介绍，见***")
    ]
    assert rows(warehouse, "select customer_key from state.memberships") == [(4,)]
    assert rows(warehouse, "select line from private.quarantine_raw") == [(8,)]
    assert rows(warehouse, "select key_type from intermediate.int_identity_edges_laid") == [("phone",)]
    assert rows(warehouse, "select * from state.condition_bits") == []


def test_what_is_derived_stays_behind_and_no_byte_of_the_old_file_is_left(
    warehouse: Path, grave: str
) -> None:
    assert rows(warehouse, "select 1 from duckdb_tables() where table_name = 'dim_customers'") == []
    content = warehouse.read_bytes()
    assert not any(word.encode() in content for word in (GONE, "P00000001", "L00000001", "13912345678"))


def test_a_short_id_is_no_word_to_look_for() -> None:
    words = Traces.of(
        Person(frozenset({GONE}), frozenset(), frozenset({"patient:12", "lead:2026"}), *[frozenset()] * 4)
    )
    assert words.words == {GONE, "patient:12", "lead:2026"}


def test_where_numbers_coincide_others_keep_theirs(tmp_path: Path) -> None:
    night = tmp_path / "cdp_2026-01-03_a.duckdb"
    with duckdb.connect(str(night)) as con:
        con.execute(
            """
            create schema core; create schema ops;
            create table core.fct_visits (visit_id varchar, source_patient_id varchar, complaint varchar);
            insert into core.fct_visits values
            ('P00000001', 'P00000002', '牙痛'), ('V1', 'P00000001', '本人'), ('V2', 'L00000001', '见P00000001'),
            ('V3', 'P00000002', '绑定patient:P00000001');
            create table ops.orphan_rows (source_id varchar, owner_type varchar, owner_id varchar);
            insert into ops.orphan_rows values
            ('1', 'patient', 'P00000001'), ('2', 'wecom', 'P00000001'), ('3', 'account', 'wx1:o1');
            create table core.bridge_customer_identities (
                identity_type varchar, source_id varchar, via_key_type varchar, via_key_value varchar
            );
            insert into core.bridge_customer_identities values
            ('lead', 'P00000001', null, null), ('patient', 'P00000001', null, null),
            ('lead', 'L00000003', 'manual_bind', 'lead:L00000003|patient:P00000001');
            """
        )
    person = replace(
        PERSON,
        identities=PERSON.identities | {"fan:wx1:o1"},
        shared_ids=frozenset({"P00000001", "L00000001"}),
    )
    copy_published(night, person, Traces.of(person), tombstones(person, KEY), [], [])
    assert rows(night, "from core.fct_visits") == [
        ("P00000001", "P00000002", "牙痛"),
        ("V2", "L00000001", "见P00000001"),
        ("V3", "P00000002", "绑定***"),
    ]
    assert rows(night, "from ops.orphan_rows") == [("2", "wecom", "P00000001")]
    assert rows(night, "from core.bridge_customer_identities") == [
        ("lead", "P00000001", None, None),
        ("lead", "L00000003", None, None),
    ]


def test_refused_rows_of_kept_nights_go_with_their_lines(tmp_path: Path) -> None:
    """A short id is no word to look for: the file says which of its lines were the person's."""
    night, sidecar = tmp_path / "cdp_2026-01-03_a.duckdb", tmp_path / "private.duckdb"
    with duckdb.connect(str(night)) as con:
        con.execute(
            """
            create schema ops;
            create table ops.quarantine_rows (file_id bigint, line bigint);
            insert into ops.quarantine_rows values (1, 2), (1, 3), (2, 2), (3, 2), (3, 4);
            create table ops.extract_files (file_id bigint, sha256 varchar);
            insert into ops.extract_files values (1, 'a'), (2, 'b'), (3, 'c');
            """
        )
    with duckdb.connect(str(sidecar)) as con:
        con.execute(
            """
            create table quarantine_raw (file_id bigint, line bigint, raw varchar);
            insert into quarantine_raw values
            (1, 2, '张三12345'), (1, 3, '李四'), (2, 2, '李四'), (3, 2, '张三12345'), (3, 4, '李四');
            """
        )
    contract = load_contracts()["ekanya", "patients"]
    files = [
        RewrittenFile(contract, "a.csv", 1, 11, "", 0, removed=(2,), closed_up=False),
        RewrittenFile(contract, "c.parquet", 3, 13, "", 0, removed=(1, 2, 3), closed_up=True),
    ]
    person = replace(PERSON, identities=frozenset({"patient:12345"}))
    for database in (night, sidecar):
        assert copy_published(database, person, Traces.of(person), tombstones(person, KEY), files, []) == 2
    kept = [(2, 2), (11, 3), (13, 1)]
    assert rows(night, "select file_id, line from ops.quarantine_rows order by all") == kept
    assert rows(night, "from ops.extract_files order by all") == [(2, "b"), (11, "a"), (13, "c")]
    assert rows(sidecar, "select file_id, line from quarantine_raw order by all") == kept
    assert "张三".encode() not in sidecar.read_bytes()


def test_refused_keys_go_when_they_name_the_person_by_a_short_id(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            """
            insert into raw.refused_keys (source, extract, key) values
            ('ekanya', 'patient_tags', '12345|T1'), ('ekanya', 'patient_tags', '1234|12345'),
            ('ekanya', 'patient_tags', '12345|6|T1'),
            ('ekanya', 'stores', '12345'), ('wecom', 'external_contacts', 'W2'),
            ('wecom', 'external_contacts', '12345'), ('leads', 'leads', 'W2');
            """
        )
    person = replace(PERSON, identities=frozenset({"patient:12345", "wecom:W2"}))
    copy_warehouse(
        warehouse, person, Traces.of(person), tombstones(person, KEY), load_contracts().values(), [], []
    )
    assert rows(warehouse, "select source, extract, key from raw.refused_keys order by all") == [
        ("ekanya", "patient_tags", "12345|6|T1"),
        ("ekanya", "patient_tags", "1234|12345"),
        ("ekanya", "stores", "12345"),
        ("leads", "leads", "W2"),
        ("wecom", "external_contacts", "12345"),
    ]


def test_a_file_merged_with_the_persons_goes_by_either_name(tmp_path: Path) -> None:
    night = tmp_path / "cdp.duckdb"
    with duckdb.connect(str(night)) as con:
        con.execute(
            """
            create schema core;
            create table core.merged_patients (patient_id varchar, into_patient_id varchar);
            insert into core.merged_patients values
            ('P00000001', 'P00000005'), ('P00000006', 'P00000001'), ('P00000007', 'P00000005');
            """
        )
    assert copy_published(night, PERSON, Traces.of(PERSON), tombstones(PERSON, KEY), [], []) == 2
    assert rows(night, "from core.merged_patients") == [("P00000007", "P00000005")]


def test_ids_that_their_later_carriers_take_along_are_graves_of_their_own(warehouse: Path) -> None:
    """Two ids were minted for the person, and carried by others who are erased after them."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            """
            insert into intermediate.int_identity_map_history values
            ('lead', 'L00000001', 'CLENTTOOLENTTOOLE', 6, true, null, null, '2025-01-01', '2025-01-01', '2025-01-02'),
            ('patient', 'P00000004', 'CLENTTOOLENTTOOLE', 6, false, null, null, '2026-01-02', '2026-01-02', null)
            """
        )
    carriers = ((LENT, 5, "P00000003"), ("CLENTTOOLENTTOOLE", 6, "P00000004"))
    later = [
        replace(
            PERSON,
            oneids=frozenset({oneid}),
            customer_keys=frozenset({key}),
            identities=frozenset({f"patient:{patient}"}),
            phones=frozenset(),
        )
        for oneid, key, patient in carriers
    ]
    for person in (PERSON, *later):
        graves = tombstones(person, KEY)
        copy_warehouse(warehouse, person, Traces.of(person), graves, load_contracts().values(), [], [])
    history = "from intermediate.int_identity_map_history where identity_type = 'erased'"
    assert rows(warehouse, f"select customer_key {history} order by customer_key") == [(5,), (6,), (9,)]
    assert rows(warehouse, f"select source_id {history} and source_id <> oneid") == []
