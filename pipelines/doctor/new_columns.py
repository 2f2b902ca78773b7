"""A column that a source sends and its contract lacks, offered as a field: the lines that take it in (CONTRIBUTING.md).

Which columns there are is written down by the night (``assets/extracts/new_columns.py``).
"""

import json
import re
from dataclasses import dataclass

from assets.extracts.contract import load_contracts
from rules.vocabulary import Vocabulary

# A contract's kind in the words of the vocabulary; a JSON object is no field.
_FIELD_TYPES = {
    "string": "text",
    "int": "number",
    "decimal": "money",
    "date": "date",
    "timestamp": "datetime",
    "bool": "bool",
    "list": "multi",
}


@dataclass(frozen=True)
class NewColumn:
    """A column that a source sends and its contract lacks (``ops.new_columns``)."""

    source: str
    extract: str
    column: str
    kind: str
    rows: int
    filled: int

    @property
    def contract_line(self) -> str:
        """The line that takes it into the contract."""
        return f"{_in_yaml(self.column)}: {self.kind}"

    def vocabulary_line(self, vocabulary: Vocabulary) -> tuple[str, str] | None:
        """File and line that make a field of it: of a document table's where its extract is one, else of the profile.

        None where it can be no field: a JSON object, or a row that is about nobody (contract.py, ``identities``).
        """
        contract, kind = load_contracts()[self.source, self.extract], _FIELD_TYPES.get(self.kind)
        if kind is None or not contract.identities or contract.props is not None:
            return None
        extract = f"{self.source}.{self.extract}"
        tables = [one for one in vocabulary.documents.values() if one.lineage.extracts[0] == extract]
        rows = tables[0].relation.removesuffix("s") if tables else "core.bridge_customer"
        id_, label = _field_id(self.column), _in_yaml(self.column)
        told = {
            "bool": f", not_label: {_in_yaml(f'不是{self.column}')}",
            "multi": f", open: true, rows: {rows}_{id_}s",
        }.get(kind, "")
        fed = "" if tables else f", extracts: [{extract}]"
        line = f"{id_}: {{label: {label}, type: {kind}{told}{fed}}}"
        place = f"documents.yaml {tables[0].id}" if tables else "profile.yaml"
        return f"rules/vocabulary/{place}", line


def _field_id(column: str) -> str:
    """The id of a field made of ``column``: loyaltyLevel → loyalty_level; a name without one is left to be chosen."""
    snake = re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()
    return snake if re.fullmatch("[a-z][a-z0-9_]*", snake) else "new_field"


def _in_yaml(text: str) -> str:
    """``text`` as a YAML scalar, quoted where it is more than one word."""
    return text if re.fullmatch(r"[^\W\d]\w*", text) else json.dumps(text, ensure_ascii=False)
