"""Deploys a synthesised cloud assembly through CloudFormation, as `cdk deploy` does: assets first, then change sets.

Node and the CDK command line are not needed for it, so the demonstration starts fast; a real account is deployed with
`cdk deploy` from the same assembly (docs/deploy.md).
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import WaiterConfigTypeDef
    from mypy_boto3_s3 import S3Client

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_LOOK_SECONDS = 1


class Deployment:
    """One assembly on its way into one account and region."""

    def __init__(self, s3: "S3Client", cloudformation: "CloudFormationClient", account: str, region: str) -> None:
        self._s3 = s3
        self._cloudformation = cloudformation
        self._place = {"${AWS::AccountId}": account, "${AWS::Region}": region, "${AWS::Partition}": "aws"}

    def deploy(self, assembly: Path, stack: str) -> dict[str, str]:
        """Deploy one stack of the assembly and return its outputs."""
        artifact = _stack_artifact(assembly, stack)
        for path, destination in _assets(assembly, stack):
            self._upload(path, self._bucket(destination), destination["objectKey"])
        template = (assembly / artifact["properties"]["templateFile"]).read_text()
        return self.create(stack, template)

    def create(self, stack: str, template: str) -> dict[str, str]:
        """Create or update a stack from a template and return its outputs. Raises RuntimeError when it fails."""
        kind, waiter = (
            ("UPDATE", "stack_update_complete") if self._exists(stack) else ("CREATE", "stack_create_complete")
        )
        name = f"deploy-{len(template)}"
        bucket = self._bucket({"bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"})
        key = f"templates/{stack}.json"
        self._s3.put_object(Bucket=bucket, Key=key, Body=template.encode())
        arn = self._cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateURL=f"https://{bucket}.s3.{self._place['${AWS::Region}']}.amazonaws.com/{key}",
            Capabilities=_CAPABILITIES,  # pyright: ignore[reportArgumentType] - the literal type is a list's
        )["Id"]
        settings: WaiterConfigTypeDef = {"Delay": _LOOK_SECONDS, "MaxAttempts": 120}
        self._cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=arn, WaiterConfig=settings)
        self._cloudformation.execute_change_set(ChangeSetName=arn)
        self._cloudformation.get_waiter(waiter).wait(StackName=stack, WaiterConfig=settings)
        found = self._cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {output.get("OutputKey", ""): output.get("OutputValue", "") for output in found.get("Outputs", [])}

    def _exists(self, stack: str) -> bool:
        try:
            return bool(self._cloudformation.describe_stacks(StackName=stack)["Stacks"])
        except ClientError:
            return False

    def _bucket(self, destination: Mapping[str, str]) -> str:
        name = destination["bucketName"]
        for placeholder, value in self._place.items():
            name = name.replace(placeholder, value)
        try:
            self._s3.head_bucket(Bucket=name)
        except ClientError:
            self._s3.create_bucket(Bucket=name)
        return name

    def _upload(self, path: Path, bucket: str, key: str) -> None:
        self._s3.put_object(Bucket=bucket, Key=key, Body=_zipped(path) if path.is_dir() else path.read_bytes())


def _stack_artifact(assembly: Path, stack: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((assembly / "manifest.json").read_text())
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack" and artifact["properties"].get("stackName", name) == stack:
            return artifact
    raise RuntimeError(f"the assembly {assembly} has no stack {stack}")


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
