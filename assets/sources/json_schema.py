"""The JSON Schema (draft 2020-12) of a mapping, for editors, generated from the model.

`python -m assets.sources.json_schema` rewrites schema/mapping.schema.json; a test fails while they differ. Whether
names and values exist, ``cdp source check`` says.
"""

import json
from pathlib import Path
from typing import Any

from assets.sources.mapping import Mapping

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILE = Path(__file__).parent / "schema" / "mapping.schema.json"


def schema_text() -> str:
    """The schema as it is checked in."""
    schema: dict[str, Any] = {"$schema": DIALECT, "$id": SCHEMA_FILE.name, **Mapping.model_json_schema()}
    columns = schema["properties"]["columns"]
    column = columns["additionalProperties"]
    columns["additionalProperties"] = {"anyOf": [{"type": "string", "minLength": 1}, column]}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
