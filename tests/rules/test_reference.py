"""The page about the filter language is that of the code; `python -m rules.reference` renews it."""

from rules import catalog, load_vocabulary
from rules.operators import MATRIX
from rules.reference import page, reference
from rules.vocabulary.loader import FIELD_TYPES

PAGE = reference()


def test_no_drift() -> None:
    assert page().read_text("utf-8") == PAGE


def test_the_matrix_on_it_is_the_whole_matrix() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in PAGE.splitlines() if "●" in line]
    marked = {
        (field_type, op.strip("`"))
        for _, op, *cells in rows
        for field_type, cell in zip(FIELD_TYPES, cells, strict=False)
        if cell
    }
    assert marked == {(field_type, op) for field_type, op in MATRIX if field_type in FIELD_TYPES}


def test_everything_that_can_be_named_is_on_it() -> None:
    named = {source.id for source in load_vocabulary().sources()[1:]}
    named |= {field["id"] for source in catalog()["sources"] for field in source["fields"]}
    named |= {one["id"] for part in ("operators", "metrics") for one in catalog()[part]}
    assert [name for name in sorted(named) if f"`{name}`" not in PAGE] == []
