"""Hypothesis profiles: `default` is fast, `ci` draws the same each time, `deep` draws twenty times as much."""

import os

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a new shape compiles a JAX program first

settings.register_profile("default", max_examples=10, **COMMON)
settings.register_profile("ci", max_examples=5, derandomize=True, database=None, **COMMON)
settings.register_profile("deep", max_examples=200, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
