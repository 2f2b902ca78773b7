"""A rule as one Chinese sentence that a marketer would sign (rules.md §5).

Words only: what an operator means is in operators.py. Phone numbers come out masked. Ids of employees,
stores, tags and segments are shown by name where the caller knows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.aggregates import AGGREGATE_BY_ID
from rules.errors import at, masked
from rules.model import (
    AttributeFilter,
    BehaviorCondition,
    Condition,
    DocumentCondition,
    Filter,
    Metric,
    ProfileCondition,
    Question,
    SegmentCondition,
    TagCondition,
)
from rules.operators import MATRIX
from rules.passes.metrics import metric_field
from rules.periods import UNITS
from rules.vocabulary import Field, Source, Vocabulary, load_vocabulary

Names = Mapping[tuple[str, str], str]
"""("emp" | "store" | "tag" | "segment", id) -> what people call it."""

SHOWN = 5

SAYS = {
    "eq": "{field}是{value}",
    "ne": "{field}不是{value}",
    "contains": "{field}包含{value}",
    "not_contains": "{field}不包含{value}",
    "starts_with": "{field}以{value}开头",
    "in": "{field}是{value}",
    "not_in": "{field}不是{value}",
    "has_any": "{field}有{value}",
    "has_all": "{field}同时有{value}",
    "has_none": "{field}没有{value}",
    "gt": "{field}大于{value}",
    "ge": "{field}大于等于{value}",
    "lt": "{field}小于{value}",
    "le": "{field}小于等于{value}",
    "between": "{field}在{value}之间",
    "is_set": "{field}有值",
    "is_null": "{field}无值",
    "tag_has_any": "带有标签{value}",
    "tag_has_all": "同时带有标签{value}",
    "tag_has_none": "不带标签{value}",
    "member": "属于分群{value}",
    "not_member": "不属于分群{value}",
}

WHEN = {
    "on": "{value}当天",
    "before": "{value}之前",
    "after": "{value}之后",
    "on_or_before": "{value}及之前",
    "on_or_after": "{value}及之后",
    "between": "{value}之间",
    "in_past_n": "过去{value}{unit}内",
    "before_past_n": "{value}{unit}以前",
    "in_next_n": "未来{value}{unit}内",
    "after_next_n": "{value}{unit}以后",
    "past_between": "{value}天前",
    "day_offset": "{value}天后",
    "anniv_in_next_n": "未来{value}天内",
    "anniv_this_month": "本月",
    "anniv_today": "今天",
    **{
        f"{turn}_{unit}": f"{word}{noun}"
        for turn, word in (("last", "上"), ("this", "本"), ("next", "下"))
        for unit, noun in (("week", "周"), ("month", "月"), ("quarter", "季度"), ("year", "年"))
    },
}

FUTURE = frozenset({"in_next_n", "after_next_n", "next_week", "next_month", "next_quarter", "next_year"})

TIMES = {
    "eq": "正好{value}{unit}",
    "gt": "超过{value}{unit}",
    "ge": "至少{value}{unit}",
    "lt": "少于{value}{unit}",
    "le": "至多{value}{unit}",
    "between": "{value}{unit}",
}

COUNTED = {"count": "次", "count_days": "天", "count_distinct": "个", "days_since_last": "天"}

METRICS = {
    "count": "{times}",
    "count_days": "，分布在{times}",
    "sum": "，{field}合计{compared}",
    "avg": "，{field}平均{compared}",
    "min": "，{field}最小{compared}",
    "max": "，{field}最大{compared}",
    "count_distinct": "，不同的{field}{times}",
    "first": "，首次在{when}",
    "last": "，最近一次在{when}",
    "days_since_last": "，最近一次距今{times}",
}


def explain(rule: Filter, vocabulary: Vocabulary | None = None, names: Names | None = None) -> str:
    """The rule in one sentence, such as 性别是男，并且过去7天内有过预约（实际到店，初诊）至少1次."""
    speaker = _Speaker(vocabulary or load_vocabulary(), names or {})
    parts = []
    for group in rule.groups:
        sentences = [speaker.condition(one) for one in group.conditions]
        joined = _joined(group.logic, sentences)
        parts.append(f"（{joined}）" if len(sentences) > 1 and len(rule.groups) > 1 else joined)
    return masked(_joined(rule.logic, parts))


def explain_conditions(
    rule: Filter, vocabulary: Vocabulary | None = None, names: Names | None = None
) -> dict[str, str]:
    """The sentence of each condition by its pointer, in order."""
    speaker = _Speaker(vocabulary or load_vocabulary(), names or {})
    return {
        at("", "groups", i, "conditions", j): masked(speaker.condition(one))
        for i, group in enumerate(rule.groups)
        for j, one in enumerate(group.conditions)
    }


def _joined(logic: str, parts: list[str]) -> str:
    return ("，并且" if logic == "and" else "，或者").join(parts)


@dataclass(frozen=True)
class _Speaker:
    """Puts the parts of a rule into words."""

    vocabulary: Vocabulary
    names: Names

    def condition(self, condition: Condition) -> str:
        match condition:
            case ProfileCondition():
                return self.compared(condition, self.vocabulary.profile.fields[condition.field])
            case DocumentCondition():
                source = self.vocabulary.documents[condition.table]
                return self.rows(condition, source, condition.had, ("有过", "没有"))
            case BehaviorCondition():
                source = self.vocabulary.events[condition.event]
                return self.rows(condition, source, condition.did, ("做过", "未做过"))
            case TagCondition():
                last = "和" if condition.op == "has_all" else "或"
                return SAYS[f"tag_{condition.op}"].format(value=self.listed("tag", condition.tags, last))
            case SegmentCondition():
                return SAYS[condition.op].format(value=self.named("segment", condition.segment))

    def rows(
        self,
        condition: DocumentCondition | BehaviorCondition,
        source: Source,
        positive: bool,
        verbs: tuple[str, str],
    ) -> str:
        """过去7天内 有过 预约 （实际到店，初诊） 至少1次; the one date that is asked for leads."""
        dated = [one for one in condition.filters if one.op in WHEN and _is_date(source.fields[one.attr])]
        lead = dated[0] if len(dated) == 1 else None
        others = [one for one in condition.filters if one is not lead]
        inside = [self.compared(one, source.fields[one.attr], short=True) for one in others]
        if lead is not None and lead.attr != source.time:
            inside.insert(0, source.fields[lead.attr].label.removesuffix("时间"))
        when = self.when(lead) if lead is not None else ""
        what = f"{source.label}（{'，'.join(inside)}）" if inside else source.label
        if not positive and _at_least_one(condition.metric):
            return f"{when}{verbs[1]}{what}"
        verb = "有" if verbs[0] == "有过" and lead is not None and _is_future(lead) else verbs[0]
        said = f"{when}{verb}{what}{self.metric(condition.metric, source)}"
        return said if positive else f"不满足“{said}”"

    def compared(self, asked: ProfileCondition | AttributeFilter, field: Field, short: bool = False) -> str:
        """A field with its operator and value; `short` leaves the field out where the value says it."""
        if field.type == "bool":
            said = field.label if asked.op == "is_true" else str(field.not_label)
        elif asked.op in WHEN and _is_date(field):
            yearly = "每年的" if asked.op.startswith("anniv_") else ""
            said = f"{yearly}{field.label}在{self.when(asked)}"
        elif short and asked.op == "eq" and field.values is not None:
            said = str(asked.value)
        else:
            said = SAYS[asked.op].format(field=field.label, value=self.value(asked, field))
        opted_out = asked.exclude_missing and MATRIX[field.type, asked.op].negates not in (None, "is_set")
        return f"{said}（未填写的除外）" if opted_out else said

    def value(self, asked: Question, field: Field) -> str:
        """The value in words: names for ids, yuan for money, quotes around free text."""
        if field.type in ("number", "money"):
            unit = "元" if field.type == "money" else ""
            bounds = asked.value if isinstance(asked.value, list) else [asked.value]
            return "到".join(f"{bound}{unit}" for bound in bounds)
        kind = field.of or field.type
        texts = asked.value if isinstance(asked.value, list) else [asked.value]
        return self.listed(kind, texts, "和" if asked.op == "has_all" else "或")

    def when(self, asked: Question) -> str:
        """A window of dates."""
        if asked.op == "day_offset":
            return _day_offset(asked.value)
        value = "到".join(map(str, asked.value)) if isinstance(asked.value, list) else asked.value
        said = WHEN[asked.op].format(value=value, unit=UNITS[asked.unit or "day"])
        return f"{said}（不含今天）" if asked.include_today is False else said

    def metric(self, metric: Metric, source: Source) -> str:
        aggregate = AGGREGATE_BY_ID[metric.agg]
        if aggregate.result == "date":
            return METRICS[metric.agg].format(when=self.when(metric))
        field = metric_field(aggregate, source, metric.attr)
        if aggregate.result == "value" and field is not None:
            compared = SAYS[metric.op].format(field="", value=self.value(metric, field))
            return METRICS[metric.agg].format(field=field.label, compared=compared)
        bounds = metric.value if isinstance(metric.value, list) else [metric.value]
        times = TIMES[metric.op].format(value="到".join(map(str, bounds)), unit=COUNTED[metric.agg])
        return METRICS[metric.agg].format(field=field.label if field else "", times=times)

    def listed(self, kind: str, texts: Sequence[str], last: str) -> str:
        shown = [self.named(kind, text) for text in texts[:SHOWN]]
        if len(texts) > SHOWN:
            return f"{'、'.join(shown)}等{len(texts)}项{'' if last == '和' else '之一'}"
        return last.join(filter(None, ("、".join(shown[:-1]), shown[-1])))

    def named(self, kind: str, text: str) -> str:
        """Fixed words bare, names for ids, free text in quotes."""
        if kind in ("emp", "store", "tag", "segment"):
            return self.names.get((kind, text), text)
        return f"“{text}”" if kind == "text" else text


def _is_date(field: Field) -> bool:
    return field.type in ("date", "datetime")


def _at_least_one(metric: Metric) -> bool:
    return metric.agg == "count" and (metric.op, metric.value) in (("ge", 1), ("gt", 0))


def _is_future(asked: Question) -> bool:
    return asked.op in FUTURE or (asked.op == "day_offset" and asked.value > 0)


def _day_offset(days: int) -> str:
    near = {-1: "昨天", 0: "今天", 1: "明天"}
    return near.get(days, f"{abs(days)}天{'后' if days > 0 else '前'}")
