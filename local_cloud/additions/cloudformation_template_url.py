"""A template's URL may name its bucket in the host.

On AWS `TemplateURL` is the address of an object in S3, in virtual-hosted style (`https://bucket.s3.region.amazonaws.com/
key`) or in path style. Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html

Stock ministack takes the first part of the path for the bucket, whatever the host is.

Seam: `services.cloudformation.helpers._resolve_document`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from local_cloud.service_role import ministack

_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?")


def install() -> None:
    helpers = ministack("services.cloudformation.helpers")
    resolve = helpers._resolve_document

    def resolving(params: Mapping[str, Any], body_key: str, url_key: str, label: str) -> Any:
        given = helpers._p(params, url_key)
        return resolve({**params, url_key: [path_style(given)]} if given else params, body_key, url_key, label)

    helpers._resolve_document = resolving


def path_style(url: str) -> str:
    """The same address with the bucket in the path; an address that has it there already is left as it is."""
    parts = urlsplit(url)
    found = _HOST.fullmatch(parts.netloc)
    return f"https://s3.amazonaws.com/{found['bucket']}{parts.path}" if found else url
