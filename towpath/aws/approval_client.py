"""Sends a decision to the pipeline's function URL, signed by the caller's own credentials.

AWS decides from the signature who is calling; the request itself says nothing about that. With AWS_ENDPOINT_URL set,
the connection goes there and the URL's host stays in the Host header: that is how another AWS is reached whose host
names do not resolve.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from towpath.errors import AwsUnavailable, Misconfigured

if TYPE_CHECKING:
    from boto3.session import Session

_REGION = re.compile(r"[^.]+\.lambda-url\.([a-z0-9-]+)\.on\.aws")
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP status and the JSON body, empty when the body is none."""

    status: int
    body: Mapping[str, Any]


def post_decision(session: Session, url: str, decision: Mapping[str, str]) -> Reply:
    """Sign and send. Raises Misconfigured without credentials, AwsUnavailable when nothing answers."""
    body = json.dumps(decision).encode()
    headers = _signed(session, url, body)
    place = urlsplit(os.environ.get("AWS_ENDPOINT_URL") or url)
    kind = HTTPSConnection if place.scheme == "https" else HTTPConnection
    connection = kind(place.netloc, timeout=_SECONDS)
    try:
        connection.request("POST", urlsplit(url).path or "/", body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, _document(answer.read()))
    except (OSError, HTTPException) as error:
        raise AwsUnavailable(f"while sending the decision to {url}: {error}") from error
    finally:
        connection.close()


def _signed(session: Session, url: str, body: bytes) -> dict[str, str]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    credentials = session.get_credentials()
    if credentials is None:
        raise Misconfigured("there are no AWS credentials to sign the decision with")
    host = urlsplit(url).netloc
    in_host = _REGION.fullmatch(host)
    region = in_host[1] if in_host else session.region_name
    request = AWSRequest("POST", url, data=body, headers={"Host": host, "Content-Type": "application/json"})
    SigV4Auth(credentials.get_frozen_credentials(), "lambda", region).add_auth(request)
    return dict(request.headers.items())


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
