"""An event source mapping needs a role that may read its source.

AWS: CreateEventSourceMapping is refused when the function's role may not read the queue or stream, and a mapping whose
role loses the permission stops reading (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
.../services-dynamodb-eventsourcemapping.html).

Stock ministack: reads for anybody.

Seam: `lambda_svc._create_esm` and CloudFormation's handler of the type; `lambda_svc._iter_all_esms`, which the pollers
walk.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from local_cloud.function_role import may

_NEEDED = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": ("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"),
    "kinesis": ("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream"),
}
_NAMES = {"sqs": "SQS", "dynamodb": "DynamoDB", "kinesis": "Kinesis"}


def lacking(config: Mapping[str, Any], source: str) -> str | None:
    """The first action on the source (an ARN) that the role of the function does not allow."""
    service = source.split(":")[2] if source.count(":") > 2 else ""
    return next((action for action in _NEEDED.get(service, ()) if not may(config, action, source)), None)


def install() -> None:
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    responses: Any = importlib.import_module("ministack.core.responses")
    stock_create, stock_all = lambda_svc._create_esm, lambda_svc._iter_all_esms

    def create(data: Mapping[str, Any]) -> Any:
        source: str = data.get("EventSourceArn", "")
        config = _config(lambda_svc, data.get("FunctionName", ""))
        missing = lacking(config, source) if config else None
        if missing is None:
            return stock_create(data)
        return responses.error_response_json("InvalidParameterValueException", _refusal(missing), 400)

    def readable(entry: tuple[str, str, dict[str, Any]]) -> bool:
        account, region, mapping = entry
        functions = lambda_svc._functions
        function: Mapping[str, Any] | None = functions.get_scoped(account, region, mapping["FunctionName"])
        missing = lacking(function["config"], mapping.get("EventSourceArn", "")) if function else None
        if missing is not None:
            mapping["LastProcessingResult"] = f"PROBLEM: the function's role may not call {missing}"
        return missing is None

    def all_readable() -> list[Any]:
        return [entry for entry in stock_all() if readable(entry)]

    lambda_svc._create_esm = create
    lambda_svc._iter_all_esms = all_readable
    _refuse_in_stacks(lambda_svc)


def _refuse_in_stacks(lambda_svc: Any) -> None:
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    handler = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    stock_create = handler["create"]

    def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Any:
        config = _config(lambda_svc, str(properties.get("FunctionName", "")))
        missing = lacking(config, str(properties.get("EventSourceArn", ""))) if config else None
        if missing is not None:
            raise ValueError(f"{_refusal(missing)} (Service: Lambda, Status Code: 400)")
        return stock_create(logical_id, properties, stack)

    handler["create"] = create


def _refusal(missing: str) -> str:
    service, name = missing.split(":")
    return f"The provided execution role does not have permissions to call {name} on {_NAMES[service]}"


def _config(lambda_svc: Any, reference: str) -> Mapping[str, Any] | None:
    _, config, _ = lambda_svc._get_base_func_record_for_ref(reference)
    return config
