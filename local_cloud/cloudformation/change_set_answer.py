"""DescribeChangeSet's answer, with the property values that `IncludePropertyValues` asks for.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from local_cloud.cloudformation.values import MASK

_SUMMARY = (
    "ChangeSetId",
    "ChangeSetName",
    "StackId",
    "StackName",
    "Status",
    "StatusReason",
    "ExecutionStatus",
    "CreationTime",
    "Description",
    "OnStackFailure",
)
_RESOURCE = ("Action", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "Replacement", "PolicyAction")
_CONTEXTS = ("BeforeContext", "AfterContext")
_TARGET = ("Attribute", "Name", "RequiresRecreation")
_VALUES = ("Path", "BeforeValue", "AfterValue", "AttributeChangeType")
_PARAMETER = ("ParameterKey", "ParameterValue", "ResolvedValue")
_DETAIL = ("Evaluation", "ChangeSource", "CausingEntity")


def render(change_set: Mapping[str, Any], changes: Sequence[Mapping[str, Any]], next_token: str, values: bool) -> str:
    """The XML inside `DescribeChangeSetResult`."""
    hidden = {name for name, one in change_set["_resolved_params"].items() if one.get("NoEcho")}
    parameters = [
        {**one, "ParameterValue": MASK} if one["ParameterKey"] in hidden else one
        for one in with_keys(change_set["Parameters"], change_set["_resolved_params"])
    ]
    inner = _elements(change_set, _SUMMARY)
    if change_set.get("ImportExistingResources"):
        inner += "<ImportExistingResources>true</ImportExistingResources>"
    inner += _list("Capabilities", [escape(one) for one in change_set.get("Capabilities", [])])
    inner += _list("Parameters", [parameter_elements(one) for one in parameters])
    inner += _list("Tags", [_elements(one, ("Key", "Value")) for one in change_set.get("Tags", [])])
    inner += _list("Changes", [_change(one["ResourceChange"], values) for one in changes])
    return inner + (f"<NextToken>{escape(next_token)}</NextToken>" if next_token else "")


def with_keys(shown: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Parameters that name an SSM parameter with its key as their value, and what it is worth beside it."""
    keys = {name: one["SsmName"] for name, one in known.items() if "SsmName" in one}
    return [
        {**one, "ParameterValue": keys[one["ParameterKey"]], "ResolvedValue": one["ParameterValue"]}
        if one["ParameterKey"] in keys
        else one
        for one in shown
    ]


def parameter_elements(parameter: Mapping[str, Any]) -> str:
    """One parameter as the elements of a stack's or change set's answer."""
    return _elements(parameter, _PARAMETER)


def _change(resource: Mapping[str, Any], values: bool) -> str:
    inner = _elements(resource, _RESOURCE + (_CONTEXTS if values else ()))
    inner += _list("Scope", [escape(one) for one in resource.get("Scope", [])])
    inner += _list("Details", [_detail(one, values) for one in resource.get("Details", [])])
    return f"<Type>Resource</Type><ResourceChange>{inner}</ResourceChange>"


def _detail(detail: Mapping[str, Any], values: bool) -> str:
    target = _elements(detail["Target"], _TARGET + (_VALUES if values else ()))
    return f"<Target>{target}</Target>{_elements(detail, _DETAIL)}"


def _elements(source: Mapping[str, Any], names: Sequence[str]) -> str:
    """Absent and empty members are left out: clients read an empty element as an empty text."""
    return "".join(
        f"<{name}>{escape(str(source[name]))}</{name}>" for name in names if source.get(name) not in (None, "")
    )


def _list(name: str, members: Sequence[str]) -> str:
    return f"<{name}>{''.join(f'<member>{member}</member>' for member in members)}</{name}>"
