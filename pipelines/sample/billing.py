"""The extracts charge_bills, charge_items and refunds. How the bills come about is in bills.py."""

import numpy as np
import polars as pl

from pipelines.sample import clinic, draws, offers, timeline, words
from pipelines.sample.bills import ARREARS_BILL, Bills, Refunds, make_refunds
from pipelines.sample.draws import Ints
from pipelines.sample.encounters import unknown_owner
from pipelines.sample.identities import World
from pipelines.sample.timeline import DAY, NEVER, History

BILL_TYPES = ["挂号", "处置", "充值", "还欠款", "商品"]
AMOUNTS = ["receivable", "discounted", "received", "bonus_paid", "points_paid", "arrears"]


def billing_histories(world: World, bills: Bills) -> list[History]:
    """charge_bills, charge_items, refunds."""
    refunds = make_refunds(world, bills)
    return [_charge_bills(world, bills, refunds), _charge_items(world, bills), _refunds(world, refunds)]


def _charge_bills(world: World, bills: Bills, refunds: Refunds) -> History:
    rng = world.stream("charge_bills")
    n = len(bills)
    refunded = np.full(n, NEVER, dtype=np.int64)
    whole = refunds.amount == bills.received[refunds.bill]
    refunded[refunds.bill[whole]] = refunds.at[whole]
    arrears = bills.discounted - bills.received - bills.bonus_paid - bills.points_paid
    consultant = world.clinic.staff(rng, bills.store, clinic.CONSULTANTS) + 1
    columns_of_bills = {
        "patient": unknown_owner(bills.patient, 500),
        "visit": bills.visit,
        "store": bills.store + 1,
        "billed": bills.billed,
        "paid": bills.paid,
        "partly": np.where((arrears > 0) & (bills.paid < NEVER), bills.paid, NEVER),
        "voided": bills.voided,
        "refunded": refunded,
        "kind": bills.kind,
        "receivable": bills.receivable,
        "discounted": bills.discounted,
        "received": bills.received,
        "bonus_paid": bills.bonus_paid,
        "points_paid": bills.points_paid,
        "arrears": arrears,
        "doctor": np.where(bills.doctor >= 0, bills.doctor + 1, -1),
        "consultant": np.where(draws.chance(rng, n, 0.6), consultant, -1),
        "gone": bills.gone,
    }
    frame = pl.concat([pl.DataFrame(columns_of_bills), _repayments(rng, bills, arrears)])
    frame = frame.with_columns(bill=np.arange(len(frame)))

    def columns(cut: int) -> list[pl.Expr | str]:
        status = timeline.staged(
            cut,
            "未收费",
            ("voided", "已作废"),
            ("refunded", "已退费"),
            ("partly", "部分收费"),
            ("paid", "已收费"),
        )
        return [
            draws.code("B", "bill").alias("bill_id"),
            draws.code("P", "patient").alias("patient_id"),
            draws.code("V", "visit").alias("visit_id"),
            draws.code("S", "store", 3).alias("store_id"),
            timeline.stamp("billed").alias("billed_at"),
            timeline.known("paid", cut).alias("paid_at"),
            status.alias("status"),
            pl.col("kind")
            .replace_strict(list(range(5)), BILL_TYPES, return_dtype=pl.String)
            .alias("bill_type"),
            *(timeline.money(name).alias(name) for name in AMOUNTS),
            draws.code("E", "doctor", 5).alias("doctor"),
            draws.code("E", "consultant", 5).alias("consultant"),
        ]

    return History(
        "ekanya/charge_bills", "delta", frame, columns, ["billed", "paid", "voided", "refunded"], "gone"
    )


def _repayments(rng: np.random.Generator, bills: Bills, arrears: Ints) -> pl.DataFrame:
    """Half of the partly paid bills are settled later by a bill of type 还欠款, which has no lines."""
    owed = np.flatnonzero(
        (arrears > 0) & (bills.paid < NEVER) & (bills.voided == NEVER) & draws.chance(rng, len(bills), 0.5)
    )
    n = len(owed)
    billed = bills.billed[owed] + 3 * DAY + (rng.exponential(25 * DAY, n)).astype(np.int64)
    none, nothing, never = np.full(n, -1), np.zeros(n, dtype=np.int64), np.full(n, NEVER)
    return pl.DataFrame(
        {
            "patient": bills.patient[owed],
            "visit": none,
            "store": bills.store[owed] + 1,
            "billed": billed,
            "paid": billed + 300,
            "partly": never,
            "voided": never,
            "refunded": never,
            "kind": nothing + ARREARS_BILL,
            "receivable": arrears[owed],
            "discounted": arrears[owed],
            "received": arrears[owed],
            "bonus_paid": nothing,
            "points_paid": nothing,
            "arrears": nothing,
            "doctor": none,
            "consultant": none,
            "gone": never,
        }
    )


def _charge_items(world: World, bills: Bills) -> History:
    rng, lines = world.stream("charge_items"), bills.lines
    n, billed = len(lines), bills.billed[lines.bill]
    doctor = bills.doctor[lines.bill]
    frame = pl.DataFrame(
        {
            "line": np.arange(n),
            "bill": lines.bill,
            "item": draws.words(offers.ITEM_NAMES, lines.item),
            "category": draws.words(offers.ITEM_CATEGORIES, lines.item),
            "subcategory": draws.words(offers.ITEM_SUBCATEGORIES, lines.item),
            "tooth": draws.pick(rng, n, [*offers.TEETH, None]),
            "qty": lines.qty * 100,
            "price": lines.price,
            "discounted": lines.discounted,
            "received": lines.received,
            "doctor": np.where(doctor >= 0, doctor + 1, -1),
            "charged": billed + 300,
            "gone": bills.gone[lines.bill],
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        amounts = [timeline.money(name).alias(name) for name in ("qty", "price", "discounted", "received")]
        return [
            draws.code("CL", "line").alias("line_id"),
            draws.code("B", "bill").alias("bill_id"),
            "item",
            "category",
            "subcategory",
            "tooth",
            *amounts,
            draws.code("E", "doctor", 5).alias("doctor"),
            timeline.stamp("charged").alias("charged_at"),
        ]

    return History("ekanya/charge_items", "delta", frame, columns, ["charged"], "gone")


def _refunds(world: World, refunds: Refunds) -> History:
    rng = world.stream("refund_reasons")
    n = len(refunds.bill)
    frame = pl.DataFrame(
        {
            "refund": np.arange(n),
            "bill": refunds.bill,
            "line": refunds.line,
            "amount": refunds.amount,
            "at": refunds.at,
            "reason": draws.pick(rng, n, [*words.REFUND_REASONS, None]),
        }
    )

    def columns(cut: int) -> list[pl.Expr | str]:
        return [
            draws.code("RD", "refund").alias("refund_id"),
            draws.code("B", "bill").alias("bill_id"),
            draws.code("CL", "line").alias("line_id"),
            timeline.money("amount").alias("amount"),
            timeline.stamp("at").alias("refunded_at"),
            "reason",
        ]

    return History("ekanya/refunds", "append", frame, columns, ["at"])
