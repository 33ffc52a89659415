"""The gates that a plan must pass: each looks at one side of a promotion and says passed, refused or inconclusive.

A gate that did not pass either needs a person's approval or refuses the promotion, as the environment's settings say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from towpath.review.infrastructure import Kind, ResourceDifference
from towpath.verdict import Reason, Verdict


class Otherwise(StrEnum):
    """What happens when a gate does not pass."""

    APPROVE = "approve"
    REFUSE = "refuse"
    OPEN = "pass"


class Decision(StrEnum):
    """What all gates together say about a plan."""

    PASSED = "passed"
    APPROVAL_NEEDED = "approval_needed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate's verdict. `carried` says that an earlier approval of the same thing covers it."""

    gate: str
    verdict: Verdict
    otherwise: Otherwise
    carried: bool = False

    @property
    def decision(self) -> Decision:
        if self.verdict.is_passed or self.otherwise is Otherwise.OPEN:
            return Decision.PASSED
        if self.otherwise is Otherwise.REFUSE:
            return Decision.REFUSED
        return Decision.PASSED if self.carried else Decision.APPROVAL_NEEDED

    def to_json(self) -> dict[str, Any]:
        document = {"gate": self.gate, **self.verdict.to_json(), "decision": self.decision.value}
        return {**document, "carried": True} if self.carried else document


def decide(results: Iterable[GateResult]) -> Decision:
    """One refusal refuses, one missing approval waits, otherwise the plan passes."""
    decisions = {result.decision for result in results}
    for decision in (Decision.REFUSED, Decision.APPROVAL_NEEDED):
        if decision in decisions:
            return decision
    return Decision.PASSED


def judge_adoption(stack: str, service: str, *, exists: bool, deployed: bool) -> Verdict:
    """Inconclusive for a stack that is there although Towpath never deployed the service into the environment.

    Such a stack may be anybody's. Towpath's own was there before it could deploy anything.
    """
    if deployed or not exists or (service, stack) == _PIPELINE:
        return Verdict.passed()
    reason = Reason(
        "stack-not-deployed-by-towpath",
        f"the stack {stack} exists, but no release of {service} has gone live here: this release would take it over.",
        where=stack,
        remedy="Make sure that the stack is this service's and have the plan approved, or choose another stack name.",
    )
    return Verdict.inconclusive(reason)


_PIPELINE = ("towpath", "towpath-pipeline")

# Resources whose replacement or removal loses data or an address that others hold.
_STATEFUL = (
    "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic",
    "AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::Kinesis::Stream", "AWS::KMS::Key", "AWS::EFS::FileSystem",
    "AWS::SecretsManager::Secret", "AWS::Cognito::UserPool", "AWS::Cognito::IdentityPool", "AWS::Logs::LogGroup",
    "AWS::OpenSearchService::Domain", "AWS::ElastiCache::ReplicationGroup", "AWS::MSK::Cluster", "AWS::ECR::Repository",
    "AWS::Timestream::Table", "AWS::Events::EventBus", "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api",
    "AWS::AppSync::GraphQLApi", "AWS::Neptune::DBCluster", "AWS::DocDB::DBCluster", "AWS::Redshift::Cluster",
    "AWS::QLDB::Ledger", "AWS::Lambda::Url", "AWS::CloudFront::Distribution",
)  # fmt: skip


def judge_replacements(differences: Iterable[ResourceDifference]) -> Verdict:
    """Passed unless something that holds data or an address is certainly replaced or removed without being retained."""
    lost = [item for item in differences if item.kind in (Kind.REPLACED, Kind.REMOVED) and not item.retained]
    reasons = [
        Reason(
            "stateful-resource-lost",
            f"{item.resource_type} {item.physical_id or item.logical_id} will be {item.kind.value}: a loss.",
            where=item.logical_id,
            remedy="Set DeletionPolicy and UpdateReplacePolicy to Retain, move the data, or have the plan approved.",
        )
        for item in lost
        if item.resource_type in _STATEFUL
    ]
    return Verdict.inconclusive(*reasons) if reasons else Verdict.passed()
