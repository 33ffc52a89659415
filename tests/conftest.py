"""How hypothesis runs: without a clock, because a busy machine is no bug; in CI with the same examples every time."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "towpath",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
)
settings.load_profile("towpath")
