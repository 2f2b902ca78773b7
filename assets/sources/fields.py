"""What the vocabulary knows of an extract's column: the field that it feeds, and its closed values.

What clinics write instead is in ``words.py``, whether a mapping keeps to the values in ``checks.py``.
"""

from functools import cache

from assets.extracts.contract import Contract, ExtractId
from rules.vocabulary import Field, load_vocabulary

BOOLEANS = ("true", "false")


@cache
def field_of(extract: ExtractId, column: str) -> Field | None:
    """The vocabulary's field that ``column`` feeds; leads.status is the profile's lead_status."""
    vocabulary, fed = load_vocabulary(), ".".join(extract)
    names = (column, f"{extract[1].removesuffix('s')}_{column}")
    for source in (*vocabulary.documents.values(), vocabulary.profile):
        for name in names:
            field = source.fields.get(name)
            if field is not None and fed in field.lineage.extracts[:1]:
                return field
    return None


def closed_values(contract: Contract, column: str) -> tuple[str, ...] | None:
    """The closed values of a column, or None where any text is good (vocabulary.yaml, values; contracts)."""
    if any(known.name == column and known.kind == "bool" for known in contract.file_columns):
        return BOOLEANS
    if column in contract.values:
        return contract.values[column]
    if contract.props is not None and column == "event":
        events, extract = load_vocabulary().events, ".".join(contract.id)
        return tuple(id_ for id_, event in events.items() if extract in event.lineage.extracts)
    field = field_of(contract.id, column)
    return field.values or None if field else None
