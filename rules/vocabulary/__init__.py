"""What a rule can say: fields, document tables and events, with the columns that hold them."""

from rules.vocabulary.lineage import Lineage, merged, state, static_lineage
from rules.vocabulary.loader import Field, Source, Vocabulary, build_vocabulary, load_vocabulary

__all__ = [
    "Field",
    "Lineage",
    "Source",
    "Vocabulary",
    "build_vocabulary",
    "load_vocabulary",
    "merged",
    "state",
    "static_lineage",
]
