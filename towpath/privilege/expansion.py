"""What a comparison finds: expansions by cause, and why some things could not be decided."""

from dataclasses import dataclass, field

from towpath.privilege.access import Cause, Question
from towpath.privilege.catalogue import Action
from towpath.privilege.evaluator import Decision
from towpath.privilege.region import Region
from towpath.privilege.request import Request
from towpath.privilege.statement import Statement
from towpath.privilege.worlds import World
from towpath.verdict import Reason


@dataclass(frozen=True, slots=True)
class Part:
    """A question that has an answer, the region it was asked in and the assumption it was asked under."""

    question: Question
    region: Region
    world: World


@dataclass(slots=True)
class Expansion:
    """What one cause newly allows: a checked witness, the region that it comes from, and the catalogue's actions.

    `actions` is empty when only requests are allowed that no service knows. `is_complete` is false when the count of
    actions was cut short by the work budget.
    """

    cause: Cause
    responsible: Statement | None
    request: Request
    before: Decision
    after: Decision
    region: Region
    actions: dict[str, Action] = field(default_factory=dict[str, Action])
    is_complete: bool = True
    gravest: Action | None = None
    """The action of the witness, if the catalogue has it."""
    parts: list[Part] = field(default_factory=list[Part])
    """Where its requests are."""


@dataclass(slots=True)
class Outcome:
    """What a comparison found: expansions by cause, and why some things could not be decided."""

    expansions: list[Expansion] = field(default_factory=list[Expansion])
    unknowns: list[Reason] = field(default_factory=list[Reason])
