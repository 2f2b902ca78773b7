"""What is wrong with a rule: codes, Chinese messages, the nearest right spelling (rules.md §4).

Every check reports through `problem`, so a message is worded once and personal data never leaves in `got`.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

MESSAGES: dict[str, str] = {
    # the text
    "bad_encoding": "文件不是有效的 UTF-8 文本",
    "too_large": "规则不能超过 64 KiB",
    "too_deep": "规则的嵌套不能超过 16 层",
    "json_syntax": "不是有效的 JSON：{detail}",
    "duplicate_key": "“{name}”重复出现",
    "not_a_number": "NaN 和 Infinity 不是有效的数字",
    "number_too_long": "数字过长",
    # the shape
    "wrong_type": "应为{expected}",
    "missing_key": "缺少“{name}”",
    "unknown_key": "不认识的键“{name}”",
    "not_allowed": "“{name}”不在可选范围内",
    "too_few": "至少要有 {limit} 项",
    "too_many": "最多 {limit} 项，现有 {count} 项",
    "too_many_conditions": "一条规则最多 8 个条件，现有 {count} 个",
    # the names
    "unknown_field": "客户资料没有字段“{name}”",
    "unknown_table": "没有单据表“{name}”",
    "unknown_event": "没有行为事件“{name}”",
    "unknown_attribute": "“{source}”没有属性“{name}”",
    "unknown_operator": "没有操作符“{name}”",
    "operator_not_for_type": "“{label}”不支持操作符“{name}”",
    # the values
    "value_missing": "操作符“{operator}”需要 value",
    "value_not_taken": "操作符“{operator}”不带 value",
    "option_not_taken": "操作符“{operator}”不支持“{name}”",
    "text_length": "文本应为 1 到 500 个字",
    "text_characters": "文本含有无法存储的字符",
    "enum_value": "“{label}”没有选项“{name}”",
    "tree_path": "层级路径应形如“线上/美团”，各级都不能为空",
    "list_length": "列表应有 1 到 1000 项，现有 {count} 项",
    "pair_length": "应为 [从, 到] 两项",
    "date_format": "日期应写成 YYYY-MM-DD，且是存在的日期",
    "date_range": "日期应在 1900 年到 2999 年之间",
    "number_range": "数字超出范围：整数部分最多 {digits} 位",
    "decimals": "最多 {places} 位小数",
    "money_format": '金额应写成数字或字符串，最多两位小数，如 "1000.00"',
    "whole_range": "应为 {low} 到 {high} 之间的整数",
    "range_reversed": "区间的起点大于终点",
    # the metric
    "unknown_aggregate": "没有统计指标“{name}”",
    "metric_attr_missing": "统计指标“{label}”需要指定属性 attr",
    "metric_attr_not_taken": "统计指标“{label}”不带属性 attr",
    "metric_attr_type": "统计指标“{label}”不能用于属性“{name}”",
    "metric_only_zero": "零条记录永远不满足“有过/做过”；要找没有记录的客户，请使用“没有/未做过”",
    # the whole rule
    "private_in_sql": "“{label}”只保存在受限库中，不能导出为 SQL；只有“有值”“无值”可以",
    # the library
    "bad_path": "规则库中没有这种位置的文件",
    "string_too_short": "至少 {limit} 个字",
    "string_too_long": "最多 {limit} 个字",
    "bad_slug": "编号只能用小写字母、数字、连字符和下划线，且以字母或数字开头",
    "bad_color": "颜色应写成 #RRGGBB",
    "bad_created_at": "创建时间应写成 YYYY-MM-DDTHH:MM:SS（本地时间）",
    "group_missing": "标签组“{name}”缺少 _group.json",
    "duplicate_id": "编号“{name}”与 {other} 重复",
    "duplicate_name": "名称“{name}”与 {other} 重复",
    "unknown_reference": "引用了不存在的{kind}“{name}”",
    "cycle": "循环引用：{path}",
    "over_quota": "已启用的{kind}超过限额 {limit} 个",
    # warnings: the rule is valid, but odd
    "never_true": "这条规则不可能选中任何客户：条件互相矛盾",
    "always_true": "这条规则总是选中全部客户，没有筛选作用",
    "superfluous_condition": "去掉这个条件，选中的客户不变",
    "same_as_another": "选中的客户与“{name}”（{other}）总是相同",
    "inside_another": "选中的客户总在“{name}”（{other}）之内",
}

_PHONE = re.compile(r"(?<!\d)((?:86)?1[3-9]\d)\d{4}(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class FilterError:
    """One mistake, placed by an RFC 6901 pointer into the JSON that was given."""

    code: str
    pointer: str
    message: str
    allowed: tuple[str, ...] | None = None
    got: str | None = None
    suggestion: str | None = None

    @property
    def sentence(self) -> str:
        """The message, with the word that was meant."""
        return f"{self.message}，是不是“{self.suggestion}”？" if self.suggestion else self.message

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of rules.md §4."""
        return {**asdict(self), "allowed": None if self.allowed is None else list(self.allowed)}


class FilterErrors(ValueError):  # noqa: N818 (it carries several)
    """Everything that is wrong with a rule, at once."""

    def __init__(self, errors: Iterable[FilterError]) -> None:
        self.errors: tuple[FilterError, ...] = tuple(sorted(set(errors), key=_by_place))
        super().__init__("；".join(f"{error.pointer or '/'} {error.sentence}" for error in self.errors))

    def as_json(self) -> list[dict[str, Any]]:
        """The list that `cdp filter run` prints under "errors"."""
        return [error.as_dict() for error in self.errors]


def problem(
    code: str,
    pointer: str,
    *,
    got: Any = None,
    allowed: Mapping[str, str] | Iterable[str] | None = None,
    **words: Any,
) -> FilterError:
    """A mistake worded from MESSAGES.

    `got` is the offending value (shown as JSON, cut and masked); `allowed` the right spellings, or a mapping
    from them to their labels, from which the nearest is suggested.
    """
    message = MESSAGES[code].format(**{name: masked(_cut(str(word))) for name, word in words.items()})
    suggestion = nearest(got, allowed) if isinstance(got, str) and allowed is not None else None
    spellings = None if allowed is None else tuple(allowed)
    shown = None if got is None else masked(_cut(json.dumps(got, ensure_ascii=False, default=_plain)))
    return FilterError(code, pointer, message, spellings, shown, suggestion)


def nearest(word: str, allowed: Mapping[str, str] | Iterable[str]) -> str | None:
    """The spelling that was most likely meant: by its Chinese label, else by likeness, else as `equals` begins."""
    labels = dict(allowed) if isinstance(allowed, Mapping) else {name: name for name in allowed}
    for spelling, label in labels.items():
        if word.strip() in (label, spelling):
            return spelling
    cutoff = 0.6 if word.isascii() else 0.5  # of two Chinese characters one may be wrong
    lowered = {spelling.lower(): spelling for spelling in labels}
    close = difflib.get_close_matches(word.lower()[:100], lowered, n=1, cutoff=cutoff)
    if close:
        return lowered[close[0]]
    by_label = {label: spelling for spelling, label in labels.items()}
    close = difflib.get_close_matches(word[:100], by_label, n=1, cutoff=cutoff)
    if close:
        return by_label[close[0]]
    begun = [
        spelling for name, spelling in lowered.items() if len(name) > 1 and word.lower().startswith(name)
    ]
    return max(begun, key=len, default=None)


def masked(text: str) -> str:
    """The text with every mobile number in it shown as 138****0001 (interfaces.md §5)."""
    return _PHONE.sub(r"\1****\2", text)


def at(pointer: str, *parts: str | int) -> str:
    """The pointer one or more steps further down, escaped as RFC 6901 asks."""
    steps = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "/".join((pointer, *steps))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}…"


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _by_place(error: FilterError) -> tuple[list[tuple[int, str]], str]:
    steps = error.pointer.split("/")
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in steps], error.code
