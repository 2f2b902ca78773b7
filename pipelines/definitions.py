"""The code location that Dagster loads: the line of the night, composed from the environment's settings."""

import dagster as dg

from pipelines.build import build_definitions
from pipelines.settings import Settings


@dg.definitions
def clinic_cdp() -> dg.Definitions:
    """Everything the UI shows."""
    return build_definitions(Settings())
