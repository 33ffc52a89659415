"""Which capabilities CloudFormation will ask for: for a template that makes IAM resources, named ones, or has macros.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html, parameter Capabilities.
"""

from typing import Any

from towpath.template.for_each import resources_in
from towpath.template.loading import Template
from towpath.template.traversal import mapping, walk

_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_UNNAMED = ("AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition")
IAM, NAMED_IAM, AUTO_EXPAND = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"


def capabilities_of(template: Template) -> set[str]:
    """The capabilities that this template needs, nested templates not counted."""
    found: set[str] = set()
    for _, _, entry in resources_in(template.section("Resources")):
        found |= _of_resource(entry)
    if template.document.get("Transform") or any(
        "Fn::Transform" in mapping(value) for _, value in walk(template.document)
    ):
        found.add(AUTO_EXPAND)
    return found


def _of_resource(entry: dict[str, Any]) -> set[str]:
    kind = entry.get("Type")
    if kind in _NAMES and _NAMES[kind] in mapping(entry.get("Properties")):
        return {NAMED_IAM, IAM}
    if kind in _NAMES or kind in _UNNAMED:
        return {IAM}
    return {IAM} if isinstance(kind, str) and kind.startswith("AWS::Serverless::") else set()
