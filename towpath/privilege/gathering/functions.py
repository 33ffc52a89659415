"""Who may call a Lambda function or use a layer: permissions, which are statements of a resource policy, and URLs."""

import re
from typing import Any, Final

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Document, Fact, Grants, options
from towpath.privilege.gathering.naming import Name, is_text, split_text
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.resolution import Resource
from towpath.template.value import canonical

FUNCTION_URL: Final = "function URL"
_ACCOUNT: Final = re.compile(r"\d{12}|arn:.*|\$\{AWS(::|\.)AccountId\}", re.DOTALL)
_CONDITIONS: Final = (
    ("SourceArn", "ArnLike", "aws:SourceArn"),
    ("SourceAccount", "StringEquals", "aws:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
    ("OrganizationId", "StringEquals", "aws:PrincipalOrgID"),
)


def gather(side: Side, grants: Grants) -> None:
    """Adds what Lambda's resources grant."""
    for function in side.of("AWS::Lambda::Function"):
        grants.subjects.add(subject_of(side, function))
    for permission in side.of("AWS::Lambda::Permission"):
        target = side.function(permission.properties.get("FunctionName"))
        _statement(side, grants, permission, function_subject(target), target)
    for permission in side.of("AWS::Lambda::LayerVersionPermission"):
        target = permission.properties.get("LayerVersionArn")
        _statement(side, grants, permission, f"layer {_unversioned(target)}", target)
    for url in side.of("AWS::Lambda::Url"):
        _url(side, grants, url)


def function_subject(arn: Name) -> str:
    """The function that an ARN, with or without a qualifier, is about."""
    named = split_text(arn, ":function:", 1)
    return f"function {split_text(named[-1], ':')[0] if len(named) > 1 else arn}"


def _unversioned(value: Any) -> str:
    if not is_text(value):
        return canonical(value)
    parts = split_text(value, ":")
    return str(value) if len(parts) < 8 else ":".join(map(str, parts[:7]))


def _statement(side: Side, grants: Grants, permission: Resource, subject: str, target: Any) -> None:
    properties = permission.properties
    conditions: dict[str, dict[str, Any]] = {}
    for name, operator, key in _CONDITIONS:
        if properties.get(name) is not None:
            conditions.setdefault(operator, {})[key] = properties[name]
    statement = {
        "Effect": "Allow",
        "Principal": principal_of(properties.get("Principal")),
        "Action": properties.get("Action"),
        "Resource": target,
        "Condition": conditions,
    }
    document = {"Version": "2008-10-17", "Statement": statement}
    path = (*permission.path, "Properties")
    grants.documents.append(Document(subject, Kind.RESOURCE, document, path, side.guards(permission)))


def principal_of(value: Any) -> Any:
    """A principal written as one text, as a policy would write it."""
    if value == "*" or not is_text(value):
        return value
    return {"AWS" if _ACCOUNT.fullmatch(str(value)) or "." not in str(value) else "Service": value}


def _url(side: Side, grants: Grants, url: Resource) -> None:
    """A URL with authentication only asks the policies; one without lets everybody in."""
    subject = function_subject(side.function(url.properties.get("TargetFunctionArn")))
    path = (*url.path, "Properties", "AuthType")
    for auth, when, _ in options(url.properties.get("AuthType"), side.guards(url)):
        if auth == "AWS_IAM":
            continue
        title = f"{subject} newly has a URL without authentication (AuthType {auth})"
        context = {"lambda:FunctionUrlAuthType": str(auth)}
        request = Request("lambda:InvokeFunctionUrl", subject.removeprefix("function "), Principal("*", "*"), context)
        grants.facts.append(
            Fact(subject, FUNCTION_URL, str(auth), title, request, path, Severity.HIGH, (FindingClass.PUBLIC,), when)
        )
