"""`AWS::CloudWatch::CompositeAlarm`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html.
"""

from __future__ import annotations

import json
from typing import Any

from local_cloud.cloudformation.resource_type import Created, Properties, ResourceType, answer, generated_name
from local_cloud.service_role import ministack

_MEMBERS = (
    "AlarmRule",
    "AlarmDescription",
    "ActionsEnabled",
    "AlarmActions",
    "OKActions",
    "InsufficientDataActions",
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
    "Tags",
)


def _put(name: str, props: Properties) -> Created:
    request: dict[str, Any] = {"AlarmName": name} | {key: props[key] for key in _MEMBERS if key in props}
    # Tags of the stack itself are CloudFormation's to give; PutCompositeAlarm refuses them from anyone else.
    request["Tags"] = [tag for tag in props.get("Tags", []) if not tag["Key"].startswith("aws:")]
    request["ActionsEnabled"] = str(props.get("ActionsEnabled", True)).lower() == "true"
    service = ministack("services.cloudwatch")
    answer(service._put_composite_alarm(request, request, is_cbor=False, is_json=True))
    return name, {"Arn": service._composite_alarms[name]["AlarmArn"]}


def _create(logical_id: str, props: Properties, stack: str) -> Created:
    name = props.get("AlarmName") or generated_name(stack, logical_id, 255)
    if name in ministack("services.cloudwatch")._composite_alarms:
        raise ValueError(f"{name} already exists")
    return _put(name, props)


def _delete(name: str, _props: Properties) -> None:
    service = ministack("services.cloudwatch")
    if name in service._composite_alarms:
        request = {"AlarmNames": [name]}
        status, _, body = service._delete_alarms(request, request, is_cbor=False, is_json=True)
        if status >= 400:
            raise ValueError(json.loads(body).get("message", ""))


TYPES = (
    ResourceType(
        "AWS::CloudWatch::CompositeAlarm",
        create=_create,
        update=lambda name, _, new: _put(name, new),
        delete=_delete,
        replacing=("AlarmName",),
        tags=True,
    ),
)
