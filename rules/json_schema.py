"""The JSON Schemas (draft 2020-12) of rules and library files, generated from the models.

`python -m rules.json_schema` rewrites rules/schema/; a test fails while they differ. They help an editor;
what a schema cannot say (types, limits across groups, meaning) the compiler's checks say better.
"""

import json
from importlib import resources
from pathlib import Path
from typing import Any

from rules.files import SCHEMAS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_texts() -> dict[str, str]:
    """File name -> content, as it is checked in."""
    texts = {}
    for name, model in SCHEMAS.items():
        schema: dict[str, Any] = {
            "$schema": DIALECT,
            "$id": f"{name}.schema.json",
            **model.model_json_schema(),
        }
        if "filter" in schema["properties"]:
            schema["properties"]["filter"] = {"$ref": "filter.schema.json"}
        texts[f"{name}.schema.json"] = json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
    return texts


def main() -> None:
    """Rewrites the checked-in schemas."""
    folder = Path(str(resources.files("rules"))) / "schema"
    for name, text in schema_texts().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
