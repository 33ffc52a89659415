"""What the traffic room needs of AWS, named by role: someone who moves traffic, and someone who sends probes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from towpath.traffic.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Shift:
    """One alias that is to move from one version of its function to another. `group` names its deployment group."""

    group: str
    function: str
    alias: str
    current_version: str
    target_version: str
    strategy: Strategy
    alarms: tuple[str, ...] = ()


class ShiftCondition(StrEnum):
    SHIFTING = "shifting"
    SHIFTED = "shifted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ShiftState:
    """A deployment as it is now. `rollback` is the deployment that takes the traffic back, if there is one."""

    deployment: str
    condition: ShiftCondition
    reason: str = ""
    error_code: str = ""
    rollback: str = ""


@dataclass(frozen=True, slots=True)
class AliasState:
    """Where an alias points. `weights` are the extra versions that take a share: {} for a whole alias."""

    version: str
    weights: Mapping[str, float]

    @property
    def is_whole(self) -> bool:
        return not self.weights


class TrafficRouter(Protocol):
    """Moves the traffic of Lambda aliases in one environment."""

    def alias(self, function: str, alias: str) -> AliasState | None:
        """Where an alias points now, None when the function or the alias does not exist."""
        ...

    def begin(self, shift: Shift, token: str) -> str:
        """Start a shift and return its deployment id; the same token again returns the same deployment."""
        ...

    def find(self, group: str, token: str) -> str:
        """The deployment that `begin` started with this token, "" when there is none."""
        ...

    def state(self, deployment: str) -> ShiftState: ...

    def stop(self, deployment: str) -> None:
        """Stop a deployment and have it rolled back; one that has ended is fine."""
        ...

    def restore(self, function: str, alias: str, version: str) -> None:
        """Point an alias at one version with no weights left behind."""
        ...

    def firing_alarms(self, names: Sequence[str]) -> tuple[str, ...]:
        """Which of these alarms are in ALARM now; a name that does not exist counts as firing."""
        ...


class ProbeAnswer(StrEnum):
    """Whether a probe could be sent at all."""

    ANSWERED = "answered"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Observation:
    """What came back from one try. `body` is parsed JSON where it was JSON; `latency` is in milliseconds."""

    answer: ProbeAnswer
    status: int | str | None = None
    body: Any = None
    error: str = ""
    latency: float = 0.0


class Prober(Protocol):
    """Sends one probe once. Targets are physical names; `phase_version` qualifies functions under rollout."""

    def send(self, kind: str, target: Mapping[str, Any], *, timeout: float) -> Observation: ...
