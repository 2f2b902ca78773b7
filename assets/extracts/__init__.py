"""The first stage: files of the landing become append-only tables in schema ``raw``.

contract → landing → readers → casting → loading → status; only ``assets.py`` and ``judgement.py`` know
Dagster.
What a table means to the business belongs to dbt's staging models, not here.
"""
