"""The AppSpec of a Lambda deployment: which alias goes from which version to which, and what validates it.

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html and
reference-appspec-file-structure-hooks.html#appspec-hooks-lambda. A Lambda AppSpec has exactly one function.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal, cast

import yaml

from local_cloud.codedeploy.errors import CodeDeployError, DeploymentEnded
from local_cloud.codedeploy.state import Record

HOOKED = ("BeforeAllowTraffic", "AfterAllowTraffic")
_INVALID = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing "
    "or has an invalid configuration. "
)


@dataclass(frozen=True, slots=True)
class AppSpec:
    function: str
    alias: str
    current_version: str
    target_version: str
    hooks: dict[str, str]
    """Lifecycle event → function to invoke."""

    def reversed(self) -> AppSpec:
        """Back to where this one came from, with nothing to validate: what a rollback deploys."""
        return AppSpec(self.function, self.alias, self.target_version, self.current_version, {})

    def revision(self) -> Record:
        """The `RevisionLocation` that says the same."""
        properties = {
            "Name": self.function,
            "Alias": self.alias,
            "CurrentVersion": self.current_version,
            "TargetVersion": self.target_version,
        }
        document: Record = {
            "version": 0.0,
            "Resources": [{self.function: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        }
        if self.hooks:
            document["Hooks"] = [{event: function} for event, function in self.hooks.items()]
        content = json.dumps(document)
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": sha256}}


def check_revision(revision: Any) -> Record:
    """What CreateDeployment itself checks: the kind of revision, and the hash of what comes with the request."""
    if not revision:
        raise CodeDeployError("RevisionRequiredException", "The revision is missing")
    given = cast(Record, revision)
    member = _MEMBERS.get(str(given.get("revisionType")))
    content = cast(Record, given.get(member) or {}) if member else {}
    if member is None or not content:
        raise CodeDeployError(
            "InvalidRevisionException", "A Lambda deployment takes a revision of type AppSpecContent, String or S3"
        )
    if member == "s3Location":
        if not (content.get("bucket") and content.get("key") and content.get("bundleType") in ("JSON", "YAML")):
            raise CodeDeployError("InvalidRevisionException", "An S3 revision needs bucket, key, and JSON or YAML")
        return given
    text = content.get("content")
    if not isinstance(text, str) or not text:
        raise CodeDeployError("InvalidRevisionException", "The content of the revision is missing")
    declared = content.get("sha256")
    if declared and declared != hashlib.sha256(text.encode()).hexdigest():
        raise CodeDeployError("InvalidRevisionException", "The SHA-256 of the content is not the one that was given")
    return given


_MEMBERS: dict[str, Literal["appSpecContent", "string", "s3Location"]] = {
    "AppSpecContent": "appSpecContent",
    "String": "string",
    "S3": "s3Location",
}


def inline_content(revision: Record) -> str | None:
    """The AppSpec's text when the revision carries it, `None` when it has to be read from S3."""
    member = _MEMBERS[revision["revisionType"]]
    return None if member == "s3Location" else str(revision[member]["content"])


def parse(text: str) -> AppSpec:
    """Raises `DeploymentEnded` (INVALID_REVISION, INVALID_LAMBDA_CONFIGURATION): AWS finds these after the request."""
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DeploymentEnded("Failed", "INVALID_REVISION", f"{_INVALID}It is neither JSON nor YAML.") from error
    if not isinstance(document, dict):
        raise DeploymentEnded("Failed", "INVALID_REVISION", f"{_INVALID}It is not a mapping.")
    members = {str(key).lower(): value for key, value in cast(dict[Any, Any], document).items()}
    properties = _only_function(members.get("resources"))
    values = [properties.get(name) for name in ("Name", "Alias", "CurrentVersion", "TargetVersion")]
    if not all(value is not None and str(value) for value in values):
        raise _invalid("Name, Alias, CurrentVersion and TargetVersion are required.")
    function, alias, current, target = (str(value) for value in values)
    if current == target:
        raise _invalid("CurrentVersion and TargetVersion are the same.")
    return AppSpec(function, alias, current, target, _hooks(members.get("hooks")))


def _only_function(resources: Any) -> Record:
    listed = cast(list[Any], resources) if isinstance(resources, list) else []
    merged = [definition for entry in listed if isinstance(entry, dict) for definition in cast(Record, entry).values()]
    if len(merged) != 1 or not isinstance(merged[0], dict):
        raise _invalid("Resources must list exactly one Lambda function.")
    definition = cast(Record, merged[0])
    if definition.get("Type") != "AWS::Lambda::Function":
        raise _invalid("The resource's Type must be AWS::Lambda::Function.")
    return cast(Record, definition.get("Properties") or {})


def _hooks(given: Any) -> dict[str, str]:
    entries = cast(list[Any], given) if isinstance(given, list) else [given] if given else []
    pairs = [
        pair for entry in entries for pair in (cast(Record, entry).items() if isinstance(entry, dict) else [("", "")])
    ]
    hooks = {event: str(function) for event, function in pairs}
    if len(hooks) != len(pairs) or not all(event in HOOKED and function for event, function in hooks.items()):
        raise _invalid(f"Hooks may name one function each for {' and '.join(HOOKED)}.")
    return hooks


def _invalid(why: str) -> DeploymentEnded:
    return DeploymentEnded("Failed", "INVALID_LAMBDA_CONFIGURATION", _INVALID + why)
