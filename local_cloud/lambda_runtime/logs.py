"""A sandbox's lines into the emulator's CloudWatch Logs, one stream per sandbox.

AWS creates group and stream on first use and names the stream `yyyy/mm/dd/[version]id`
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html).
Seam: the tables of ministack's `cloudwatch_logs`, in the account and region of the current call.
"""

from __future__ import annotations

import importlib
import time
from typing import Any

from local_cloud.lambda_runtime.function import Outcome


def deliver(group_name: str, outcome: Outcome) -> None:
    service: Any = importlib.import_module("ministack.services.cloudwatch_logs")
    now = int(time.time() * 1000)
    group = _group(service, group_name, now)
    stream = group["streams"].setdefault(outcome.log_stream, _new_stream(now))
    events = [{"timestamp": now, "message": line, "ingestionTime": now} for line in outcome.log]
    service._append_log_events(stream, events)
    told = [{"timestamp": now, "message": line} for line in outcome.log]
    service._fanout_to_subscription_filters(group_name, outcome.log_stream, told)


def _group(service: Any, name: str, now: int) -> Any:
    if name not in service._log_groups:
        service._log_groups[name] = {
            "arn": service._make_group_arn(name),
            "creationTime": now,
            "retentionInDays": None,
            "tags": {},
            "subscriptionFilters": {},
            "streams": {},
        }
    return service._log_groups[name]


def _new_stream(now: int) -> dict[str, Any]:
    return {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": now,
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }
