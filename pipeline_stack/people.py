"""What people may do: managed policies for those who upload, those who review, and those who keep the pipeline running.

Uploading and approving exclude each other: each of the two policies denies what the other one allows.
"""

from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline_stack import names
from pipeline_stack.approval_url import ApprovalUrl
from pipeline_stack.asset_bucket import AssetBucket
from pipeline_stack.handler_grants import WORKFLOWS
from pipeline_stack.ledger_table import LedgerTable
from pipeline_stack.permission import forbid, permit
from pipeline_stack.release_bucket import ReleaseBucket

_BY_NAME = "Executions are named after what they promote."
_APPROVE = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction", "lambda:InvokeAsync"]
_ANSWER = ["states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"]


class People(Construct):
    """The three policies. Nothing here is attached to anybody; that is the account's decision."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        releases: ReleaseBucket,
        assets: AssetBucket,
        ledger: LedgerTable,
        approval: ApprovalUrl,
        dead_letters: list[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._releases, self._assets, self._ledger, self._approval = releases, assets, ledger, approval
        self.uploader = self._uploader()
        self.reviewer = self._reviewer()
        self.operator = self._operator(dead_letters)

    def _uploader(self) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self, "Uploader", managed_policy_name="towpath-uploader",
            description="Upload releases to Towpath and watch them; never approve",
        )  # fmt: skip
        permit(
            policy,
            # Reading back tells a second upload of the same bytes from one of other bytes.
            ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
            [self._releases.releases_arn],
            wildcard="An upload names its own service and version.",
        )
        self._permit_watching(policy)
        forbid(policy, _APPROVE, [self._approval.function_arn, f"{self._approval.function_arn}:*"])
        forbid(policy, _ANSWER, ["*"])
        return policy

    def _reviewer(self) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self, "Reviewer", managed_policy_name="towpath-reviewer",
            description="Read Towpath's plans and decide about them; never upload",
        )  # fmt: skip
        permit(policy, ["lambda:InvokeFunctionUrl"], [self._approval.alias_arn])
        permit(
            policy,
            ["lambda:InvokeFunction"],
            [self._approval.alias_arn],
            conditions={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        )
        self._permit_watching(policy)
        forbid(policy, ["s3:PutObject"], [self._releases.releases_arn])
        return policy

    def _operator(self, dead_letters: list[str]) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self, "Operator", managed_policy_name="towpath-operator",
            description="Keep Towpath running: look at, stop and redrive executions, promote a release again",
        )  # fmt: skip
        self._permit_watching(policy)
        machines = [names.local_arn("states", f"stateMachine:{names.workflow_name(name)}") for name in WORKFLOWS]
        executions = [names.local_arn("states", f"execution:{names.workflow_name(name)}:*") for name in WORKFLOWS]
        permit(policy, ["states:DescribeStateMachine", "states:ListExecutions"], machines)
        again = names.local_arn("states", f"stateMachine:{names.workflow_name('promote_release')}:{names.LIVE}")
        permit(policy, ["states:StartExecution"], [again])
        permit(
            policy,
            [
                "states:DescribeExecution",
                "states:GetExecutionHistory",
                "states:StopExecution",
                "states:RedriveExecution",
            ],
            executions,
            wildcard=_BY_NAME,
        )
        permit(
            policy,
            ["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:StartMessageMoveTask"],
            dead_letters,
        )
        permit(
            policy,
            ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
            [
                names.local_arn("logs", "log-group:/aws/lambda/towpath-*"),
                names.local_arn("logs", "log-group:/aws/vendedlogs/states/towpath-*"),
            ],
            wildcard="All log groups of the pipeline, and the streams in them.",
        )
        forbid(policy, ["s3:PutObject"], [self._releases.releases_arn])
        forbid(policy, _ANSWER, ["*"])
        return policy

    def _permit_watching(self, policy: iam.ManagedPolicy) -> None:
        """`towpath status`, `history` and `watch`, and reading plans."""
        self._ledger.permit_reading(policy)
        self._assets.permit_reading_documents(policy)
        stack = names.local_arn("cloudformation", f"stack/{names.PIPELINE_STACK}/*")
        permit(
            policy, ["cloudformation:DescribeStacks"], [stack],
            wildcard="The stack's id ends in a part that CloudFormation chooses.",
        )  # fmt: skip
