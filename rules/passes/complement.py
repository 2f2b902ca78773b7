"""Pass: complements. Each distinct positive question is kept once; what is negative becomes a `not` over it.

exclude_missing is a second question: the field has a value, and not the positive one (rules.md §2.2).
"""

from dataclasses import replace

from rules.plan import Bound, BoundReferences, Plan
from rules.predicates import IsSet
from rules.questions import ProfileQuestion, Question
from rules.tree import Leaf, Tree, join, negate


def complement(plan: Plan) -> Plan:
    """The plan with its tree and the questions of its leaves."""
    questions: dict[str, Question] = {}
    groups = [
        join(group.logic, [_tree(bound, questions) for bound in bounds])
        for group, bounds in zip(plan.filter.groups, plan.bound, strict=True)
    ]
    return replace(plan, tree=join(plan.filter.logic, groups), questions=questions)


def _tree(bound: Bound, questions: dict[str, Question]) -> Tree:
    if isinstance(bound, BoundReferences):
        tree = join(bound.logic, [Leaf(bound.kind, id_) for id_ in bound.ids])
        return negate(tree) if bound.negated else tree
    tree = _leaf(bound.question, questions)
    if not bound.negated:
        return tree
    if bound.present and isinstance(bound.question, ProfileQuestion):
        field = bound.question.field
        has_value = ProfileQuestion(bound.question.source, field, IsSet(field.is_text))
        return join("and", [_leaf(has_value, questions), negate(tree)])
    return negate(tree)


def _leaf(question: Question, questions: dict[str, Question]) -> Leaf:
    questions[question.id] = question
    return Leaf("condition", question.id)
