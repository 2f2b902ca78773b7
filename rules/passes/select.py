"""Pass: one pushed-down SELECT of customer keys for each question (rules.md §6).

Bare columns against literals, so that the engine skips row groups; EXISTS for multi values; no negative set
is ever built here. Facts may belong to a customer outside the universe: whoever combines the sets keeps to
the universe.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlglot import exp

from rules.plan import Plan
from rules.predicates import AllOf, IsSet, Predicate, all_of
from rules.questions import ProfileQuestion, Question, RowFilter, RowsQuestion
from rules.vocabulary import Field, Source

CUSTOMER, FACT, VALUE = "c", "f", "v"
CUSTOMER_KEY = "customer_key"


def select(plan: Plan) -> Plan:
    """The plan with a SELECT for each of its questions."""
    return replace(plan, selects={id_: question_select(one) for id_, one in plan.questions.items()})


def question_select(question: Question) -> exp.Select:
    """Distinct customer keys that answer the question."""
    if isinstance(question, ProfileQuestion):
        return _profile(question)
    return _rows(question)


def table(relation: str, alias: str) -> exp.Table:
    """`schema.name AS alias`, or `step AS alias`."""
    *schema, name = map(exp.to_identifier, relation.split("."))
    aliased = exp.TableAlias(this=exp.to_identifier(alias))
    return exp.Table(this=name, db=schema[0] if schema else None, alias=aliased)


def exists(relation: exp.Table, *where: exp.Expression) -> exp.Exists:
    """Whether the relation has a row of which all of that is true."""
    return exp.Exists(this=_select(exp.Literal.number(1), relation, where))


def holds(field: Field, predicate: Predicate, alias: str, key: str) -> exp.Expression:
    """The predicate on a field of the row behind the alias; a multi field's values are rows, by the key."""
    if field.rows is None:
        return predicate.sql(exp.column(field.id, alias))
    parts = predicate.parts() if isinstance(predicate, AllOf) else (predicate,)
    same = exp.EQ(this=exp.column(key, VALUE), expression=exp.column(key, alias))
    return all_of(
        [exists(table(field.rows, VALUE), same.copy(), one.sql(exp.column("value", VALUE))) for one in parts]
    )


def complement_of(positive: exp.Expression) -> exp.Expression:
    """TRUE exactly where the predicate is FALSE or NULL."""
    if isinstance(positive, exp.Not):
        return positive.this
    if not _is_never_null(positive):
        return exp.Not(this=exp.Coalesce(this=positive, expressions=[exp.false()]))
    return exp.Not(this=exp.Paren(this=positive) if isinstance(positive, exp.Connector) else positive)


def _is_never_null(predicate: exp.Expr) -> bool:
    if isinstance(predicate, exp.Connector):
        return _is_never_null(predicate.left) and _is_never_null(predicate.right)
    if isinstance(predicate, exp.Paren | exp.Not):
        return _is_never_null(predicate.this)
    return isinstance(predicate, exp.Exists | exp.Is)


def rows_of(source: Source, alias: str | None) -> list[exp.Expression]:
    """What keeps a shared relation to the source and to the universe."""
    parts: list[exp.Expression] = [exp.column("in_universe", alias)]
    if source.only_event is not None:
        parts.append(_is(exp.EQ, "event", alias, source.only_event))
    if source.only_actor is not None:
        parts.append(_is(exp.EQ, "actor", alias, source.only_actor))
    return [*parts, *(_is(exp.NEQ, "event", alias, event) for event in source.except_events)]


def _is(compare: type[exp.EQ | exp.NEQ], column: str, alias: str | None, text: str) -> exp.Expression:
    return compare(this=exp.column(column, alias), expression=exp.Literal.string(text))


def _profile(question: ProfileQuestion) -> exp.Select:
    source, field = question.source, question.field
    key = exp.column(CUSTOMER_KEY, CUSTOMER)
    where = holds(field, question.predicate, CUSTOMER, source.key)
    if question.private and source.private_relation is not None:
        return _select(key, table(source.private_relation, CUSTOMER), [where]).distinct(copy=False)
    return _select(key, table(source.relation, CUSTOMER), [*rows_of(source, CUSTOMER), where])


def passing_rows(question: RowsQuestion, *columns: exp.Expression) -> exp.Select:
    """The columns, named by the alias FACT, of the rows that pass all filters."""
    source = question.source
    where = [*rows_of(source, FACT), *(_passes(one, source) for one in question.filters)]
    first, *others = columns
    return _select(first, table(source.relation, FACT), where).select(*others, copy=False)


def _rows(question: RowsQuestion) -> exp.Select:
    key = exp.column(CUSTOMER_KEY, FACT)
    rows = passing_rows(question, key)
    if question.having is None:
        return rows.distinct(copy=False)
    metric = question.having
    tested = metric.aggregate.sql(metric.predicate, FACT, metric.field)
    return rows.group_by(key.copy(), copy=False).having(tested, copy=False)


def _passes(one: RowFilter, source: Source) -> exp.Expression:
    passes = holds(one.field, one.predicate, FACT, source.key)
    if not one.negated:
        return passes
    if not one.present:
        return complement_of(passes)
    present = holds(one.field, IsSet(one.field.is_text), FACT, source.key)
    return all_of([present, complement_of(passes)])


def _select(what: exp.Expression, relation: exp.Table, where: Iterable[exp.Expression]) -> exp.Select:
    return exp.Select().select(what, copy=False).from_(relation, copy=False).where(all_of(where), copy=False)
