"""What all tests share: one thread for each library, and the same draws of hypothesis everywhere."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")

#: How many random examples: ``GLIDEPATH_EXAMPLES=20000 pytest tests/test_trees.py`` for a long campaign.
EXAMPLES = int(os.environ.get("GLIDEPATH_EXAMPLES", "0"))

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("suite", derandomize=True, database=None, max_examples=150, **_COMMON)
settings.register_profile("campaign", max_examples=max(EXAMPLES, 1), **_COMMON)
settings.load_profile("campaign" if EXAMPLES else "suite")
