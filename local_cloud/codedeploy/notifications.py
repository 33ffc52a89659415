"""What CodeDeploy tells EventBridge: a deployment began, succeeded, failed, or was stopped.

Source: https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-codedeploy.html and
https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html.
"""

from __future__ import annotations

import logging
from typing import Literal, TypeAlias

from local_cloud import event_bus
from local_cloud.codedeploy.identifiers import arn, region
from local_cloud.codedeploy.state import Record

State: TypeAlias = Literal["START", "SUCCESS", "FAILURE", "STOP"]
_logger = logging.getLogger("codedeploy")


def announce(deployment: Record, state: State) -> None:
    """Best effort, as on AWS: a target that fails must not end a deployment."""
    info = deployment["info"]
    application, group = info["applicationName"], info["deploymentGroupName"]
    detail = {
        "region": region(),
        "deploymentId": info["deploymentId"],
        "instanceGroupId": deployment["groupId"],
        "deploymentGroup": group,
        "state": state,
        "application": application,
    }
    resources = [arn(f"application:{application}"), arn(f"deploymentgroup:{application}/{group}")]
    try:
        event_bus.publish("aws.codedeploy", "CodeDeploy Deployment State-change Notification", detail, resources)
    except Exception:
        _logger.exception("The event %s of %s could not be delivered", state, info["deploymentId"])
