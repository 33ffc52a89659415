"""The plan: everything a reviewer needs for one promotion, and the digest that an approval is bound to.

The digest covers what would be done and on top of what: artifact, environment, normalised change set, proposed and
live template, parameter values, and the gates' verdicts. Anything else in the document is there to read.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from towpath.review.change_set import ResourceChange
from towpath.review.gates import Decision, GateResult, decide
from towpath.review.infrastructure import ResourceDifference
from towpath.review.nested import NestedTemplates
from towpath.review.permissions import PermissionChange


@dataclass(frozen=True, slots=True)
class Subject:
    """What a plan is about. `live_version` is empty for a first release; `switched` are functions without a rollout."""

    service: str
    version: str
    digest: str
    environment: str
    stack: str
    promotion: str
    live_version: str = ""
    switched: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "version": self.version,
            "digest": self.digest,
            "environment": self.environment,
            "stack": self.stack,
            "promotion": self.promotion,
            "live_version": self.live_version,
            "switched": list(self.switched),
        }


@dataclass(frozen=True, slots=True)
class Basis:
    """What the digest is taken over. Templates are processed, in long form; None where no stack exists."""

    artifact_digest: str
    environment: str
    stack: str
    changes: tuple[ResourceChange, ...]
    proposed_template: Mapping[str, Any]
    live_template: Mapping[str, Any] | None
    parameters: Mapping[str, str]
    live_parameters: Mapping[str, str]
    nested: NestedTemplates = field(default_factory=NestedTemplates)
    resolved: Mapping[str, str] = field(default_factory=dict[str, str])
    live_resolved: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the SSM parameters are worth, and were, that parameters of the two templates name."""
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    """The physical ids of the live stack's resources; no part of the digest, since the gates have what they decide."""

    def digest(self, gates: Sequence[GateResult]) -> str:
        """Hex SHA-256 over the canonical JSON of the basis and the gates' verdicts."""
        document = {
            "artifact": self.artifact_digest,
            "environment": self.environment,
            "stack": self.stack,
            "changes": [change.normalised() for change in self.changes],
            "proposed_template": _digest(self.proposed_template),
            "live_template": _digest(self.live_template),
            "nested": _digest(self.nested.to_json()),
            "parameters": _digest(dict(self.parameters)),
            "live_parameters": _digest(dict(self.live_parameters)),
            "resolved": _digest([dict(self.resolved), dict(self.live_resolved)]),
            "gates": [[result.gate, result.verdict.to_json()] for result in gates],
        }
        return _digest(document)


@dataclass(frozen=True, slots=True)
class Plan:
    """A reviewed promotion. `permissions` are shown with masked values; `expansion` is their fingerprint.

    `privileges` is the comparison of what both templates grant, as JSON.
    """

    subject: Subject
    digest: str
    infrastructure: tuple[ResourceDifference, ...]
    permissions: tuple[PermissionChange, ...]
    expansion: str
    gates: tuple[GateResult, ...]
    notices: tuple[str, ...] = ()
    privileges: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def decision(self) -> Decision:
        return decide(self.gates)

    def to_json(self) -> dict[str, Any]:
        """The plan document as it is stored; the schema is `schema/plan.schema.json`."""
        return {
            "format": 1,
            "plan": self.digest,
            **self.subject.to_json(),
            "decision": self.decision.value,
            "gates": [result.to_json() for result in self.gates],
            "infrastructure": [difference.to_json() for difference in self.infrastructure],
            "permissions": [
                {"path": change.path, "type": change.resource_type, "old": change.old, "new": change.new}
                for change in self.permissions
            ],
            "privileges": dict(self.privileges),
            "expansion": self.expansion,
            "notices": list(self.notices),
        }


def _digest(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
