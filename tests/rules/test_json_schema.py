"""The checked-in JSON Schemas are those of the models; `python -m rules.json_schema` renews them."""

import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

import rules
from rules import template_files
from rules.json_schema import schema_texts

FOLDER = Path(rules.__file__).parent / "schema"
SCHEMAS = {name: json.loads(text) for name, text in schema_texts().items()}
REGISTRY = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def test_no_drift() -> None:
    assert {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")} == schema_texts()


@pytest.mark.parametrize("name", SCHEMAS)
def test_they_are_valid_2020_12(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def validator(path: str) -> jsonschema.Draft202012Validator:
    kind = "tag_group" if path.endswith("_group.json") else path.partition("/")[0].removesuffix("s")
    return jsonschema.Draft202012Validator(SCHEMAS[f"{kind}.schema.json"], registry=REGISTRY)


def test_all_templates_are_valid() -> None:
    for path, content in template_files():
        validator(path).validate(json.loads(content))


def test_an_unknown_name_is_not() -> None:
    path, content = next(one for one in template_files() if one[0].startswith("segments/"))
    text = content.decode().replace('"ai_finding"', '"ai_findings"')
    assert list(validator(path).iter_errors(json.loads(text)))
