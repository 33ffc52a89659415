"""`AWS::Events::Archive` and `AWS::Events::EventBusPolicy`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-archive.html and
.../aws-resource-events-eventbuspolicy.html.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local_cloud.cloudformation.resource_type import Created, Properties, ResourceType, answer, generated_name
from local_cloud.service_role import ministack


def _service() -> Any:
    return ministack("services.eventbridge")


def _archive_request(name: str, props: Properties) -> dict[str, Any]:
    request: dict[str, Any] = {
        "ArchiveName": name,
        "Description": props.get("Description", ""),
        "RetentionDays": int(props.get("RetentionDays") or 0),
    }
    pattern = props.get("EventPattern")
    request["EventPattern"] = json.dumps(pattern) if isinstance(pattern, Mapping) else pattern or ""
    if props.get("KmsKeyIdentifier"):
        request["KmsKeyIdentifier"] = props["KmsKeyIdentifier"]
    return request


def _create_archive(logical_id: str, props: Properties, stack: str) -> Created:
    name = props.get("ArchiveName") or generated_name(stack, logical_id, 48)
    request = _archive_request(name, props) | {"EventSourceArn": props["SourceArn"]}
    arn = answer(_service()._create_archive(request))["ArchiveArn"]
    return name, {"Arn": arn, "ArchiveName": name}


def _update_archive(name: str, _old: Properties, new: Properties) -> Created:
    arn = answer(_service()._update_archive(_archive_request(name, new)))["ArchiveArn"]
    return name, {"Arn": arn, "ArchiveName": name}


def _delete_archive(name: str, _props: Properties) -> None:
    if name in _service()._archives:
        answer(_service()._delete_archive({"ArchiveName": name}))


def _put_policy(_logical_id: str, props: Properties, _stack: str) -> Created:
    bus, sid = props.get("EventBusName") or "default", props["StatementId"]
    service = _service()
    if bus != "default" and bus not in service._event_buses:
        raise ValueError(f"Event bus {bus} does not exist.")
    policy: Mapping[str, Any] = service._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    others: list[Mapping[str, Any]] = [one for one in policy["Statement"] if one.get("Sid") != sid]
    service._event_bus_policies[bus] = {**policy, "Statement": [*others, _statement(bus, sid, props)]}
    return f"{bus}|{sid}", {}


def _statement(bus: str, sid: str, props: Properties) -> dict[str, Any]:
    given: Any = props.get("Statement")
    if given:
        return {**(json.loads(given) if isinstance(given, str) else given), "Sid": sid}
    responses = ministack("core.responses")
    account = props.get("Principal", "*")
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": account if account == "*" else {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": props.get("Action", "events:PutEvents"),
        "Resource": f"arn:aws:events:{responses.get_region()}:{responses.get_account_id()}:event-bus/{bus}",
    }
    condition: Mapping[str, str] | None = props.get("Condition")
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _delete_policy(physical_id: str, _props: Properties) -> None:
    bus, _, sid = physical_id.partition("|")
    answer(_service()._remove_permission({"EventBusName": bus, "StatementId": sid}))


TYPES = (
    ResourceType(
        "AWS::Events::Archive",
        create=_create_archive,
        update=_update_archive,
        delete=_delete_archive,
        replacing=("ArchiveName", "SourceArn"),
    ),
    ResourceType(
        "AWS::Events::EventBusPolicy",
        create=_put_policy,
        update=lambda _, __, new: _put_policy("", new, ""),
        delete=_delete_policy,
        replacing=("EventBusName", "StatementId"),
    ),
)
