"""What a night lands, as the files that the sources deliver: API objects as JSON, tables as csv."""

import csv
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assets.extracts.contract import Contract, load_contracts

Rows = dict[str, list[dict[str, Any]]]  # by source/extract

FULL = ("ekanya/stores", "ekanya/employees", "cdp/channel_accounts", "wecom/external_contacts")
EXTRACTS = (
    *FULL,
    *("ekanya/patients", "ekanya/patient_phones", "ekanya/patient_merges", "cdp/manual_pairs"),
    *(
        "miniprogram/mini_users",
        "wechat_oa/fans",
        "wechat_oa/fan_phones",
        "wechat_oa/fan_bindings",
        "leads/leads",
    ),
)


def contract_of(extract: str) -> Contract:
    """The contract of source/extract."""
    source, _, name = extract.partition("/")
    return load_contracts()[source, name]


def write_night(landing: Path, as_of: dt.date, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write a night's files; a full extract lands every night, the others when there is something to say."""
    changed = {"updated_at": dt.datetime.combine(as_of, dt.time(1)), "is_deleted": False}
    for extract in {*FULL, *rows}:
        contract = contract_of(extract)
        content = (
            [changed | row for row in rows[extract]] if contract.mode == "delta" else rows.get(extract, [])
        )
        folder = landing / extract / f"dt={as_of}"
        folder.mkdir(parents=True)
        if contract.native:
            text = json.dumps(content, ensure_ascii=False, default=str)
            (folder / "part.json").write_text(text, encoding="utf-8")
        else:
            names = [column.name for column in contract.file_columns]
            with (folder / "part.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, names)
                writer.writeheader()
                writer.writerows(content)
