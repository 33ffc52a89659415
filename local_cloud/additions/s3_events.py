"""Events of S3 name the object's version.

On AWS the detail of `Object Created` and `Object Deleted` holds the version id when the bucket is versioned, the
address of the caller, and for a deletion neither a size nor the content's etag where a marker was made.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html

Stock ministack passes the version on to queues and functions that are notified, but not to EventBridge.

Seam: `services.s3._fire_s3_event`, which knows the version and hands the event over in the same thread to
`services.eventbridge._dispatch_event`, where it is completed.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import Any

from local_cloud.service_role import ministack

EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"
_version: ContextVar[str | None] = ContextVar("version of the object that an S3 event is about", default=None)


def install() -> None:
    _remember_version(ministack("services.s3"))
    _complete_events(ministack("services.eventbridge"))


def _remember_version(s3: Any) -> None:
    fire = s3._fire_s3_event

    def firing(*args: Any, **more: Any) -> None:
        token = _version.set(more.get("version_id"))
        try:
            fire(*args, **more)
        finally:
            _version.reset(token)

    s3._fire_s3_event = firing


def _complete_events(eventbridge: Any) -> None:
    dispatch = eventbridge._dispatch_event

    def dispatching(event: dict[str, Any], view: Any = None) -> None:
        if event.get("Source") == "aws.s3" and "_DispatchPath" not in event:
            event, view = {**event, "Detail": json.dumps(_completed(json.loads(event["Detail"])))}, None
        dispatch(event, view)

    eventbridge._dispatch_event = dispatching


def _completed(detail: dict[str, Any]) -> dict[str, Any]:
    told = dict(detail["object"])
    version = _version.get()
    if version is not None:
        told["version-id"] = version
    if "deletion-type" in detail:
        told.pop("size", None)
        told["etag"] = told.get("etag") or EMPTY_ETAG
    address = ministack("core.responses").get_request_client_ip()
    return {**detail, "object": told, "source-ip-address": address or detail["source-ip-address"]}
