"""The one partition dimension: the night, named by its as_of date (YYYY-MM-DD).

Dynamic, so that the UI lists the nights that were run and nothing else. What a night means (rewind, refusal of an
older date) is decided in ``assets/warehouse/opening.py``, not here.
"""

import dagster as dg

NIGHT = "night"

night = dg.DynamicPartitionsDefinition(name=NIGHT)
