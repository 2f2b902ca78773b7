"""Hypothesis profiles of the rule tests: a quick deterministic run, and `truth` for the long comparison."""

import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "quick", max_examples=300, deadline=None, derandomize=True, suppress_health_check=SLOW
)
settings.register_profile("truth", max_examples=20_000, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
