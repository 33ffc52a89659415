"""What a probe is: the kind of request, its target by logical id, when it runs, and what it expects back.

The manifest's schema has already refused wrong shapes; this room gives the parts names and defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self, cast

DEFAULT_TIMEOUT_SECONDS = 10.0
DEFAULT_RETRIES = 2


class Phase(StrEnum):
    """Before the new version takes traffic, or after all of it has moved."""

    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    LAMBDA = "lambda"
    HTTP = "http"
    STATE_MACHINE = "state_machine"
    QUEUE = "queue"
    EVENT = "event"
    TABLE_ITEM = "table_item"
    OBJECT = "object"


# Which members of a probe name resources of the stack, by kind; all others are passed on as they are.
TARGETS: Mapping[Kind, tuple[str, ...]] = {
    Kind.LAMBDA: ("function",),
    Kind.HTTP: (),
    Kind.STATE_MACHINE: ("state_machine",),
    Kind.QUEUE: ("send_to", "receive_from"),
    Kind.EVENT: ("bus", "receive_from"),
    Kind.TABLE_ITEM: ("table",),
    Kind.OBJECT: ("bucket",),
}
# Targets that a probe may leave out; a target without a value is not looked up.
_MANAGED = frozenset({"name", "kind", "phases", "environments", "timeout_seconds", "retries", "expect"})


@dataclass(frozen=True, slots=True)
class Probe:
    """One declared probe. `request` are the kind's own members (`function`, `payload`, `url`, ...)."""

    name: str
    kind: Kind
    phases: tuple[Phase, ...]
    request: Mapping[str, Any]
    expect: Mapping[str, Any] = field(default_factory=dict[str, Any])
    environments: tuple[str, ...] = ()
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    retries: int = DEFAULT_RETRIES

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """A member of the manifest's `probes`.

        Raises KeyError or ValueError when the manifest was not validated.
        """
        phases = cast(list[str], document.get("phases", [Phase.BEFORE.value, Phase.AFTER.value]))
        return cls(
            name=str(document["name"]),
            kind=Kind(document["kind"]),
            phases=tuple(Phase(phase) for phase in phases),
            request={key: value for key, value in document.items() if key not in _MANAGED},
            expect=cast(Mapping[str, Any], document.get("expect", {})),
            environments=tuple(cast(list[str], document.get("environments", []))),
            timeout=float(document.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS)),
            retries=int(document.get("retries", DEFAULT_RETRIES)),
        )

    def runs_in(self, environment: str, phase: Phase) -> bool:
        return phase in self.phases and (not self.environments or environment in self.environments)
