"""CloudFormation as the deployer of one environment.

Statuses: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
An empty change set ends as FAILED with one of two sentences; that is no failure:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
"""

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from towpath.aws.errors import aws_errors, error_code
from towpath.errors import AwsUnavailable
from towpath.review.change_set import parse_changes
from towpath.review.deployment import is_masked
from towpath.review.ports import (
    ChangeSetCondition,
    ChangeSetState,
    Deployment,
    StackCondition,
    StackResource,
    StackState,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackTypeDef, TagTypeDef

_CONDITIONS = {
    "REVIEW_IN_PROGRESS": StackCondition.REVIEWED_ONLY,
    "CREATE_COMPLETE": StackCondition.COMPLETE,
    "UPDATE_COMPLETE": StackCondition.COMPLETE,
    "IMPORT_COMPLETE": StackCondition.COMPLETE,
    "UPDATE_ROLLBACK_COMPLETE": StackCondition.ROLLED_BACK,
    "IMPORT_ROLLBACK_COMPLETE": StackCondition.ROLLED_BACK,
    "ROLLBACK_COMPLETE": StackCondition.NEVER_CREATED,
    "ROLLBACK_FAILED": StackCondition.NEVER_CREATED,
    "CREATE_FAILED": StackCondition.NEVER_CREATED,
    "DELETE_COMPLETE": StackCondition.ABSENT,
}
_NO_CHANGE = ("didn't contain changes", "No updates are to be performed")


class CloudFormationDeployer:
    """Deploys stacks with the environment's execution role, templates coming from the asset bucket."""

    def __init__(self, client: "CloudFormationClient", *, execution_role: str, asset_url: str) -> None:
        """`asset_url` is the https address of the asset bucket, with a slash at its end."""
        self._client = client
        self._role = execution_role
        self._asset_url = asset_url

    @aws_errors("reading a stack")
    def stack(self, name: str) -> StackState:
        found = self._describe(name)
        if found is None:
            return StackState(name, StackCondition.ABSENT)
        status = found["StackStatus"]
        in_progress = StackCondition.IN_PROGRESS if status.endswith("_IN_PROGRESS") else StackCondition.FAILED
        return StackState(
            name=name,
            condition=_CONDITIONS.get(status, in_progress),
            status=status,
            reason=found.get("StackStatusReason", ""),
            parameters={
                entry.get("ParameterKey", ""): entry.get("ParameterValue", "") for entry in found.get("Parameters", [])
            },
            outputs={entry.get("OutputKey", ""): entry.get("OutputValue", "") for entry in found.get("Outputs", [])},
            tags={tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
            resolved=_resolved(found.get("Parameters", [])),
        )

    @aws_errors("listing a stack's resources")
    def resources(self, stack: str) -> Mapping[str, StackResource]:
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack)
        try:
            found = [summary for page in pages for summary in page.get("StackResourceSummaries", [])]
        except ClientError as error:
            if _is_absent(error):
                return {}
            raise
        return {
            item.get("LogicalResourceId", ""): StackResource(
                item.get("ResourceType", ""), item.get("PhysicalResourceId", "")
            )
            for item in found
        }

    @aws_errors("reading the live template")
    def live_template(self, stack: str) -> str:
        return _text(self._client.get_template(StackName=stack, TemplateStage="Processed").get("TemplateBody", {}))

    @aws_errors("reading the submitted template")
    def original_template(self, stack: str) -> str:
        return _text(self._client.get_template(StackName=stack, TemplateStage="Original").get("TemplateBody", {}))

    @aws_errors("creating a change set")
    def create_change_set(self, name: str, deployment: Deployment, *, create: bool) -> str:
        try:
            answer = self._client.create_change_set(
                StackName=deployment.stack,
                ChangeSetName=name,
                ChangeSetType="CREATE" if create else "UPDATE",
                TemplateURL=self._asset_url + deployment.template,
                Parameters=_parameters(deployment.parameters),
                Capabilities=_capabilities(deployment),
                Tags=_tags(deployment.tags),
                RoleARN=self._role,
            )
        except self._client.exceptions.AlreadyExistsException as error:
            found = self._client.describe_change_set(StackName=deployment.stack, ChangeSetName=name)
            if found.get("Status", "").startswith("DELETE_"):
                raise AwsUnavailable(f"the change set {name} of before is {found.get('Status')} yet") from error
            return found.get("ChangeSetId", "")
        return answer.get("Id", "")

    @aws_errors("reading a change set")
    def change_set(self, arn: str) -> ChangeSetState:
        try:
            pages = list(self._change_set_pages(arn))
        except self._client.exceptions.ChangeSetNotFoundException:
            return ChangeSetState(ChangeSetCondition.GONE, "The change set does not exist any more.")
        status, execution = pages[0].get("Status", ""), pages[0].get("ExecutionStatus", "")
        reason = pages[0].get("StatusReason", "")
        if status == "FAILED":
            empty = any(sentence in reason for sentence in _NO_CHANGE)
            return ChangeSetState(ChangeSetCondition.EMPTY if empty else ChangeSetCondition.FAILED, reason)
        if status.startswith("DELETE_"):
            return ChangeSetState(ChangeSetCondition.GONE, f"The change set goes away: it is {status}.")
        if status != "CREATE_COMPLETE":
            return ChangeSetState(ChangeSetCondition.PENDING, reason)
        if execution.startswith("EXECUTE_"):
            return ChangeSetState(ChangeSetCondition.EXECUTED, f"The change set was executed: it is {execution}.")
        if execution != "AVAILABLE":
            return ChangeSetState(ChangeSetCondition.GONE, f"The change set cannot be executed: it is {execution}.")
        changes = parse_changes(change for page in pages for change in page.get("Changes", []))
        return ChangeSetState(ChangeSetCondition.READY, reason, changes, _resolved(pages[0].get("Parameters", [])))

    @aws_errors("reading the proposed template")
    def proposed_template(self, arn: str) -> str:
        return _text(self._client.get_template(ChangeSetName=arn, TemplateStage="Processed").get("TemplateBody", {}))

    @aws_errors("executing a change set")
    def execute(self, arn: str, token: str) -> None:
        with _begun_before():
            self._client.execute_change_set(ChangeSetName=arn, ClientRequestToken=request_token(token))

    @aws_errors("deleting a change set")
    def discard(self, stack: str, change_set: str) -> None:
        try:
            self._client.delete_change_set(StackName=stack, ChangeSetName=change_set)
        except self._client.exceptions.InvalidChangeSetStatusException:
            # It is being executed or already executed: there is nothing to discard.
            return
        except ClientError as error:
            if error_code(error) not in ("ChangeSetNotFound", "ChangeSetNotFoundException") and not _is_absent(error):
                raise

    @aws_errors("updating a stack")
    def update(self, deployment: Deployment, token: str) -> bool:
        try:
            self._client.update_stack(
                StackName=deployment.stack,
                TemplateURL=self._asset_url + deployment.template,
                Parameters=_parameters(deployment.parameters),
                Capabilities=_capabilities(deployment),
                Tags=_tags(deployment.tags),
                RoleARN=self._role,
                ClientRequestToken=request_token(token),
            )
        except ClientError as error:
            if any(sentence in str(error) for sentence in _NO_CHANGE):
                return False
            if error_code(error) != _BEGUN:
                raise
        return True

    @aws_errors("continuing a rollback")
    def resume_rollback(self, stack: str, token: str) -> None:
        with _begun_before():
            self._client.continue_update_rollback(
                StackName=stack, RoleARN=self._role, ClientRequestToken=request_token(token)
            )

    @aws_errors("deleting a stack")
    def delete(self, stack: str, token: str) -> None:
        with _begun_before():
            self._client.delete_stack(StackName=stack, RoleARN=self._role, ClientRequestToken=request_token(token))

    @aws_errors("reading the events of a stack")
    def failure(self, stack: str) -> str:
        reasons: list[str] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=stack):
            for event in page.get("StackEvents", []):
                status = event.get("ResourceStatus", "")
                # A nested stack is a resource of its parent, and has the type of a stack there too.
                is_stack = event.get("PhysicalResourceId") == event.get("StackId")
                if is_stack and status in _STARTS:
                    return reasons[-1] if reasons else ""
                if (
                    status.endswith("_FAILED")
                    and not is_stack
                    and not _is_consequence(event.get("ResourceStatusReason"))
                ):
                    reasons.append(f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', status)}")
        return reasons[-1] if reasons else ""

    def _describe(self, name: str) -> "StackTypeDef | None":
        try:
            stacks = self._client.describe_stacks(StackName=name).get("Stacks", [])
        except ClientError as error:
            if _is_absent(error):
                return None
            raise
        return stacks[0] if stacks else None

    def _change_set_pages(self, arn: str) -> Iterator[Mapping[str, Any]]:
        paginator = self._client.get_paginator("describe_change_set")
        yield from paginator.paginate(ChangeSetName=arn, IncludePropertyValues=True)


# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html: its pattern and length.
_TOKEN_LENGTH = 128


def request_token(mark: str) -> str:
    """A ClientRequestToken for a mark: other characters become hyphens, and the end, which tells marks apart, stays."""
    return re.sub(r"[^A-Za-z0-9]", "-", mark)[-_TOKEN_LENGTH:].lstrip("-")


# "A client request token already exists": an earlier try of the same step got through, and its answer was lost.
_BEGUN = "TokenAlreadyExistsException"


@contextmanager
def _begun_before() -> Generator[None]:
    try:
        yield
    except ClientError as error:
        if error_code(error) != _BEGUN:
            raise


_STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


def _is_absent(error: ClientError) -> bool:
    """Whether this is CloudFormation's answer for a stack that does not exist; it has no code of its own."""
    return error_code(error) == "ValidationError" and "does not exist" in str(error)


def _is_consequence(reason: str | None) -> bool:
    """Resources that were cancelled because another one failed say so; they are not the cause."""
    return "cancelled" in (reason or "").lower()


def _text(body: str | Mapping[str, Any]) -> str:
    """The template as text, no longer than it was: it may be handed in again, and a megabyte is the limit."""
    return body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _resolved(parameters: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What the SSM parameters are worth that some parameters name, unless that is hidden."""
    found = {entry["ParameterKey"]: entry["ResolvedValue"] for entry in parameters if "ResolvedValue" in entry}
    return {name: value for name, value in found.items() if not is_masked(value)}


def _parameters(values: Mapping[str, str | None]) -> "list[ParameterTypeDef]":
    return [
        {"ParameterKey": name, "UsePreviousValue": True}
        if value is None
        else {"ParameterKey": name, "ParameterValue": value}
        for name, value in sorted(values.items())
    ]


def _capabilities(deployment: Deployment) -> "list[CapabilityType]":
    known: tuple[CapabilityType, ...] = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
    return [capability for capability in known if capability in deployment.capabilities]


def _tags(tags: Mapping[str, str]) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
