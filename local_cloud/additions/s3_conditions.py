"""Bucket policies can insist on write-once and on TLS.

On AWS a policy can name `s3:if-none-match` (the request's header) and `s3:ObjectCreationOperation` (true when the
request makes an object: PutObject, CopyObject and CompleteMultipartUpload, not UploadPart), and `aws:SecureTransport`.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

Stock ministack knows neither of the first two, and calls every request over plain HTTP insecure. A server that listens
on loopback only has nothing that TLS could protect, so here a request from loopback counts as one over TLS.

Seam: `core.iam_actions.s3_service_context`, `app.pin_request_origin` and `core.iam_evaluator._request_origin`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.service_role import ministack


def install() -> None:
    _give_write_conditions(ministack("core.iam_actions"))
    _trust_loopback(ministack("app"))


def _give_write_conditions(actions: Any) -> None:
    stock = actions.s3_service_context

    def context(
        action: str, query: Mapping[str, Any] | None, path: str = "", headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        found: dict[str, Any] = stock(action, query, path, headers)
        return found | write_conditions(query or {}, headers or {}) if action == "s3:PutObject" else found

    actions.s3_service_context = context


def write_conditions(query: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """The condition keys of a request that s3:PutObject covers."""
    makes_an_object = "uploads" not in query and "partNumber" not in query
    conditions = {"s3:ObjectCreationOperation": str(makes_an_object).lower()}
    for header in ("if-none-match", "if-match"):
        if header in headers:
            conditions[f"s3:{header}"] = headers[header]
    return conditions


def _trust_loopback(app: Any) -> None:
    """What no request started, a service's own call, comes from inside and counts as secure too."""
    ministack("core.iam_evaluator")._request_origin = ContextVar("origin of a request", default=("127.0.0.1", True))
    pin = app.pin_request_origin

    def pinned(address: str, secure: bool) -> None:
        pin(address, secure or _is_loopback(address))

    app.pin_request_origin = pinned


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
