"""How the holders of grants are called: one word for what they are, and their name."""

from typing import Any, Final

from towpath.privilege.gathering.naming import FORMS, is_text, split_text
from towpath.privilege.gathering.side import Side
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_NOUNS: Final = {
    "AWS::ApiGateway::RestApi": "API",
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::IAM::Group": "group",
    "AWS::IAM::InstanceProfile": "instance profile",
    "AWS::IAM::ManagedPolicy": "managed policy",
    "AWS::Lambda::Function": "function",
    "AWS::Lambda::LayerVersion": "layer",
    "AWS::S3::Bucket": "bucket",
    "AWS::SQS::Queue": "queue",
    "AWS::SNS::Topic": "topic",
    "AWS::KMS::Key": "key",
    "AWS::EC2::SecurityGroup": "security group",
    "AWS::SSO::PermissionSet": "permission set",
    "AWS::Events::EventBus": "event bus",
    "AWS::SecretsManager::Secret": "secret",
}


def noun_of(type_name: str) -> str:
    """What a resource type is called."""
    return _NOUNS.get(type_name, type_name.removeprefix("AWS::"))


def subject_of(side: Side, resource: Resource) -> str:
    """What a resource of the template is called as the holder of grants."""
    name = side.name(resource) if resource.type in FORMS else f"${{{side.label(resource.logical_id)}}}"
    return f"{noun_of(resource.type)} {name}"


def named(noun: str, value: Any) -> str:
    """The same for something that is named by a value: its name, its ARN or a reference to it."""
    if not is_text(value):
        return f"{noun} {canonical(value)}"
    if noun in _LAST_SEGMENTS and str(value).startswith("arn:"):
        return f"{noun} {split_text(value, _LAST_SEGMENTS[noun])[-1]}"
    return f"{noun} {value}"


_LAST_SEGMENTS: Final = {
    "role": "/",
    "user": "/",
    "group": "/",
    "instance profile": "/",
    "key": "/",
    "event bus": "/",
    "bucket": ":::",
    "topic": ":",
    "queue": ":",
}
