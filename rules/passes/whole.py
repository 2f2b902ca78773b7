"""Pass: the whole rule as one self-contained SELECT of oneids over the published tables.

What `cdp filter sql` prints, and the oracle of the bits: sets of facts are named steps, the tree is EXISTS
and NOT EXISTS over them, profile fields are compared in place. There is none for a rule that needs a full
phone number.
"""

from dataclasses import replace

from sqlglot import exp

from rules.passes.select import CUSTOMER, CUSTOMER_KEY, complement_of, exists, holds, rows_of, table
from rules.plan import Plan
from rules.predicates import all_of, any_of
from rules.questions import ProfileQuestion
from rules.tree import Leaf, Tree, evaluate

MEMBERS = {"tag": ("audience.tag_members", "tag_id"), "segment": ("audience.segment_members", "segment_id")}
MEMBER = "m"


def whole(plan: Plan) -> Plan:
    """The plan with its SELECT of oneids, or without one where that would need private data."""
    if plan.tree is None or any(question.private for question in plan.questions.values()):
        return plan
    return replace(plan, whole=_whole(plan, plan.tree))


def _whole(plan: Plan, tree: Tree) -> exp.Select:
    profile = plan.vocabulary.profile
    steps: dict[str, str] = {}

    def leaf_sql(leaf: Leaf) -> exp.Expression:
        if leaf.kind != "condition":
            relation, id_column = MEMBERS[leaf.kind]
            is_it = exp.EQ(this=exp.column(id_column, MEMBER), expression=exp.Literal.string(leaf.id))
            return exists(table(relation, MEMBER), is_it, _same("oneid"))
        question = plan.questions[leaf.id]
        if isinstance(question, ProfileQuestion):
            return holds(question.field, question.predicate, CUSTOMER, profile.key)
        step = steps.setdefault(leaf.id, f"{question.source.id}_{len(steps) + 1}")
        return exists(table(step, MEMBER), _same(CUSTOMER_KEY))

    passes = evaluate(tree, leaf_sql, all_of, any_of, complement_of)
    customers = table(profile.relation, CUSTOMER)
    select = exp.Select().select(exp.column("oneid", CUSTOMER)).from_(customers)
    select = select.where(all_of([*rows_of(profile, CUSTOMER), passes]), copy=False)
    for id_, step in steps.items():
        select = select.with_(step, as_=plan.selects[id_].copy(), copy=False)
    return select


def _same(column: str) -> exp.Expression:
    return exp.EQ(this=exp.column(column, MEMBER), expression=exp.column(column, CUSTOMER))
