"""The last of three nights judged again, as if an extract had not come; what dbt made of the night stays.

So every rule that would change by the absent file has something to change by. What a rule reaches is read here from the
vocabulary's YAML, apart from the compiler.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.audience.evaluation import Evaluator, ExtractStates
from assets.audience.library_files import library_files
from assets.audience.recompute import RuleReport, recompute
from assets.audience.static_members import StaticMembers
from assets.audience.universe import Universe
from assets.extracts.contract import ExtractId, load_contracts
from assets.extracts.status import extract_status
from rules.library import load_library
from rules.templates import template_files
from tests.conftest import LAST_NIGHT, NightsHome

VOCABULARY = Path(__file__).parents[2] / "rules" / "vocabulary"
CONTRACTS = load_contracts()
QUOTAS = {"tag": 100, "segment": 50}
Key = tuple[str, str]
"""Kind and id of a rule."""


@dataclass(frozen=True)
class Reach:
    """Extracts behind a rule: those it cannot do without, and those that count once they came."""

    must: frozenset[str]
    also: frozenset[str]


class LastNight:
    """A copy of the warehouse of three nights, open for writing."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, home: NightsHome) -> None:
        self._connection = connection
        self._landing = home.settings.landing_dir
        self._files = library_files(home.settings.library_dir)
        connection.execute("create temp table ledger as select * from ops.extract_files")
        self._universe = Universe.load(connection)
        self._static = StaticMembers(connection, self._universe)
        self._library = load_library(
            self._files, static_ids=self._static.ids, tag_quota=QUOTAS["tag"], segment_quota=QUOTAS["segment"]
        )

    def without(self, extract: ExtractId | None, since: dt.date | None = None) -> None:
        """Judge the extracts as if no file of ``extract`` had come from ``since`` on (None: ever)."""
        self._connection.execute("delete from ops.extract_files")
        self._connection.execute(
            "insert into ops.extract_files select * from ledger"
            " where not coalesce(source = $1 and extract = $2 and dt >= coalesce($3, date '1970-01-01'), false)",
            [*(extract or (None, None)), since],
        )
        extract_status(self._connection, CONTRACTS, LAST_NIGHT, self._landing)

    def verdicts(self) -> dict[Key, tuple[str, str | None]]:
        """State and reason of every rule."""
        states = ExtractStates.load(self._connection, LAST_NIGHT)
        evaluator = Evaluator(
            self._connection, self._library, self._static, self._universe, states, LAST_NIGHT
        )
        found = {key: evaluator.result(*key) for key in reaches()}
        return {key: (result.state, result.reason) for key, result in found.items()}

    def members(self) -> dict[Key, RuleReport]:
        """Every rule recomputed and its members and log committed, as the night does it."""
        reports = [
            report
            for kind in ("tag", "segment")
            for report in recompute(
                self._connection, self._files, kind, LAST_NIGHT, quotas=QUOTAS, retention_days=180
            )
        ]
        return {report.rule.key: report for report in reports}

    def reasons(self) -> dict[Key, set[str]]:
        """Why customers came and went tonight, by rule."""
        found: dict[Key, set[str]] = {}
        for kind, rule_id, reason in self._connection.execute(
            "select distinct kind, rule_id, reason from state.member_log where as_of = ?", [LAST_NIGHT]
        ).fetchall():
            found.setdefault((kind, rule_id), set()).add(reason)
        return found


@contextmanager
def last_night(home: NightsHome, folder: Path) -> Iterator[LastNight]:
    """``home``'s warehouse copied into ``folder``."""
    # Views name the database by its file.
    copied = folder / home.settings.warehouse_file.name
    shutil.copyfile(home.settings.warehouse_file, copied)
    with duckdb.connect(str(copied)) as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        yield LastNight(connection, home)


@cache
def reaches() -> dict[Key, Reach]:
    """What every template reaches, the templates that it refers to included."""
    filters = {}
    for path, content in template_files():
        file = json.loads(content)
        if "filter" in file:
            filters["tag" if path.startswith("tags/") else "segment", file["id"]] = file["filter"]
    return {key: _reach(rule, filters) for key, rule in filters.items()}


def _reach(rule: Any, filters: dict[Key, Any]) -> Reach:
    must: set[str] = set()
    also: set[str] = set()
    for condition in (one for group in rule["groups"] for one in group["conditions"]):
        for kind, ids in (("tag", condition.get("tags", [])), ("segment", [condition.get("segment")])):
            for referred in (_reach(filters[kind, id_], filters) for id_ in ids if (kind, id_) in filters):
                must |= referred.must
                also |= referred.also
        for spec in _named(condition):
            must.update(spec.get("extracts", ()))
            also.update(spec.get("also", ()))
    return Reach(frozenset(must), frozenset(also))


def _named(condition: Any) -> Iterator[Any]:
    """The parts of the vocabulary that a condition names."""
    words = {name: _words(name) for name in ("profile", "documents", "behavior")}
    attributes = [one["attr"] for one in condition.get("filters", [])]
    attributes += [condition["metric"]["attr"]] if "attr" in condition.get("metric", {}) else []
    match condition["kind"]:
        case "profile":
            yield words["profile"]["fields"][condition["field"]]
        case "document":
            table = words["documents"]["tables"][condition["table"]]
            yield table
            yield from (table["attributes"][name] for name in attributes)
        case "behavior":
            behavior = words["behavior"]
            named = (one for one in behavior["categories"].values() if condition["event"] in one["events"])
            yield next(named, behavior["any_event"])
            yield from ((behavior["every_event"] | behavior["attributes"])[name] for name in attributes)


@cache
def _words(name: str) -> Any:
    return yaml.safe_load((VOCABULARY / f"{name}.yaml").read_text("utf-8"))
