"""A mapping drafted from a guess, as YAML with comments on what a person must decide.

The guess is ``guessing.py``'s; what a mapping means when it is used is not decided here.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from assets.extracts.contract import IS_DELETED, UPDATED_AT, Column
from assets.extracts.json_text import normalise_text
from assets.extracts.spelling import nearest
from assets.sources.content import Content
from assets.sources.guessing import Guess, is_list, name_parts
from assets.sources.words import holds_person, known_value, known_values, synonyms, words_for
from exports.masking import mask_text

# A guess surer than this goes without a comment.
SURE = 0.8
_READINGS = {"date": "date", "timestamp": "timestamp", "decimal": "money", "int": "integer", "bool": "yes_no"}
_DATE_IN_NAME = (
    (re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"), "{date:%Y%m%d}"),
    (re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"), "{date:%Y-%m-%d}"),
    (re.compile(r"20[0-9]{2}_(0[1-9]|1[0-2])_(0[1-9]|[12][0-9]|3[01])"), "{date:%Y_%m_%d}"),
    (re.compile(r"20[0-9]{2}年(0[1-9]|1[0-2])月(0[1-9]|[12][0-9]|3[01])日"), "{date:%Y年%m月%d日}"),
    (
        re.compile(r"20[0-9]{2}/(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])(?=/)"),
        "{date:%Y}/{date:%m}/{date:%d}",
    ),
)
_ON_OFF = {
    "启用": "true",
    "已启用": "true",
    "停用": "false",
    "已停用": "false",
    "禁用": "false",
    "已禁用": "false",
}


def draft(
    path: Path, sheet: str | None, guess: Guess, contents: Mapping[str, Content], also: list[str]
) -> str:
    """The mapping of ``guess`` for files like ``path``: YAML that a person corrects.

    ``path`` is below CDP_SOURCES, or absolute where the file lies elsewhere. The mapping goes to
    mappings/<source>/<extract>.yaml of the home; ``also`` are other extracts that the file can feed.
    """
    contract = guess.contract
    return "\n".join(
        [
            f"# 草稿：{contract.label}（{contract.source}/{contract.extract}）。请核对带“请”字的行。",
            *_files(path),
            *([f"sheet: {_scalar(sheet)}"] if sheet else []),
            *_mode(guess),
            *_blank(contents),
            "columns:",
            *(f"  {line}" for column in contract.file_columns for line in _column(column, guess, contents)),
            *_left_over(guess, contents),
            *(f"# 同一份文件还能提供 {name}：cdp source profile --extract {name}" for name in also),
            "",
        ]
    )


def _files(path: Path) -> Iterator[str]:
    for where in _wheres(path):
        for pattern, token in _DATE_IN_NAME:
            if found := pattern.search(where):
                before = _dated_folders(where[: found.start()], found.group())
                yield f"files: {_scalar(before + token + _starred(where[found.end() :]))}"
                yield "offset_days: 1  # 请核对：文件名里的日期之后几天的夜里读它"
                return
    stem = re.sub(r"[0-9]+", "*", mask_text(path.stem))
    yield f"files: {_scalar('{date:%Y%m%d}/' + stem + path.suffix)}  # 请补充：日期在路径的哪一段"
    yield "offset_days: 1  # 请核对：路径里的日期之后几天的夜里读它"


def _wheres(path: Path) -> list[str]:
    """Where the file lies below CDP_SOURCES; of one that lies elsewhere its folder counts where that has the date."""
    if not path.is_absolute():
        return [path.as_posix()]
    dated = any(pattern.search(f"{path.parent.name}/") for pattern, _ in _DATE_IN_NAME)
    return [f"{path.parent.name}/{path.name}"] if dated else [path.name]


def _dated_folders(before: str, date: str) -> str:
    """The folders before a date, those of its year and month left open too."""
    parts = {date[:4]: "{date:%Y}", re.sub("[^0-9]", "", date)[4:6]: "{date:%m}"}
    *folders, name = before.split("/")
    return "/".join([*(parts.get(folder, folder) for folder in folders), name])


def _starred(rest: str) -> str:
    """What follows the date, times of day and numbers of copies left open."""
    return re.sub(r"[-_ ]?\(?[0-9]+\)?", "*", rest)


def _mode(guess: Guess) -> Iterator[str]:
    mode = guess.contract.mode
    if mode == "delta" and guess.source_of(UPDATED_AT.name) is None:
        yield "mode: full  # 请核对：每次给出全部的行；只给有变化的行时写 delta"
    elif mode == "delta":
        yield "mode: delta  # 请核对：只给有变化的行；每次给出全部的行时写 full"
    elif mode == "append":
        yield "mode: append  # 请核对：只给新的行；每次给出全部的行时写 full"
    else:
        yield f"mode: {mode}"


def _blank(contents: Mapping[str, Content]) -> Iterator[str]:
    written = dict.fromkeys(mark for content in contents.values() for mark in content.blanks)
    if written:
        yield f"blank: {_flow(list(written))}"


def _column(column: Column, guess: Guess, contents: Mapping[str, Content]) -> Iterator[str]:
    contract = guess.contract
    found = next((one for one in guess.columns if one.target == column.name), None)
    parts = name_parts(contents)
    if column.name == "name" and parts and (found is None or found.source in parts):
        yield f'name: {{join: {_flow(parts)}, with: ""}}'
    elif found is not None:
        expression, remarks = _expression(column, found.source, guess, contents[found.source])
        if found.confidence < SURE:
            remarks.insert(0, f"是不是 {column.name}（{words_for(contract.id, column.name)[0]}）")
        yield f"{column.name}: {expression}" + (f"  # 请核对：{'；'.join(remarks)}" if remarks else "")
    else:
        yield from _missing(column, guess, contents)


def _missing(column: Column, guess: Guess, contents: Mapping[str, Content]) -> Iterator[str]:
    """What stands for a column that no source was found for."""
    contract = guess.contract
    assumed = synonyms()["assumed"].get("/".join(contract.id), {}).get(column.name)
    label = words_for(contract.id, column.name)[0]
    if assumed is not None:
        yield f"{column.name}: {{constant: {_scalar(assumed)}}}  # 请核对：文件里没有{label}"
    elif column in (UPDATED_AT, IS_DELETED) or not column.required:
        return
    elif (column.name,) == contract.key and len(parts := _key_parts(guess, contents)) > 1:
        yield f'{column.name}: {{join: {_flow(parts)}, with: "-"}}  # 请核对：文件里没有{label}，由这些列拼成'
    else:
        yield f"# {column.name}: {{constant: }}  # 请补充：{label}必填，文件里没有这一列"


def _key_parts(guess: Guess, contents: Mapping[str, Content]) -> list[str]:
    """Whose a row is and of when: what may stand for an id that an export lacks."""
    owner = next((guess.source_of(name) for name in ("patient_id", "bill_id", "lead_id")), None)
    times = [one.source for one in guess.columns if contents[one.source].date_form is not None]
    return [owner, times[0]] if owner and times else []


def _expression(column: Column, source: str, guess: Guess, content: Content) -> tuple[str, list[str]]:
    """How ``source`` becomes the column, and what a person should look at."""
    contract = guess.contract
    if column.kind == "list":
        if content.shares["array"] > 0.5:
            return _scalar(source), []
        split = content.separator or "、"
        return _flow({"from": source, "split": split}), [] if content.separator else ["各项之间用什么隔开"]
    if column.kind == "bool" and content.words and set(content.words) <= _ON_OFF.keys():
        return _flow({"from": source, "values": {word: _ON_OFF[word] for word in content.words}}), []
    if known := known_values(contract, column.name):
        return _words(source, column, guess, content, known)
    reading = _READINGS.get(column.kind)
    if column.kind == "timestamp":
        reading = next(
            (look for look in ("epoch_seconds", "epoch_millis") if content.shares[look] > 0.5), reading
        )
    expression = _flow({"from": source, "as": reading}) if reading else _scalar(source)
    return expression, list(_remarks(column, guess, content))


def _words(
    source: str, column: Column, guess: Guess, content: Content, known: tuple[str, ...]
) -> tuple[str, list[str]]:
    """A column of closed values with the clinic's words for them."""
    if content.filled and not is_list(content, column.name, guess.contract):
        return _scalar(source), [f"有 {content.uniques} 种取值；只能是 {'、'.join(known)}"]
    values: dict[str, str] = {}
    unsure, unmapped = [], []
    for word, rows in content.words.items():
        meant = known_value(word, guess.contract, column.name)
        near = nearest(normalise_text(word), known)
        if meant is None and near is not None:
            unsure.append(f"{mask_text(word)} 是不是 {near}")
        elif meant is None:
            unmapped.append(f"{mask_text(word)}（{rows} 行）")
        if (meant or near) and word != meant:
            values[word] = meant or str(near)
    remarks = unsure + (
        [f"不在词表里的值 {'、'.join(unmapped)}；只能是 {'、'.join(known)}"] if unmapped else []
    )
    return _flow({"from": source, "values": values}) if values else _scalar(source), remarks


def _remarks(column: Column, guess: Guess, content: Content) -> Iterator[str]:
    if content.filled == 0:
        yield "整列是空的"
        return
    named = content.shares["chinese"] > 0.5
    if named and (holds_person(guess.contract, column.name) or column.name == "employee_id"):
        yield "这里是姓名，应为员工编号"
    if named and column.name == "store_id":
        yield "这里是门店名称，应为门店编号"
    if column.name == "phone" and (wrong := round(content.filled * (1 - content.shares["phone"]))):
        yield f"{wrong} 个不是有效的手机号"
    if column.required and content.nulls:
        yield f"必填，却有 {content.nulls} 行是空的"


def _left_over(guess: Guess, contents: Mapping[str, Content]) -> Iterator[str]:
    used = {one.source for one in guess.columns} | set(name_parts(contents))
    left = [mask_text(source) for source in contents if source not in used]
    if left:
        yield f"# 没有用到的列：{'、'.join(left)}"


def _flow(value: Any) -> str:
    return yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10**6
    ).strip()


def _scalar(text: str) -> str:
    """``text`` as YAML on one line, quoted where it must be."""
    return _flow([text])[1:-1]
