"""What a comparison says: a proof that nothing more is allowed, expansions with witnesses, or that it is not known.

The JSON form is described by `schema/comparison.schema.json`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from towpath.privilege.request import Request
from towpath.privilege.statement import Place
from towpath.template.position import json_path
from towpath.verdict import Reason


class Answer(StrEnum):
    """Whether New allows a request that Old does not."""

    NO_EXPANSION = "NO_EXPANSION"
    EXPANSION = "EXPANSION"
    UNKNOWN = "UNKNOWN"


class Severity(StrEnum):
    """How much a finding should worry its reviewer; `severity.py` has the rules."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class FindingClass(StrEnum):
    """What kind of danger a finding is."""

    PUBLIC = "public"
    CROSS_ACCOUNT = "cross-account"
    CONFUSED_DEPUTY = "confused-deputy"
    OPEN_FEDERATION = "open-federation"
    ESCALATION = "escalation"
    CEILING = "ceiling"
    NOT_CATALOGUE_VALID = "not-catalogue-valid"


@dataclass(frozen=True, slots=True)
class Location:
    """Where the responsible statement stands. `index` counts from 0 and is None where there is no statement."""

    place: Place
    sid: str = ""
    index: int | None = None

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"document": self.place.document, "path": json_path(self.place.path)}
        if self.place.position:
            found |= {"line": self.place.position.line, "column": self.place.position.column}
        if self.index is not None:
            found["index"] = self.index
        return found | ({"sid": self.sid} if self.sid else {})

    def __str__(self) -> str:
        named = f' (Sid "{self.sid}")' if self.sid else ""
        return f"{self.place}{named}"


@dataclass(frozen=True, slots=True)
class Reach:
    """The catalogue's actions that became newly reachable: how many by access level, the gravest few by name.

    An action counts if some request with it is newly allowed, even where other requests with it were allowed before.
    """

    by_level: dict[str, int] = field(default_factory=dict[str, int])
    examples: tuple[str, ...] = ()
    complete: bool = True

    @property
    def total(self) -> int:
        return sum(self.by_level.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "total": self.total,
            "by_level": dict(self.by_level),
            "examples": list(self.examples),
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class EscalationPath:
    """A known way from some permissions to all of them: its id, and the actions that it takes."""

    id: str
    title: str
    steps: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "steps": list(self.steps)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause of newly allowed requests. `subject` says whose access it is, where that is known."""

    title: str
    severity: Severity
    cause: str
    grant: str
    witness: Request
    before: str
    after: str
    location: Location
    subject: str = ""
    classes: tuple[FindingClass, ...] = ()
    reach: Reach = field(default_factory=Reach)
    escalations: tuple[EscalationPath, ...] = ()

    @property
    def headline(self) -> str:
        """Whose access it is, and what became possible."""
        is_told = not self.subject or self.title.startswith(self.subject)
        return self.title if is_told else f"{self.subject}: {self.title}"

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "title": self.title,
            "severity": self.severity.value,
            "cause": self.cause,
            "grant": self.grant,
            "classes": [item.value for item in self.classes],
            "statement": self.location.to_json(),
            "witness": self.witness.to_json(),
            "before": self.before,
            "after": self.after,
            "actions": self.reach.to_json(),
            "escalations": [path.to_json() for path in self.escalations],
        }
        return found | ({"subject": self.subject} if self.subject else {})


@dataclass(frozen=True, slots=True)
class Removal:
    """A statement of Old some of whose access is gone, and one request that was allowed and no longer is."""

    title: str
    witness: Request
    location: Location
    subject: str = ""

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "title": self.title,
            "statement": self.location.to_json(),
            "witness": self.witness.to_json(),
        }
        return found | ({"subject": self.subject} if self.subject else {})


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing Old with New. The catalogue's day is empty where it was not needed."""

    findings: tuple[Finding, ...] = ()
    removed: tuple[Removal, ...] = ()
    unknown: tuple[Reason, ...] = ()
    kind: str = ""
    catalogue: str = ""

    @property
    def verdict(self) -> Answer:
        """An expansion with a witness outweighs what is not known."""
        if self.findings:
            return Answer.EXPANSION
        return Answer.UNKNOWN if self.unknown else Answer.NO_EXPANSION

    def to_json(self) -> dict[str, Any]:
        """As `schema/comparison.schema.json` says."""
        return {
            "verdict": self.verdict.value,
            "kind": self.kind,
            "catalogue": self.catalogue,
            "findings": [finding.to_json() for finding in self.findings],
            "removed": [removal.to_json() for removal in self.removed],
            "unknown": [reason.to_json() for reason in self.unknown],
        }

    def about(self, subject: str) -> "Comparison":
        """The same, said of somebody or something."""
        return replace(
            self,
            findings=tuple(replace(finding, subject=subject) for finding in self.findings),
            removed=tuple(replace(removal, subject=subject) for removal in self.removed),
        )


def together(comparisons: Iterable[Comparison], *, kind: str = "") -> Comparison:
    """Several comparisons as one: the gravest findings first."""
    listed: Sequence[Comparison] = list(comparisons)
    order = list(Severity)
    findings = [finding for item in listed for finding in item.findings]
    return Comparison(
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.severity))),
        removed=tuple(removal for item in listed for removal in item.removed),
        unknown=tuple(dict.fromkeys(reason for item in listed for reason in item.unknown)),
        kind=kind or next((item.kind for item in listed if item.kind), ""),
        catalogue=next((item.catalogue for item in listed if item.catalogue), ""),
    )
