"""The library: one bad file sinks nobody, references are found, cycles named, quotas kept."""

import json
from typing import Any

from rules import load_library
from rules.errors import FilterError
from rules.library import Library

CREATED = "2026-01-01T00:00:00"


def condition(kind: str, target: str) -> dict[str, Any]:
    if kind == "tag":
        return {"kind": "tag", "op": "has_any", "tags": [target]}
    return {"kind": "segment", "op": "member", "segment": target}


def rule(*needs: tuple[str, str]) -> dict[str, Any]:
    conditions = [condition(*need) for need in needs] or [
        {"kind": "profile", "field": "gender", "op": "eq", "value": "男"}
    ]
    return {"version": 1, "logic": "and", "groups": [{"logic": "and", "conditions": conditions}]}


def file(path: str, **content: Any) -> tuple[str, bytes]:
    return path, json.dumps(content, ensure_ascii=False).encode()


def segment(slug: str, *needs: tuple[str, str], **changes: Any) -> tuple[str, bytes]:
    defaults = {"id": slug, "name": slug, "status": "enabled", "created_at": CREATED, "filter": rule(*needs)}
    return file(f"segments/{slug}.json", **{**defaults, **changes})


def tag(slug: str, *needs: tuple[str, str], group: str = "g", **changes: Any) -> tuple[str, bytes]:
    defaults = {"id": slug, "name": slug, "status": "enabled", "created_at": CREATED, "filter": rule(*needs)}
    return file(f"tags/{group}/{slug}.json", **{**defaults, **changes})


GROUP = file("tags/g/_group.json", id="g", name="一组", sort=1)


def errors(library: Library) -> dict[str, list[tuple[str, str]]]:
    return {
        one.path: [(error.code, error.pointer) for error in one.errors]
        for one in library.entries
        if one.errors
    }


def test_tags_and_segments_in_order_of_need() -> None:
    library = load_library(
        [
            GROUP,
            tag("a", ("segment", "z")),
            segment("z", ("tag", "m")),
            tag("m", ("tag", "cdp:7")),
            segment("b"),
        ]
    )
    assert errors(library) == {}
    assert [one.key for one in library.order] == [
        ("segment", "b"),
        ("tag", "m"),
        ("segment", "z"),
        ("tag", "a"),
    ]


def test_a_bad_file_sinks_nobody_else() -> None:
    library = load_library(
        [
            segment("good"),
            ("segments/torn.json", b'{"id": "torn", '),
            ("segments/list.json", b"[]"),
            segment("closed", extra=1, status="on"),
            segment("dependant", ("segment", "torn")),
            ("readme.md", b"#"),
        ]
    )
    assert errors(library) == {
        "readme.md": [("bad_path", "")],
        "segments/closed.json": [("not_allowed", "/status"), ("unknown_key", "/extra")],
        "segments/list.json": [("wrong_type", "")],
        "segments/torn.json": [("json_syntax", "")],
    }
    # a rule that waits for a broken one is still there: it is blocked tonight, not lost
    assert [one.id for one in library.order] == ["closed", "dependant", "good"]
    assert library.of("segment")["torn"].rule is None


def test_mistakes_in_the_rule_come_with_those_around_it() -> None:
    broken = rule()
    broken["groups"][0]["conditions"][0]["field"] = "gendre"
    library = load_library([segment("s", name="名" * 21, filter=broken)])
    assert errors(library)["segments/s.json"] == [
        ("string_too_long", "/name"),
        ("unknown_field", "/filter/groups/0/conditions/0/field"),
    ]


def test_limits_of_names() -> None:
    library = load_library(
        [
            file("tags/g/_group.json", id="g", name="组" * 21, sort=1),
            tag("long", name="名" * 51, color="red"),
            tag("fits", name="名" * 50),
            segment("wordy", description="字" * 501),
            segment("Bad Slug"),
        ]
    )
    assert errors(library) == {
        "segments/Bad Slug.json": [("bad_slug", "/id")],
        "segments/wordy.json": [("string_too_long", "/description")],
        "tags/g/_group.json": [("string_too_long", "/name")],
        "tags/g/long.json": [("string_too_long", "/name"), ("bad_color", "/color")],
    }


def test_cycles_are_refused_with_their_path() -> None:
    library = load_library(
        [
            GROUP,
            tag("a", ("segment", "b")),
            segment("b", ("tag", "c")),
            tag("c", ("tag", "a")),
            segment("self", ("segment", "self")),
            segment("outside", ("tag", "a")),
        ]
    )
    messages = {one.id: [error.message for error in one.errors] for one in library.entries if one.errors}
    assert messages == {
        "a": ["循环引用：标签 a → 分群 b → 标签 c → 标签 a"],
        "b": ["循环引用：分群 b → 标签 c → 标签 a → 分群 b"],
        "c": ["循环引用：标签 c → 标签 a → 分群 b → 标签 c"],
        "self": ["循环引用：分群 self → 分群 self"],
    }
    assert [one.id for one in library.order] == ["outside"]


def first_error(library: Library, path: str) -> FilterError:
    return next(one for one in library.entries if one.path == path).errors[0]


def test_unknown_references() -> None:
    needy = [segment("s", ("tag", "vipp"), ("tag", "cdp:9"), ("segment", "none")), GROUP, tag("vip")]
    library = load_library(needy)
    assert errors(library) == {
        "segments/s.json": [
            ("unknown_reference", "/filter/groups/0/conditions/0/tags/0"),
            ("unknown_reference", "/filter/groups/0/conditions/2/segment"),
        ]
    }
    assert first_error(library, "segments/s.json").suggestion == "vip"
    known = load_library(
        [segment("s", ("tag", "cdp:9")), segment("t", ("tag", "cdp:8"))], static_ids={("tag", "cdp:9")}
    )
    assert list(errors(known)) == ["segments/t.json"]


def test_the_older_of_two_keeps_its_id_and_name() -> None:
    newer = "2026-02-01T00:00:00"
    library = load_library(
        [
            file("segments/copy.json", id="s", name="另", status="enabled", created_at=newer, filter=rule()),
            segment("s", name="甲"),
            segment("t", name="甲", created_at=newer),
            GROUP,
            tag("x", name="甲"),
            tag("y", name="甲", created_at=newer),
        ]
    )
    assert errors(library) == {
        "segments/copy.json": [("duplicate_id", "/id")],
        "segments/t.json": [("duplicate_name", "/name")],
        "tags/g/y.json": [("duplicate_name", "/name")],
    }
    assert library.of("segment")["s"].path == "segments/s.json"


def test_a_folder_without_its_group() -> None:
    assert errors(load_library([tag("x", group="lost")])) == {"tags/lost/x.json": [("group_missing", "")]}


def test_quota_counts_enabled_rules_that_are_not_preset() -> None:
    files = [segment(f"s{n}", created_at=f"2026-01-0{n}T00:00:00") for n in (3, 1, 2)]
    files += [segment("off", status="disabled"), segment("ai", preset=True)]
    library = load_library(files, segment_quota=2)
    assert errors(library) == {"segments/s3.json": [("over_quota", "/status")]}
    assert library.in_use("segment") == 3
    assert errors(load_library(files, segment_quota=None)) == {}
    assert errors(load_library(files)) == {}
