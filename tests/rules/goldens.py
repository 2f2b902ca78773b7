"""Golden pairs: rules/passes/<pass>.py and tests/rules/fixtures/<pass>.json or .sql share a name.

A case is added by writing its input; `python -m tests.rules.goldens` renews the expected side of all, and the
diff is what there is to review.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from rules import compile_filter, load_library, load_vocabulary, parse_filter, template_files
from rules.canonical import facts
from rules.compile import CHECKS, PASSES
from rules.model import Filter
from rules.passes.canonicalise import spelled
from rules.passes.metrics import check_metrics
from rules.passes.names import check_names
from rules.passes.structure import check_structure
from rules.passes.values import check_values
from rules.plan import Plan
from rules.questions import ProfileQuestion
from rules.reading import read_json
from rules.tree import And, Leaf, Not, Or, Tree

FIXTURES = Path(__file__).parent / "fixtures"
TEMPLATES = FIXTURES / "templates"
AS_OF = date(2026, 11, 21)
Case = dict[str, Any]

CHECKERS = {
    "structure": check_structure,
    "names": check_names,
    "values": check_values,
    "metrics": check_metrics,
}
assert list(CHECKERS.values()) == list(CHECKS)


def rule_text(case: Case) -> str:
    """A case names a whole rule, or conditions of one group."""
    group = {"logic": "and", "conditions": case.get("conditions")}
    return json.dumps(case.get("rule", {"version": 1, "logic": "and", "groups": [group]}))


def plan_after(case: Case, passes: int) -> Plan:
    """The plan of the case's rule after the first passes."""
    plan = Plan(parse_filter(rule_text(case)), load_vocabulary(), AS_OF)
    for step in PASSES[:passes]:
        plan = step(plan)
    return plan


def errors_of(name: str) -> Callable[[Case], Any]:
    def expected(case: Case) -> Any:
        shown = ("code", "pointer", "message", "suggestion")
        found = [error.as_dict() for error in CHECKERS[name](read_json(rule_text(case)), load_vocabulary())]
        return [{key: error[key] for key in shown if error[key] is not None} for error in found]

    return expected


def canonical_of(case: Case) -> Any:
    """The canonical rule, only its groups to keep the page short."""
    rule: Filter = plan_after(case, 1).filter
    dumped = json.loads(spelled(rule))
    return {"logic": dumped["logic"], "groups": dumped["groups"]}


def bound_of(case: Case) -> Any:
    """The question of the only condition, as it makes its id."""
    [[bound]] = plan_after(case, 2).bound
    shown = facts(bound)
    question = shown.get("question")
    if question is not None:
        for noise in ("source", "field"):
            question.pop(noise, None)
        if "filters" in question:
            question["filters"] = [one.facts() for one in bound.question.filters]
        if question.get("having"):
            question["having"] |= {"aggregate": bound.question.having.aggregate.id, "field": None}
    return json.loads(json.dumps(shown, default=str))


def tree_of(case: Case) -> Any:
    """The tree, each condition by what it asks about."""
    plan = plan_after(case, 3)

    def shown(tree: Tree) -> Any:
        match tree:
            case Leaf("condition", id_):
                question = plan.questions[id_]
                if isinstance(question, ProfileQuestion):
                    return f"{question.field.id} {type(question.predicate).__name__}"
                return question.source.id
            case Leaf(kind, id_):
                return f"{kind} {id_}"
            case Not(item):
                return {"not": shown(item)}
            case And(items):
                return {"and": [shown(item) for item in items]}
            case Or(items):
                return {"or": [shown(item) for item in items]}

    assert plan.tree is not None
    return {"tree": shown(plan.tree), "questions": len(plan.questions)}


EXPECTED: dict[str, Callable[[Case], Any]] = {
    **{name: errors_of(name) for name in CHECKERS},
    "canonicalise": canonical_of,
    "bind": bound_of,
    "complement": tree_of,
}


def json_cases(name: str) -> list[Case]:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def both_dialects(duckdb: str, spark: str) -> str:
    return f"{duckdb};\n\n-- spark\n{'-- the same' if duckdb == spark else f'{spark};'}\n"


def select_sql(case: Case) -> str:
    """The SELECT of each condition of the case."""
    conditions = compile_filter(parse_filter(rule_text(case)), as_of=AS_OF).conditions
    return "\n".join(both_dialects(one.sql("duckdb"), one.sql("spark")) for one in conditions)


def whole_sql(case: Case) -> str:
    compiled = compile_filter(parse_filter(rule_text(case)), as_of=AS_OF)
    return both_dialects(compiled.whole_sql("duckdb"), compiled.whole_sql("spark"))


SQL: dict[str, Callable[[Case], str]] = {"select": select_sql, "whole": whole_sql}


def sql_cases(name: str) -> Iterator[tuple[Case, str]]:
    """(title and conditions, SQL) of each `-- title:` section."""
    for section in (FIXTURES / f"{name}.sql").read_text("utf-8").split("-- title: ")[1:]:
        title, given, expected = section.split("\n", 2)
        yield (
            {"title": title, "conditions": json.loads(given.removeprefix("-- given: "))},
            expected.strip() + "\n",
        )


def sql_page(name: str) -> str:
    sections = []
    for case, _ in sql_cases(name):
        given = json.dumps(case["conditions"], ensure_ascii=False)
        sections.append(f"-- title: {case['title']}\n-- given: {given}\n{SQL[name](case)}")
    return "\n".join(sections)


def json_page(name: str) -> str:
    """One case after the other; the elements of a list on a line each."""
    cases = [{**case, "expected": EXPECTED[name](case)} for case in json_cases(name)]
    return "[\n" + ",\n".join(map(_laid_out, cases)) + "\n]\n"


def _laid_out(case: Case) -> str:
    lines = []
    for key, value in case.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            items = ",\n    ".join(json.dumps(item, ensure_ascii=False) for item in value)
            text = f"[\n    {items}\n  ]"
        lines.append(f'  "{key}": {text}')
    return "{\n" + ",\n".join(lines) + "\n}"


def template_pages() -> dict[Path, str]:
    """Path below fixtures/templates -> the template's sentence-free SQL."""
    pages = {}
    for entry in load_library(template_files()).order:
        assert entry.rule is not None
        compiled = compile_filter(entry.rule, as_of=AS_OF)
        text = f"-- {entry.name}\n{both_dialects(compiled.whole_sql('duckdb'), compiled.whole_sql('spark'))}"
        pages[Path(entry.path).with_suffix(".sql")] = text
    return pages


def main() -> None:
    """Renews every expected side."""
    for name in EXPECTED:
        (FIXTURES / f"{name}.json").write_text(json_page(name), encoding="utf-8")
    for name in SQL:
        (FIXTURES / f"{name}.sql").write_text(sql_page(name), encoding="utf-8")
    for path, text in template_pages().items():
        (TEMPLATES / path).parent.mkdir(parents=True, exist_ok=True)
        (TEMPLATES / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
