"""What `Ref` and `Fn::GetAtt` of common resources give: the name and the ARN, as far as a template tells them.

So a literal ARN and a reference to the resource with that name are the same thing. A resource without a name of its own
has a symbol in the name's place. The forms of ARNs:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from towpath.template.value import Symbol, SymbolKind, Text, canonical, text_of

Name = str | Symbol | Text


@dataclass(frozen=True, slots=True)
class Form:
    """How one type is named. `arn` has `{name}` and `{path}`; `ref_is_arn` where `Ref` gives the ARN."""

    name_property: str
    arn: str
    arn_attribute: str = "Arn"
    ref_is_arn: bool = False
    ref_is_name: bool = True
    name_attribute: str = ""


_HERE: Final = "arn:{partition}:%s:{region}:{account}:%s"
FORMS: Final[Mapping[str, Form]] = {
    "AWS::DynamoDB::Table": Form("TableName", _HERE % ("dynamodb", "table/{name}")),
    "AWS::EC2::SecurityGroup": Form("", _HERE % ("ec2", "security-group/{name}"), name_attribute="GroupId"),
    "AWS::ECR::Repository": Form("RepositoryName", _HERE % ("ecr", "repository/{name}")),
    "AWS::Events::EventBus": Form("Name", _HERE % ("events", "event-bus/{name}"), name_attribute="Name"),
    "AWS::IAM::Group": Form("GroupName", "arn:{partition}:iam::{account}:group{path}{name}"),
    "AWS::IAM::InstanceProfile": Form(
        "InstanceProfileName", "arn:{partition}:iam::{account}:instance-profile{path}{name}"
    ),
    "AWS::IAM::ManagedPolicy": Form(
        "ManagedPolicyName", "arn:{partition}:iam::{account}:policy{path}{name}", "PolicyArn", ref_is_arn=True
    ),
    "AWS::IAM::Role": Form("RoleName", "arn:{partition}:iam::{account}:role{path}{name}"),
    "AWS::IAM::User": Form("UserName", "arn:{partition}:iam::{account}:user{path}{name}"),
    "AWS::KMS::Key": Form("", _HERE % ("kms", "key/{name}"), name_attribute="KeyId"),
    "AWS::Kinesis::Stream": Form("Name", _HERE % ("kinesis", "stream/{name}")),
    "AWS::Lambda::Function": Form("FunctionName", _HERE % ("lambda", "function:{name}")),
    "AWS::Logs::LogGroup": Form("LogGroupName", _HERE % ("logs", "log-group:{name}:*")),
    "AWS::S3::Bucket": Form("BucketName", "arn:{partition}:s3:::{name}"),
    "AWS::SNS::Topic": Form(
        "TopicName", _HERE % ("sns", "{name}"), "TopicArn", ref_is_arn=True, name_attribute="TopicName"
    ),
    "AWS::SQS::Queue": Form(
        "QueueName", _HERE % ("sqs", "{name}"), ref_is_name=False, name_attribute="QueueName"
    ),
    "AWS::StepFunctions::StateMachine": Form(
        "StateMachineName", _HERE % ("states", "stateMachine:{name}"), ref_is_arn=True, name_attribute="Name"
    ),
}  # fmt: skip


def arn_of(form: Form, name: Any, path: Any, place: Mapping[str, Any]) -> Name:
    """The ARN of a resource of this form; `place` has the values of the pseudo parameters."""
    values: dict[str, Any] = {
        "partition": place["AWS::Partition"],
        "region": place["AWS::Region"],
        "account": place["AWS::AccountId"],
        "name": name,
        "path": path,
    }
    pieces: list[Name] = []
    for piece in form.arn.split("{"):
        key, closing, rest = piece.partition("}")
        pieces += [values[key], rest] if closing else [piece]
    return text_of(pieces)


def is_text(value: Any) -> bool:
    """Whether a value is a text, known or not."""
    return isinstance(value, (str, Symbol, Text))


def in_words(value: Any) -> str:
    """A value as it is named in a grant, the same for equal values."""
    return canonical(value) if isinstance(value, (dict, list)) else str(value)


def unknown(text: str) -> Symbol:
    """A symbol of this library's own making."""
    return Symbol(text, SymbolKind.CALL)


_MARK = "\0"


def split_text(value: Name, separator: str, most: int = -1) -> list[Name]:
    """A text split at a separator that stands in its known parts."""
    parts = value.parts if isinstance(value, Text) else (value,)
    symbols = [part for part in parts if isinstance(part, Symbol)]
    flat = "".join(_MARK if isinstance(part, Symbol) else part.replace(_MARK, "") for part in parts)
    found: list[Name] = []
    for piece in flat.split(separator, most):
        pieces: list[Name] = []
        for index, known in enumerate(piece.split(_MARK)):
            pieces += [symbols.pop(0)] if index else []
            pieces.append(known)
        found.append(text_of(pieces))
    return found
