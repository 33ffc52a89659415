"""Which object events are uploads of releases, and what they say before anything has been read.

An EventBridge event of S3 names bucket, key and version of the object; the key is not URL-encoded there, unlike in S3's
own notifications (https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from towpath.promotion.records import Release, Upload, chain_id, to_moment, to_text

PREFIX = "releases/"
UNKNOWN = "unknown"
_KEY = re.compile(r"releases/([^/]+)/([^/]+)\.zip")


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An object under `releases/`. Service and version are what the key says, or `unknown`."""

    bucket: str
    key: str
    version_id: str
    size: int
    time: datetime
    service: str
    version: str

    def at(self, modified: datetime) -> Upload:
        """The upload, at the time that S3 keeps for it."""
        return Upload(self.bucket, self.key, self.version_id, self.size, modified)

    def unverified(self, digest: str = "") -> Release:
        """What can be said of a release that could not be verified; its chain is this upload's alone."""
        chain = chain_id(self.service, self.version, digest or f"{self.key}@{self.version_id}")
        return Release(self.service, self.version, digest, chain, self.at(self.time))


def promote_again(upload: Upload) -> dict[str, Any]:
    """The event of an upload as an operator sends it to have its release promoted again."""
    there = {"key": upload.key, "version-id": upload.version_id, "size": upload.size}
    detail = {"bucket": {"name": upload.bucket}, "object": there}
    return {"detail-type": "Object Created", "time": to_text(upload.uploaded), "detail": detail, "again": True}


def read_upload(event: Mapping[str, Any]) -> Uploaded | None:
    """The upload that an event tells of; None for an event that tells of none. Raises KeyError for what is no event."""
    if event.get("detail-type") != "Object Created":
        return None
    detail = event["detail"]
    key = str(detail["object"]["key"])
    if not key.startswith(PREFIX) or key.endswith("/"):
        return None
    parts = _KEY.fullmatch(key)
    return Uploaded(
        bucket=str(detail["bucket"]["name"]),
        key=key,
        version_id=str(detail["object"].get("version-id") or ""),
        size=int(detail["object"].get("size") or 0),
        time=to_moment(str(event["time"])),
        service=parts[1] if parts else UNKNOWN,
        version=parts[2] if parts else UNKNOWN,
    )
