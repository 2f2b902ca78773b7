"""The stage before the extracts: a clinic's own exports become files of the landing, as YAML mappings say.

yaml_document → mapping → checks; profile drafts one;
files → tables → expressions → changes → landing; only ``assets.py`` knows Dagster.
What a clinic calls its columns and values is data of its home (``mappings/<source>/<extract>.yaml``), never code.
Whether a value is right is the loader's to judge (``assets/extracts``): this stage rewrites what it understands and
leaves the rest.
"""
