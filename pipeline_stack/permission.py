"""How permissions are given: with the reason for every wildcard beside it, which is also what cdk-nag is told."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def permit(
    role: iam.Role | iam.ManagedPolicy,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    wildcard: str = "",
    conditions: Mapping[str, Any] | None = None,
) -> None:
    """Let the role do `actions` on `resources`. `wildcard` says why a `*` among them cannot be narrower.

    Raises ValueError for a wildcard without a reason.
    """
    statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    if isinstance(role, iam.Role):
        role.add_to_policy(statement)
    else:
        role.add_statements(statement)
    found = _wildcards(role, actions, resources)
    if found and not wildcard:
        raise ValueError(f"{role.node.path}: the wildcards in {', '.join(found)} need a reason")
    for finding in found:
        acknowledge(role, {f"AwsSolutions-IAM5[{finding}]": wildcard})


def forbid(policy: iam.Role | iam.ManagedPolicy, actions: Sequence[str], resources: Sequence[str]) -> None:
    """Deny `actions` on `resources`, whatever else allows them."""
    statement = iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(actions), resources=list(resources))
    if isinstance(policy, iam.Role):
        policy.add_to_policy(statement)
    else:
        policy.add_statements(statement)


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings (by rule id) on this construct and below, each with its reason."""
    entries = [Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]
    Validations.of(construct).acknowledge(*entries)


def _wildcards(scope: IConstruct, actions: Sequence[str], resources: Sequence[str]) -> list[str]:
    """cdk-nag's names for the wildcards in a statement."""
    stack = Stack.of(scope)
    flat = [_flatten(stack.resolve(resource)) for resource in resources]
    return [f"Action::{action}" for action in actions if "*" in action] + [
        f"Resource::{resource}" for resource in flat if "*" in resource
    ]


def _flatten(value: Any) -> str:
    """A resolved CloudFormation value as cdk-nag writes it: references in angle brackets."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = cast(dict[str, Any], value).items()
    if function == "Fn::Join":
        return str(argument[0]).join(_flatten(part) for part in argument[1])
    return f"<{'.'.join(argument) if function == 'Fn::GetAtt' else argument}>"
