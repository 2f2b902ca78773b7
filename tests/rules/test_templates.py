"""The 23 + 22 templates are sound library files."""

from rules import load_library, template_files

LIBRARY = load_library(template_files())


def test_there_are_23_tags_in_11_groups_and_22_segments() -> None:
    kinds = [one.kind for one in LIBRARY.entries]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"tag_group": 11, "tag": 23, "segment": 22}


def test_all_are_sound() -> None:
    assert [(one.path, one.errors) for one in LIBRARY.entries if one.errors] == []
    assert len(LIBRARY.order) == 45
    assert all(one.enabled and not one.preset for one in LIBRARY.order)


def test_files_are_named_by_id() -> None:
    for one in LIBRARY.entries:
        folder, stem = one.path.removesuffix(".json").split("/")[-2:]
        assert one.id == (folder if one.kind == "tag_group" else stem)


def test_a_template_stands_alone() -> None:
    """It is copied by itself, and judged live or off by its own conditions."""
    assert [one.path for one in LIBRARY.order if one.references()] == []
