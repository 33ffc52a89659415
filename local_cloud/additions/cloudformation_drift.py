"""Drift of event source mappings, aliases, versions and inline policies, without the secrets.

AWS supports drift detection for these types
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html); stock
ministack does not check them, calls a secret deleted whose physical id is its ARN, and shows in plain text what a
dynamic reference to a secret resolved to.

Seams: `cloudformation.drift._DRIFT_READERS` and `detect_resource_drift`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.cloudformation import drift_readers
from local_cloud.service_role import ministack


def install() -> None:
    drift = ministack("services.cloudformation.drift")
    drift_readers.register()
    drift.detect_resource_drift = _without_secrets(drift.detect_resource_drift)


def _without_secrets(stock: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What a dynamic reference resolved to is shown as the reference."""

    def detect(stack: Mapping[str, Any], logical_id: str, record: Mapping[str, Any], timestamp: str) -> dict[str, Any]:
        text = json.dumps(stock(stack, logical_id, record, timestamp))
        resolved: Mapping[str, str] = record.get("_dynamic") or {}
        for reference, value in sorted(resolved.items(), key=lambda one: -len(one[1])):
            if value:
                text = text.replace(_escaped(value, 1), _escaped(reference, 1))
                text = text.replace(_escaped(value, 2), _escaped(reference, 2))
        return json.loads(text)

    return detect


def _escaped(text: str, times: int) -> str:
    """As it stands inside a JSON text, or inside a JSON text inside a JSON text."""
    for _ in range(times):
        text = json.dumps(text)[1:-1]
    return text
