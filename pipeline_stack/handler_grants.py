"""Which permissions each need of a handler means. Everything that handlers may do in AWS starts here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_iam as iam

from pipeline_stack import names
from pipeline_stack.asset_bucket import AssetBucket
from pipeline_stack.event_bus import EventBus
from pipeline_stack.handler_table import Need
from pipeline_stack.ledger_table import LedgerTable
from pipeline_stack.permission import permit
from pipeline_stack.props import EnvironmentProps
from pipeline_stack.release_bucket import ReleaseBucket

Grant = Callable[[iam.Role], None]


@dataclass(frozen=True, slots=True)
class HandlerGrants:
    """The things that handlers use, and how each is given to a role."""

    releases: ReleaseBucket
    assets: AssetBucket
    ledger: LedgerTable
    bus: EventBus
    environments: Sequence[EnvironmentProps]

    def give(self, role: iam.Role, needs: frozenset[Need]) -> None:
        grants = self._grants()
        for need in sorted(needs):
            grants[need](role)

    def _grants(self) -> Mapping[Need, Grant]:
        return {
            Need.READ_RELEASES: self.releases.permit_reading,
            Need.PUBLISH_ASSETS: self.assets.permit_publishing_assets,
            Need.READ_ASSETS: self.assets.permit_reading_assets,
            Need.READ_DOCUMENTS: self.assets.permit_reading_documents,
            Need.WRITE_DOCUMENTS: self.assets.permit_writing_documents,
            Need.LEDGER: self.ledger.permit_writing,
            Need.ANNOUNCE: self.bus.permit_sending,
            Need.DEPLOY: lambda role: self._permit_assuming(role, "deployment"),
            Need.PROBE: lambda role: self._permit_assuming(role, "probe"),
            Need.LOOK_AT_EXECUTIONS: _permit_looking_at_executions,
            Need.ANSWER_TASKS: _permit_answering_tasks,
        }

    def _permit_assuming(self, role: iam.Role, kind: Literal["deployment", "probe"]) -> None:
        wanted = [names.role_arn(item.account, names.environment_role(item.name, kind)) for item in self.environments]
        permit(role, ["sts:AssumeRole"], wanted)


def _permit_looking_at_executions(role: iam.Role) -> None:
    permit(
        role,
        ["states:DescribeExecution"],
        [names.local_arn("states", f"execution:{names.workflow_name(name)}:*") for name in WORKFLOWS],
        wildcard="Executions are named after what they promote.",
    )


def _permit_answering_tasks(role: iam.Role) -> None:
    permit(
        role,
        ["states:SendTaskSuccess"],
        ["*"],
        wildcard="Step Functions has no resources for task tokens; the token itself is the right to answer.",
    )


WORKFLOWS = ("promote_release", "promote_to_environment")
