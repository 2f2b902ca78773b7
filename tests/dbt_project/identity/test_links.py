"""core.identity_links tells of every key what became of it, and numbers keys without telling what they are."""

import pytest

from tests.dbt_project.identity.conftest import Doctored

LINKS = "models/marts/identity/identity_links.sql"


@pytest.fixture
def patient(doctored: Doctored) -> str:
    """A patient whose own phone links it to somebody."""
    return doctored.query(
        "select min(source_id) from core.identity_links"
        " where identity_type = 'patient' and key_type = 'phone' and verdict = 'accepted'"
    )[0][0]


def verdicts(doctored: Doctored, source_id: str) -> set[tuple]:
    links = doctored.rows(LINKS, "source_id, key_type, verdict, reason, cast(since as varchar)")
    return {rest for name, *rest in map(tuple, links) if name == source_id for rest in [tuple(rest)]}


def table_of(doctored: Doctored, view: str) -> str:
    """The view as a table of its rows, so that they can be changed."""
    doctored.change(f"create table rows_of_view as from {view}")
    doctored.change(f"drop view {view}")
    doctored.change(f"create table {view} as from rows_of_view")
    return view


def test_every_verdict_of_the_night_is_there_with_its_reason(doctored: Doctored) -> None:
    told = set(doctored.rows(LINKS, "distinct verdict, reason"))
    laid = doctored.query(
        "select distinct verdict, reason from intermediate.int_identity_edges_laid where valid_to is null"
    )
    assert told >= {
        *laid,
        ("blocked", "own_number"),
        ("blocked", "placeholder"),
        ("not_a_mobile", "not_a_mobile"),
        ("withheld", "household"),
        ("withheld", "not_own_main"),
        ("unbound", "manual_unbind"),
    }
    assert {explained is None for _, explained in doctored.rows(LINKS, "verdict, explanation")} == {
        True,
        False,
    }
    assert doctored.rows(
        LINKS, "count(*) filter (where (explanation is null) <> (verdict = 'accepted'))"
    ) == [(0,)]


def test_a_quarantined_key_is_told_instead_of_an_edge(doctored: Doctored, patient: str) -> None:
    key = f"""
    select key_value from intermediate.int_identity_keys_normalised
    where identity_type = 'patient' and source_id = '{patient}' and key_type = 'phone'
    """
    doctored.change(f"delete from intermediate.int_identity_edges_laid where key_value = ({key})")
    doctored.change(
        "insert into intermediate.int_identity_keys_quarantined"
        f" select 'phone', ({key}), 'too_many_identities', 11, 1, 0, date '2025-11-20', null"
    )
    assert ("phone", "quarantined", "too_many_identities", "2025-11-20") in verdicts(doctored, patient)


def test_a_withheld_phone_is_told(doctored: Doctored, patient: str) -> None:
    doctored.change(
        "update intermediate.int_identity_edges_laid set verdict = 'withheld', reason = 'shared_patient_phone'"
        f" where identity_type = 'patient' and source_id = '{patient}' and key_type = 'phone' and valid_to is null"
    )
    reasons = {(verdict, reason) for _, verdict, reason, _ in verdicts(doctored, patient)}
    assert ("withheld", "shared_patient_phone") in reasons


def test_a_patients_other_phone_is_told_beside_the_key_that_it_would_be(
    doctored: Doctored, patient: str
) -> None:
    """Once, however often it is written; the number that is the patient's own key is told as that alone."""
    [(own,)] = doctored.query(
        "select phone from intermediate.int_patient_phones_ranked"
        f" where is_main_own and patient_id = '{patient}'"
    )
    [(child,)] = doctored.query(
        "select max(source_id) from core.identity_links where identity_type = 'patient'"
    )
    filed = table_of(doctored, "staging.stg_ekanya__patient_phones")
    for name, phone in ((child, own), (child, f" {own}"), (patient, f" {own}")):
        doctored.change(f"insert into {filed} values ('{name}', '{phone}', '母亲', true, null, null)")
    told = doctored.rows(LINKS, "source_id, verdict, reason, method, key_no, key_type, held_by_oneid")
    key = {tuple(rest) for name, verdict, _, _, *rest in told if (name, verdict) == (patient, "accepted")}
    assert sorted(tuple(row[:4]) for row in told if row[4:] in key and row[0] in (patient, child)) == [
        (patient, "accepted", None, "患者主手机号（本人）"),
        (child, "withheld", "not_own_main", "患者其他手机号"),
    ]


def test_equal_numbers_are_equal_keys(doctored: Doctored) -> None:
    """As many numbers as keys, and each number on just the identities that the key is on."""
    assert doctored.query(
        """
        with laid as (
            select list(identity_type || source_id order by identity_type, source_id) as holders
            from intermediate.int_identity_edges_laid
            where valid_to is null
            group by key_type, key_value
        ), numbered as (
            select list(identity_type || source_id order by identity_type, source_id) as holders
            from core.identity_links
            where verdict in ('accepted', 'refused', 'withheld')
                and coalesce(reason, '') not in ('household', 'not_own_main')
            group by key_no
        )
        select (select count(*) from (from laid except all from numbered)),
            (select count(*) from (from numbered except all from laid)), (select count(*) > 0 from laid)
        """
    ) == [(0, 0, True)]


def test_the_number_of_a_key_says_nothing_of_its_value(doctored: Doctored) -> None:
    """Other phones in the same hands get the same numbers: digits are turned round, masks and holders stay."""
    numbers = "identity_type, source_id, key_type, key_no, verdict"
    before = doctored.rows(LINKS, numbers)
    turned = (
        "substr(key_value, 1, 3) || lpad(cast(9999 - cast(substr(key_value, 4, 4) as int) as varchar), 4, '0')"
        " || substr(key_value, 8)"
    )
    for table in ("int_identity_edges_laid", "int_identity_keys_normalised"):
        doctored.change(f"update intermediate.{table} set key_value = {turned} where key_type = 'phone'")
    digits = "regexp_extract(regexp_replace(phone, '[^0-9]', '', 'g'), '1[3-9][0-9]{9}$')"
    filed = table_of(doctored, "staging.stg_ekanya__patient_phones")
    doctored.change(f"update {filed} set phone = {turned.replace('key_value', digits)} where {digits} <> ''")
    assert doctored.rows(LINKS, numbers) == before


WHOLE_PHONE = "(^|[^0-9])1[3-9][0-9]{9}([^0-9]|$)"


def test_no_whole_phone_is_shown(doctored: Doctored) -> None:
    for table in ("core.identity_links", "views.c360_identities", "views.c360_identity_changes"):
        ((whole, shown),) = doctored.query(
            f"select count(*) filter (where regexp_matches(cast(told as varchar), '{WHOLE_PHONE}')), count(key_value)"
            f" from {table} as told"
        )
        assert whole == 0 < shown, table
