"""``cdp identity explain`` as a data steward types it, on a home of three nights."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.identity_links import ACCEPTED, steps_from
from pipelines.identity_lookup import find, load_customer
from tests.conftest import LAST_NIGHT, NightsHome
from tests.pipelines.conftest import Cdp


@pytest.fixture
def published(nights_home: NightsHome) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(nights_home.published[LAST_NIGHT]), read_only=True) as connection:
        yield connection


def pair(published: duckdb.DuckDBPyConnection, condition: str) -> tuple[str, str]:
    """Names of two identities of which the first holds a key by ``a`` and the other stands on it by ``b``."""
    row = published.execute(
        "select a.identity_type || ':' || a.source_id, b.identity_type || ':' || b.source_id"
        " from core.identity_links as a inner join core.identity_links as b using (key_no)"
        f" where (a.identity_type, a.source_id) <> (b.identity_type, b.source_id) and {condition} order by all limit 1"
    ).fetchone()
    assert row, condition
    return row


def test_a_customer_hangs_together_by_its_links(published: duckdb.DuckDBPyConnection) -> None:
    """From the best-ranked identity every other one is reached, and nobody else."""
    rows = published.execute(
        "select oneid from core.bridge_customer_identities group by oneid having count(*) > 2 order by oneid"
    ).fetchall()
    assert len(rows) > 100
    for (oneid,) in rows:
        customer = load_customer(published, oneid)
        identities = [profile.identity for profile in customer.profiles]
        assert set(steps_from(identities[0], customer.links)) == set(identities[1:]), oneid


def test_one_customer_is_a_tree_of_identities_and_keys(
    cdp: Cdp, published: duckdb.DuckDBPyConnection
) -> None:
    (oneid,) = published.execute(
        "select oneid from core.identity_links group by oneid"
        " having count(distinct identity_type) >= 4 and count(*) filter (where verdict <> 'accepted') > 0"
        " order by oneid limit 1"
    ).fetchone() or ("",)
    answer = json.loads(cdp("identity", "explain", oneid, "--json").stdout)
    first, *others = answer["identities"]
    assert (answer["oneid"], answer["as_of"], first["identity_type"]) == (oneid, str(LAST_NIGHT), "patient")
    assert first["via"] is None
    for identity in others:
        assert identity["via"]["to"]["source_id"] == identity["source_id"]
        assert identity["via"]["from"]["key_no"] == identity["via"]["to"]["key_no"]
    assert {link["verdict"] for link in answer["unused"]} - {ACCEPTED}
    shown = cdp("identity", "explain", oneid).stdout.replace("\n", "")
    assert "未采用的联系" in shown
    for identity in answer["identities"]:
        assert identity["source_id"] in shown or identity["source_id"][:40] in shown


def test_two_identities_of_a_customer_are_joined_by_a_path(
    cdp: Cdp, published: duckdb.DuckDBPyConnection
) -> None:
    a, b = pair(
        published, "a.verdict = 'accepted' and b.verdict = 'accepted' and a.identity_type <> b.identity_type"
    )
    answer = json.loads(cdp("identity", "explain", a, b, "--json").stdout)
    assert answer["verdict"] == "one"
    ends = answer["path"][0]["from"], answer["path"][-1]["to"]
    assert [f"{end['identity_type']}:{end['source_id']}" for end in ends] == [a, b]
    assert "是同一位客户" in cdp("identity", "explain", a, b).stdout


@pytest.mark.parametrize(
    "reason",
    [
        *("two_patients", "two_unionids", "manual_unbind", "household"),
        *("not_own_main", "placeholder", "own_number"),
    ],
)
def test_two_customers_are_kept_apart_by_a_named_limit(
    cdp: Cdp, published: duckdb.DuckDBPyConnection, reason: str
) -> None:
    a, b = pair(published, f"b.reason = '{reason}' and a.oneid <> b.oneid")
    result = cdp("identity", "explain", a, b, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["verdict"]) == (0, "apart")
    assert reason in {link["reason"] for key in answer["shared_keys"] for link in key["b"]}
    for key in answer["shared_keys"]:
        assert len({link["key_no"] for side in ("a", "b") for link in key[side]}) == 1
        assert {link["verdict"] for side in ("a", "b") for link in key[side]} != {ACCEPTED}
    explanation = next(
        link["explanation"] for key in answer["shared_keys"] for link in key["b"] if link["reason"] == reason
    )
    assert explanation[:4] in cdp("identity", "explain", a, b).stdout


def test_strangers_have_nothing_in_common(cdp: Cdp, published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute(
        "select oneid from core.identity_links group by oneid"
        " having count(*) = count(*) filter (where held_by_oneid = oneid) order by oneid limit 2"
    ).fetchall()
    result = cdp("identity", "explain", rows[0][0], rows[1][0])
    assert (result.exit_code, "没有共同的线索" in result.stdout) == (0, True)


def test_a_retired_id_is_resolved_and_said_so(cdp: Cdp, published: duckdb.DuckDBPyConnection) -> None:
    old, new = published.execute(
        "select old_oneid, oneid from core.oneid_aliases where oneid is not null order by 1 limit 1"
    ).fetchone() or ("", "")
    assert f"{old} 已停用，现在是 {new}" in cdp("identity", "explain", old).stdout
    (asked,) = json.loads(cdp("identity", "explain", old, "--json").stdout)["asked"]
    assert asked == {"name": old, "oneid": new, "retired": True, "merged_into": None}


def test_a_retired_id_without_heir_has_nobody(cdp: Cdp, published: duckdb.DuckDBPyConnection) -> None:
    (old,) = published.execute(
        "select old_oneid from core.oneid_aliases where oneid is null order by 1 limit 1"
    ).fetchone() or ("",)
    result = cdp("identity", "explain", old)
    assert (result.exit_code, "没有任何身份" in result.output) == (1, True)


def test_an_identity_that_has_gone_says_when_and_where_from(
    cdp: Cdp, published: duckdb.DuckDBPyConnection
) -> None:
    kind, name = published.execute(
        "select identity_type, source_id from core.fct_identity_events where event_type = 'identity_removed'"
        " and key_type is distinct from 'patient_merge' order by event_id limit 1"
    ).fetchone() or ("", "")
    result = cdp("identity", "explain", f"{kind}:{name}")
    assert (result.exit_code, name in result.output, "所属客户" in result.output) == (1, True, True)


def test_an_unknown_name_is_answered_with_the_nearest(cdp: Cdp, published: duckdb.DuckDBPyConnection) -> None:
    (oneid,) = published.execute("select min(oneid) from core.bridge_customer_identities").fetchone() or ("",)
    for wrong, right in ((f"{oneid[:-1]}0", oneid), ("patient:P0000000", "patient:P00000000")):
        result = cdp("identity", "explain", wrong)
        assert (result.exit_code, f"最接近的是 {right}" in result.output) == (1, True)


def test_a_phone_is_no_name_and_is_not_repeated(cdp: Cdp) -> None:
    for wrong, code in (("13900000000", 2), ("lead:13900000000", 1), ("phone:13900000000", 2)):
        result = cdp("identity", "explain", wrong)
        assert (result.exit_code, "13900000000" in result.output) == (code, False)


@pytest.mark.parametrize("wrong", ["13900006666", "１３９００００６６６６", "P00000001", "", "CSHORT"])
def test_nobody_is_offered_for_what_is_not_even_shaped_like_an_id(
    cdp: Cdp, published: duckdb.DuckDBPyConnection, wrong: str
) -> None:
    with pytest.raises(ValueError, match=r"不是 OneID.*手机号不能用来查，请写 OneID 或 类型:编号"):
        find(published, wrong)
    result = cdp("identity", "explain", wrong)
    assert (result.exit_code, "最接近" in result.output, "6666" in result.output) == (
        2,
        False,
        "6666" in unicodedata.normalize("NFKC", wrong),
    )


def test_a_name_is_read_as_people_paste_it(cdp: Cdp, published: duckdb.DuckDBPyConnection) -> None:
    """Full-width signs and blanks around it are not part of a name."""
    oneid, patient = published.execute(
        "select oneid, source_id from core.bridge_customer_identities where identity_type = 'patient'"
        " order by all limit 1"
    ).fetchone() or ("", "")
    for pasted in (f" {oneid}\t", f"patient：{patient}", f" patient:{patient} ", f"patient: {patient}"):
        assert find(published, pasted).oneid == oneid
        assert cdp("identity", "explain", pasted).exit_code == 0


def test_a_patient_file_that_was_merged_away_is_explained_as_the_one_it_is_part_of(
    cdp: Cdp, published: duckdb.DuckDBPyConnection
) -> None:
    """Whether it was merged while the nights watched or before the first, which knew no such identity."""
    rows = published.execute(
        "select min((patient_id, into_patient_id)) from core.merged_patients group by patient_id in"
        " (select source_id from core.fct_identity_events where identity_type = 'patient')"
    ).fetchall()
    assert len(rows) == 2
    for ((old, into),) in rows:
        told = f"patient:{old} 已并入 patient:{into}"
        alone = cdp("identity", "explain", f"patient:{old}")
        assert (alone.exit_code, told in alone.stdout) == (0, True)
        assert alone.stdout.replace(f"{told}\n", "") == cdp("identity", "explain", f"patient:{into}").stdout
        both = cdp("identity", "explain", f"patient:{into}", f"patient:{old}")
        assert both.stdout == alone.stdout
        stranger = cdp("identity", "explain", f"patient:{old}", "patient:P00000000")
        assert (stranger.exit_code, told in stranger.stdout) == (0, True)
        (asked,) = json.loads(cdp("identity", "explain", f"patient:{old}", "--json").stdout)["asked"]
        assert asked["merged_into"] == f"patient:{into}"


def test_a_night_of_an_older_version_whose_people_have_odd_names(
    published: duckdb.DuckDBPyConnection,
    nights_home: NightsHome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What people call themselves is printed as it is; a table that the night did not know is not missed."""
    (tmp_path / "published").mkdir()
    copy = shutil.copy(nights_home.published[LAST_NIGHT], tmp_path / "published" / "current.duckdb")
    with duckdb.connect(copy) as connection:
        connection.execute("update views.c360_identities set name = '[red]张:smile:三'")
        connection.execute("drop table core.merged_patients")
    monkeypatch.setenv("CDP_HOME", str(tmp_path))
    (patient,) = published.execute(
        "select min(source_id) from core.bridge_customer_identities where identity_type = 'patient'"
    ).fetchone() or ("",)
    shown = CliRunner().invoke(app, ["identity", "explain", f"patient:{patient}"]).stdout
    assert "[red]张:smile:三" in shown


def test_the_answer_needs_the_published_folder_alone(
    nights_home: NightsHome, published: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Neither the warehouse, which the night may hold, nor Dagster nor dbt: in a process of its own."""
    (oneid,) = published.execute("select min(oneid) from core.bridge_customer_identities").fetchone() or ("",)
    (tmp_path / "published").symlink_to(nights_home.settings.published_dir)
    program = (
        "import sys; from typer.testing import CliRunner; from pipelines.cli import app\n"
        f"result = CliRunner().invoke(app, ['identity', 'explain', '{oneid}'])\n"
        "assert result.exit_code == 0, result.output\n"
        "assert not {'dagster', 'dbt', 'networkx'} & set(sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"CDP_HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
