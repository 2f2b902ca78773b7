"""Parquet: native types where they mean the same, row numbers, broken files (faults.md rows 4, 12)."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.assets.extracts.stage import Stage, at

REFUNDS = "ekanya/refunds"


def refunds(**changes: pl.Series) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "refund_id": ["R1", "R2"],
            "bill_id": ["B1", "B1"],
            "line_id": [None, "L1"],
            "amount": [Decimal("1.50"), Decimal("20.00")],
            "refunded_at": [at("2026-11-20 10:00"), at("2026-11-20 11:00")],
            "reason": ["", " 多收 "],
        }
    )
    return frame.with_columns(**changes)


def test_native_types(stage: Stage) -> None:
    stage.put(REFUNDS, "r.parquet", refunds())
    stage.load(REFUNDS)
    assert stage.rows(REFUNDS, "refund_id, line_id, amount, refunded_at, reason, _line") == [
        ("R1", None, Decimal("1.50"), at("2026-11-20 10:00"), None, 1),
        ("R2", "L1", Decimal("20.00"), at("2026-11-20 11:00"), "多收", 2),
    ]


def test_times_that_no_calendar_has_cost_their_rows_alone(stage: Stage) -> None:
    far = pl.Series([2**62, 0], dtype=pl.Int64).cast(pl.Datetime("ms"))
    stage.put(REFUNDS, "r.parquet", refunds(refunded_at=far))
    stage.load(REFUNDS)
    assert stage.rows(REFUNDS, "refund_id, refunded_at") == [("R2", at("1970-01-01 00:00"))]
    assert stage.refused() == [(1, "refunded_at", "not_timestamp")]
    raw = stage.query("select raw ->> 'refunded_at' from private.quarantine_raw")
    assert raw == [(str(2**62),)]


def test_text_columns_are_cast_like_csv(stage: Stage) -> None:
    stage.put(
        REFUNDS,
        "r.parquet",
        refunds(amount=pl.Series(["1.5", "1.555"]), refunded_at=pl.Series(["2026-11-20T02:00:00Z"] * 2)),
    )
    stage.load(REFUNDS)
    assert stage.rows(REFUNDS, "amount, refunded_at") == [(Decimal("1.50"), at("2026-11-20 10:00"))]
    assert stage.refused() == [(2, "amount", "not_decimal")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"amount": pl.Series([1.5, 2.0])},
            "列 amount 的类型应为 decimal，文件里是 double；浮点数不能精确表示金额，请用 decimal",
        ),
        ({"refund_id": pl.Series([1, 2])}, "列 refund_id 的类型应为 string，文件里是 int64"),
        (
            {"refunded_at": pl.Series([dt.date(2026, 11, 20)] * 2)},
            "列 refunded_at 的类型应为 timestamp，文件里是 date32[day]",
        ),
        ({"refunded_at": pl.Series([1763604000] * 2)}, "列 refunded_at 的类型应为 timestamp，文件里是 int64"),
    ],
)
def test_a_changed_type_refuses_the_file(stage: Stage, changes: dict[str, pl.Series], expected: str) -> None:
    stage.put(REFUNDS, "r.parquet", refunds(**changes))
    assert stage.load(REFUNDS).files[0].reason == expected


def test_a_page_that_fails_its_checksum_refuses_the_file(stage: Stage) -> None:
    path = stage.put(REFUNDS, "r.parquet", "")
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    pq.write_table(refunds().to_arrow(), path, write_page_checksum=True, **plain)
    path.write_bytes(path.read_bytes().replace("多收".encode(), "少收".encode()))
    assert stage.load(REFUNDS).files[0].reason == "parquet 文件不完整或已损坏（文件可能没有传完）"


def test_an_added_column_is_kept(stage: Stage) -> None:
    stage.put(REFUNDS, "r.parquet", refunds(extra=pl.Series([[1, 2], None])))
    stage.load(REFUNDS)
    assert stage.rows(REFUNDS, "_extra") == [('{"extra":[1,2]}',), ('{"extra":null}',)]


def test_a_truncated_file_is_refused(stage: Stage) -> None:
    path = stage.put(REFUNDS, "r.parquet", refunds())
    path.write_bytes(path.read_bytes()[:-20])
    assert stage.load(REFUNDS).files[0].reason == "parquet 文件不完整或已损坏（文件可能没有传完）"
    assert stage.rows(REFUNDS) == []


def test_a_null_where_a_value_is_required(stage: Stage) -> None:
    stage.put(REFUNDS, "r.parquet", refunds(bill_id=pl.Series(["B1", None])))
    stage.load(REFUNDS)
    assert stage.refused() == [(2, "bill_id", "missing")]
    assert stage.rows(REFUNDS, "refund_id") == [("R1",)]


def test_a_file_made_from_another_names_the_rows_of_that(stage: Stage) -> None:
    stage.put(REFUNDS, "r.parquet", refunds(bill_id=pl.Series(["B1", None]), _line=pl.Series([4, 9])))
    assert stage.load(REFUNDS).files[0].reason is None
    assert stage.rows(REFUNDS, "refund_id, _line, _extra") == [("R1", 4, None)]
    assert stage.refused() == [(9, "bill_id", "missing")]


@pytest.mark.parametrize("lines", [[2, 2], [3, 2], [0, 1], [2, None], ["2", "3"]])
def test_lines_that_name_no_rows_refuse_the_file(stage: Stage, lines: list[int | None]) -> None:
    stage.put(REFUNDS, "r.parquet", refunds(_line=pl.Series(lines)))
    assert stage.load(REFUNDS).files[0].reason == "列 _line 应为原文件的行号：整数，从 1 起递增"
