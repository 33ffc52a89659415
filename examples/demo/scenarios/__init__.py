"""The acceptance scenarios, one file each, in the order in which the demonstration tells them."""

from collections.abc import Callable, Mapping

from examples.demo.checks import Checks
from examples.demo.scenarios import (
    alarm_during_canary,
    failing_probe,
    first_release,
    ordinary_release,
    self_release,
    tampering,
    widened_privileges,
)
from examples.demo.world import World

Scenario = Callable[[World, Checks], None]

SCENARIOS: Mapping[str, Scenario] = {
    "S1 a first release": first_release.run,
    "S2 an ordinary release": ordinary_release.run,
    "S4 tampering": tampering.run,
    "S7 a probe fails in staging": failing_probe.run,
    "S8 an alarm fires during the canary": alarm_during_canary.run,
    "S9 Towpath releases itself": self_release.run,
    "S3 a release widens privileges": widened_privileges.run,
}
