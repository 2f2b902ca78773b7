"""A YAML file as plain text values, each with its line, so that a wrong one can be pointed at.

Every scalar is the text that was written: what it means is for the model that reads it (``mapping.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

DEEPEST = 10
_NOTHING = ("", "~", "null")


class YamlProblemError(ValueError):
    """The text is no YAML that we read; ``line`` is 1-based, the message Chinese."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class YamlDocument:
    """The values of a document and the line of each by its path of keys and positions."""

    content: Any = None
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The line of the value at ``path``, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> YamlDocument:
    """The one document of ``text``. Raises YamlProblemError for broken YAML, a repeated key, an alias."""
    try:
        depth = 0
        for event in yaml.parse(text):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise YamlProblemError(line, f"不支持引用 *{event.anchor}，请写出内容")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise YamlProblemError(line, "嵌套太深，不像是映射")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = YamlDocument()
        if root is not None:
            document.content = _value(root, (), document.lines)
        return document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlProblemError(line, "不是有效的 YAML，请检查缩进、冒号、括号和引号") from None
    except yaml.YAMLError:
        raise YamlProblemError(1, "不是有效的 YAML") from None


def _value(node: yaml.Node, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return dict(_items(node, path, lines))
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, place), lines) for place, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return None if node.style is None and node.value in _NOTHING else node.value


def _items(
    node: yaml.MappingNode, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int]
) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlProblemError(line, "键应为文本")
        if key.value in seen:
            raise YamlProblemError(line, f"{key.value} 写了两次（第 {seen[key.value]} 行已有）")
        seen[key.value] = line
        lines[*path, key.value] = line
        yield key.value, _value(value, (*path, key.value), lines)
