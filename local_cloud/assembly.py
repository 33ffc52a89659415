"""Deploys templates and the stacks of a CDK cloud assembly through CloudFormation: assets first, then change sets.

It does what `cdk deploy` does, without Node and the CDK's command, so that it starts fast. What is deployed already is
updated, a change set without changes is nothing to do, and the remains of a creation that failed are cleared away.
"""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef
    from mypy_boto3_s3 import S3Client

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_ASSETS = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
_WAITING: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 180}
# How CloudFormation says that there is nothing to do.
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class DeploymentError(RuntimeError):
    """A stack did not get where it should; the message says which one and what CloudFormation said."""


class AssemblyDeployer:
    """Deploys into one account and region."""

    def __init__(self, s3: "S3Client", cloudformation: "CloudFormationClient", account: str, region: str) -> None:
        self._s3 = s3
        self._cloudformation = cloudformation
        self._place = {"${AWS::AccountId}": account, "${AWS::Region}": region, "${AWS::Partition}": "aws"}

    def deploy(self, assembly: Path, stack: str) -> dict[str, str]:
        """Deploy one stack of the assembly and return its outputs. Raises DeploymentError."""
        artifact = _stack_artifact(assembly, stack)
        for path, destination in _assets(assembly, stack):
            content = _zipped(path) if path.is_dir() else path.read_bytes()
            bucket = self._bucket(destination["bucketName"])
            self._s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=content)
        return self.create(stack, (assembly / artifact["properties"]["templateFile"]).read_text())

    def create(self, stack: str, template: str) -> dict[str, str]:
        """Create or update a stack from a template and return its outputs. Raises DeploymentError."""
        exists = self._ready(stack)
        arn = self._change_set(stack, template, "UPDATE" if exists else "CREATE")
        if arn:
            self._cloudformation.execute_change_set(ChangeSetName=arn)
            waiter = "stack_update_complete" if exists else "stack_create_complete"
            try:
                self._cloudformation.get_waiter(waiter).wait(StackName=stack, WaiterConfig=_WAITING)
            except WaiterError as error:
                raise DeploymentError(f"The stack {stack} failed.\n{self._what_failed(stack)}") from error
        found = self._cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {output.get("OutputKey", ""): output.get("OutputValue", "") for output in found.get("Outputs", [])}

    def _ready(self, stack: str) -> bool:
        """Whether there is a stack to update; the remains of one whose creation failed are removed."""
        status = self._status(stack)
        if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
            self._cloudformation.delete_stack(StackName=stack)
            self._cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=_WAITING)
            return False
        return status not in ("", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE")

    def _status(self, stack: str) -> str:
        try:
            return self._cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in str(error):
                return ""
            raise

    def _change_set(self, stack: str, template: str, kind: str) -> str:
        """The ARN of a change set that is ready; empty when it would change nothing."""
        bucket, key = self._bucket(_ASSETS), f"templates/{stack}.json"
        self._s3.put_object(Bucket=bucket, Key=key, Body=template.encode())
        arn = self._cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=f"deploy-{uuid.uuid4().hex[:12]}",
            ChangeSetType="UPDATE" if kind == "UPDATE" else "CREATE",
            TemplateURL=f"https://{bucket}.s3.{self._place['${AWS::Region}']}.amazonaws.com/{key}",
            Capabilities=_CAPABILITIES,  # pyright: ignore[reportArgumentType] - the literal type is a list's
        )["Id"]
        try:
            self._cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=arn, WaiterConfig=_WAITING)
        except WaiterError as error:
            why = self._cloudformation.describe_change_set(ChangeSetName=arn).get("StatusReason", "")
            self._cloudformation.delete_change_set(ChangeSetName=arn)
            if any(words in why for words in _NO_CHANGES):
                return ""
            raise DeploymentError(f"The change set of the stack {stack} failed: {why}") from error
        return arn

    def _what_failed(self, stack: str) -> str:
        events = self._cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [event for event in events if event.get("ResourceStatus", "").endswith("FAILED")]
        return "\n".join(
            f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}" for event in reversed(failed)
        )

    def _bucket(self, name: str) -> str:
        for placeholder, value in self._place.items():
            name = name.replace(placeholder, value)
        try:
            self._s3.head_bucket(Bucket=name)
        except ClientError:
            self._s3.create_bucket(Bucket=name)
        return name


def _stack_artifact(assembly: Path, stack: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((assembly / "manifest.json").read_text())
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack" and artifact["properties"].get("stackName", name) == stack:
            return artifact
    raise DeploymentError(f"The assembly {assembly} has no stack {stack}.")


def _assets(assembly: Path, stack: str) -> Iterator[tuple[Path, Mapping[str, str]]]:
    document: dict[str, Any] = json.loads((assembly / f"{stack}.assets.json").read_text())
    for entry in document["files"].values():
        for destination in entry["destinations"].values():
            yield assembly / entry["source"]["path"], destination


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return content.getvalue()
