"""Who a line means: also whom their source no longer has, and by phones that link nobody."""

from collections.abc import Iterator

import duckdb
import pytest

from assets.erasure.person import Person, PersonNotFoundError, find_person
from assets.extracts.contract import load_contracts
from assets.extracts.schema import create_extract_tables

HERE, PART, GONE, MERGED = "CHEREHEREHEREHERE", "CPARTPARTPARTPART", "CGONEGONEGONEGONE", "CMERGEDMERGEDMERG"
GRAVE, LEFT = "CGRAVEGRAVEGRAVEG", "CLEFTLEFTLEFTLEFT"
WAREHOUSE = f"""
create schema intermediate;
create table intermediate.int_identity_map_history (
    identity_type varchar, source_id varchar, oneid varchar, customer_key integer, valid_from date, valid_to date
);
create table intermediate.int_identity_events_detected (
    as_of date, event_type varchar, oneid varchar, from_oneid varchar, to_oneid varchar
);
create table intermediate.int_patients_resolved (patient_id varchar, resolved_patient_id varchar);
create table intermediate.int_patient_merges_followed (
    from_patient_id varchar, resolved_patient_id varchar, last_patient_id varchar
);
create table intermediate.int_identity_phones_blocked (phone varchar);
create table intermediate.int_identity_keys_normalised (
    identity_type varchar, source_id varchar, key_type varchar, key_value varchar, refusal varchar
);
create table intermediate.int_identity_edges_laid (
    identity_type varchar, source_id varchar, key_type varchar, key_value varchar
);
insert into intermediate.int_identity_map_history values
    ('patient', 'P1', '{HERE}', 1, '2026-01-01', null), ('patient', 'P2', '{PART}', 2, '2026-01-01', null),
    ('lead', 'L2', '{PART}', 2, '2026-01-01', '2026-01-02'),
    ('wecom', 'W2', '{PART}', 2, '2026-01-01', '2026-01-02'),
    ('patient', 'P3', '{MERGED}', 4, '2026-01-01', '2026-01-02'),
    ('patient', 'P3', '{GONE}', 3, '2026-01-02', '2026-01-03'),
    ('patient', 'P3', '{LEFT}', 6, '2025-12-01', '2025-12-02'),
    ('lead', 'L3', '{GONE}', 3, '2026-01-01', '2026-01-03'),
    ('lead', 'L1', '{GRAVE}', 5, '2026-01-01', '2026-01-02'), ('lead', 'L1', '{HERE}', 1, '2026-01-02', null),
    ('erased', '{GRAVE}', '{GRAVE}', 5, '1970-01-01', '1970-01-02');
insert into intermediate.int_identity_events_detected values
    ('2026-01-02', 'id_merged', '{GONE}', '{MERGED}', '{GONE}'),
    ('2026-01-03', 'id_retired', '{GONE}', null, null);
insert into intermediate.int_patients_resolved values ('P1', 'P1'), ('P2', 'P2'), ('P9', 'P2');
insert into intermediate.int_patient_merges_followed values
    ('P9', 'P2', 'P2'), ('P31', null, 'P32'), ('P3', null, 'P32');
insert into intermediate.int_identity_phones_blocked values ('13000000000');
insert into intermediate.int_identity_keys_normalised values
    ('patient', 'P1', 'phone', '13900000001', null), ('patient', 'P2', 'phone', '13900000002', null);
insert into intermediate.int_identity_edges_laid values ('wecom', 'W2', 'phone', '13900000022');
insert into raw.wecom__external_contacts (external_userid, follows) values
    ('W2', '[{{"description": "妈妈 13900000033", "remark_mobiles": ["13900000022"]}}]');
insert into raw.ekanya__patient_phones (patient_id, phone, relation, is_main, is_deleted) values
    ('P1', '13900000001', '本人', true, false), ('P1', '139-0000-0011', '本人', false, false),
    ('P2', '13900000002', '本人', true, false), ('P2', '13900000011', '母亲', true, false),
    ('P31', '13900000031', '本人', true, true), ('P9', '13900000009', '本人', true, false),
    ('P3', '13900000003', '本人', true, false),
    ('P3', '13900000003', '本人', true, true), ('P3', '13000000000', '本人', false, false),
    ('P1', '13900000005', '本人', false, false), ('P3', '13900000005', '本人', false, false);
insert into raw.leads__leads (lead_id, phone, is_deleted) values ('L3', '13900000003', true);
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """P1 took L1 over from somebody erased; P2 has lost a lead and a contact; P3 and L3, merged once, are gone.

    P3 had left an id of its own before.
    """
    with duckdb.connect() as con:
        create_extract_tables(con)
        con.execute(WAREHOUSE)
        yield con


def found(connection: duckdb.DuckDBPyConnection, line: str) -> Person:
    return find_person(connection, [line], load_contracts())


@pytest.mark.parametrize("line", [GONE, MERGED, "patient:P3", "patient:P31", "lead:L3", "139 0000 0003"])
def test_whom_their_source_has_deleted_is_found_whole(
    connection: duckdb.DuckDBPyConnection, line: str
) -> None:
    """P31, merged before there was a night, and P32, into which both were merged and which never landed, too."""
    person = found(connection, line)
    assert (person.oneids, person.customer_keys) == ({GONE, MERGED, LEFT}, {3, 4, 6})
    assert person.identities == {"patient:P3", "patient:P31", "patient:P32", "lead:L3"}
    assert person.phones == {"13900000003", "13900000031"}


LATER, ALONE = "CLATERLATERLATERL", "CALONEALONEALONEA"


@pytest.mark.parametrize("line", [LATER, GONE, "patient:P32", "patient:P31", "lead:L3", "13900000003"])
def test_merged_files_that_were_deleted_in_one_night_are_one_person(
    connection: duckdb.DuckDBPyConnection, line: str
) -> None:
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history values
            ('patient', 'P32', '{LATER}', 7, '2026-01-01', '2026-01-03')
        """
    )
    person = found(connection, line)
    assert person.oneids == {GONE, MERGED, LEFT, LATER}
    assert person.identities == {"patient:P3", "patient:P31", "patient:P32", "lead:L3"}


def test_merged_files_of_two_who_live_are_no_reason_to_erase_both(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """P7 and P8 were merged and deleted in one night; L7 and L8, with one number, live on apart."""
    connection.execute(
        f"""
        insert into intermediate.int_patient_merges_followed values ('P7', null, 'P8');
        insert into intermediate.int_identity_map_history values
            ('patient', 'P7', '{LATER}', 7, '2026-01-01', '2026-01-03'),
            ('patient', 'P8', '{ALONE}', 8, '2026-01-01', '2026-01-03'),
            ('lead', 'L7', '{LATER}', 7, '2026-01-01', null), ('lead', 'L8', '{ALONE}', 8, '2026-01-01', null);
        insert into intermediate.int_identity_keys_normalised values
            ('lead', 'L7', 'phone', '13900000007', null), ('lead', 'L8', 'phone', '13900000007', null);
        """
    )
    for line in ("13900000007", "patient:P7", "patient:P8"):
        with pytest.raises(PersonNotFoundError, match="属于 2 位客户"):
            found(connection, line)
    for line, lead in ((LATER, "lead:L7"), ("lead:L7", "lead:L7"), (ALONE, "lead:L8")):
        assert found(connection, line).identities == {lead, "patient:P7", "patient:P8"}


def test_a_merged_file_means_who_had_the_files_last(connection: duckdb.DuckDBPyConnection) -> None:
    """P31 was L5's customer until it was merged into P32; L5 lives on alone."""
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history values
            ('patient', 'P31', '{ALONE}', 8, '2026-01-01', '2026-01-02'),
            ('lead', 'L5', '{ALONE}', 8, '2026-01-01', null)
        """
    )
    assert found(connection, "patient:P31").oneids == {GONE, MERGED, LEFT}
    assert found(connection, "lead:L5").identities == {"lead:L5"}


@pytest.mark.parametrize("line", ["lead:L2", "patient:P9", PART, "13900000002", "13900000009", "13900000022"])
def test_an_identity_that_is_gone_means_the_customer_who_lives(
    connection: duckdb.DuckDBPyConnection, line: str
) -> None:
    person = found(connection, line)
    assert person.oneids == {PART}
    assert person.identities == {"patient:P2", "patient:P9", "lead:L2", "wecom:W2"}


def test_an_own_phone_that_is_not_the_main_one_means_its_owner_and_never_the_child(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert found(connection, "13900000011").oneids == {HERE}


def test_a_phone_that_several_had_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(PersonNotFoundError, match="属于 2 位客户"):
        found(connection, "13900000005")


@pytest.mark.parametrize(
    "line", ["13000000000", "13900000033", "13900000099", "patient:P99", "CNOBODYNOBODYNOBO", GRAVE]
)
def test_nobody_is_meant(connection: duckdb.DuckDBPyConnection, line: str) -> None:
    with pytest.raises(PersonNotFoundError, match="什么都没有改动") as refused:
        found(connection, line)
    assert line not in str(refused.value)


def test_a_number_that_others_have_for_an_id_is_shared(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"""
        insert into intermediate.int_identity_map_history values
            ('patient', '10000001', '{HERE}', 1, '2026-01-01', null),
            ('patient', '10000002', '{HERE}', 1, '2026-01-01', null),
            ('patient', '10000003', '{HERE}', 1, '2026-01-01', null);
        insert into raw.leads__leads (lead_id) values ('10000001');
        insert into raw.ekanya__employees (employee_id) values ('10000002');
        insert into raw.ekanya__visits (visit_id, patient_id) values
            ('10000001', 'P2'), ('10000003', '10000003'), ('V1', '10000001');
        """
    )
    assert found(connection, HERE).shared_ids == {"10000001", "10000002"}


@pytest.mark.parametrize("spelt", ["139.0000.0044", "(139)00000044", "139 00 00 00 44", "139–0000–0044"])
def test_a_phone_is_theirs_in_every_spelling_and_a_relatives_too(
    connection: duckdb.DuckDBPyConnection, spelt: str
) -> None:
    of = "insert into raw.leads__leads (lead_id, phone, is_deleted) values (?, ?, false)"
    connection.execute(of, ["L3", spelt])
    assert "13900000044" in found(connection, GONE).phones
    connection.execute(of, ["L1", spelt])
    assert "13900000044" not in found(connection, GONE).phones


def test_a_number_in_a_remark_is_nobodys_own(connection: duckdb.DuckDBPyConnection) -> None:
    """The son's number stays off the list of erased people, so that he may come one day."""
    phones = found(connection, PART).phones
    assert "13900000022" in phones
    assert "13900000033" not in phones


class Explained:
    """A connection that refuses queries of which DuckDB would compare all rows with all."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self.queries = 0

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        plan = str(self._connection.execute(f"explain {query}", parameters).fetchall())
        assert "NL_JOIN" not in plan or "recursive" in query, query  # one person's ids are few
        self.queries += 1
        return self._connection.execute(query, parameters)


@pytest.mark.parametrize("line", ["patient:P1", "lead:L3", "13900000002", HERE])
def test_a_large_group_is_not_compared_with_itself(connection: duckdb.DuckDBPyConnection, line: str) -> None:
    explained = Explained(connection)
    assert found(explained, line) == found(connection, line)
    assert explained.queries > 10
