"""The truth lies beside the landing and knows every identity of its night."""

import gzip
import json
from itertools import pairwise

import polars as pl

from tests.pipelines.sample.conftest import LAST, NIGHTS, Landing


def _identities(landing: Landing) -> dict[str, set[str]]:
    """The source ids in a landing that holds one whole night."""
    minis = landing.night("miniprogram/mini_users", LAST)
    fans, contacts = (
        [json.loads(line) for line in gzip.decompress(landing.path(extract, LAST).read_bytes()).splitlines()]
        for extract in ("wechat_oa/fans", "wecom/external_contacts")
    )
    return {
        "patient": set(landing.night("ekanya/patients", LAST)["patient_id"]),
        "lead": set(landing.night("leads/leads", LAST)["lead_id"]),
        "mini": set(minis.select(pl.format("{}:{}", "appid", "openid")).to_series()),
        "fan": {f"{fan['appid']}:{fan['openid']}" for fan in fans},
        "wecom": {contact["external_contact"]["external_userid"] for contact in contacts},
    }


def test_truth_covers_each_identity_once(last_night_only: Landing):
    truth = last_night_only.truth(LAST)
    assert truth.columns == ["identity_type", "source_id", "person_id"]
    assert not truth.select("identity_type", "source_id").is_duplicated().any()
    for kind, ids in _identities(last_night_only).items():
        known = set(truth.filter(pl.col("identity_type") == kind)["source_id"])
        assert ids <= known
        if kind != "wecom":  # a contact whom nobody follows any more is in no file
            assert ids == known


def test_truth_lies_outside_the_landing(landing: Landing):
    assert not list(landing.root.rglob("people.parquet"))
    assert not list(landing.root.rglob("*truth*"))


def test_people_come_and_nobody_changes(landing: Landing):
    for earlier, later in pairwise(NIGHTS):
        before, after = landing.truth(earlier), landing.truth(later)
        assert len(after) > len(before)
        assert before.join(after, on=before.columns, how="anti").is_empty()


def test_merged_files_are_of_one_person(last_night_only: Landing):
    person = last_night_only.truth(LAST).filter(pl.col("identity_type") == "patient")
    merges = last_night_only.night("ekanya/patient_merges", LAST)
    for side in ("from", "into"):
        merges = merges.join(
            person.select(pl.col("source_id").alias(f"{side}_patient_id"), pl.col("person_id").alias(side)),
            on=f"{side}_patient_id",
        )
    assert len(merges) > 10
    assert (merges["from"] == merges["into"]).all()
    assert set(merges["from_patient_id"]) & set(merges["into_patient_id"])  # chains


def test_persons_have_one_to_several_identities(last_night_only: Landing):
    truth = last_night_only.truth(LAST)
    count = truth.group_by("person_id").agg(pl.col("identity_type").n_unique().alias("types"), pl.len())
    assert len(count) == 2_000
    assert set(count["types"]) == {1, 2, 3, 4, 5}
    assert 1.7 < count["len"].mean() < 3
