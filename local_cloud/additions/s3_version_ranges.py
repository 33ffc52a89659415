"""A range of an old version of an object is only that range.

On AWS `GetObject` with a version id and a Range answers 206 with the bytes asked for, as it does without a version id.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html

Stock ministack ignores the Range of a versioned read and answers with the whole object, so that a download in parts
(as boto3's transfer manager does above 8 MiB) puts the whole content together several times.

Seam: `services.s3._get_object`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_cloud.service_role import ministack

Answer = tuple[int, dict[str, str], Any]


def install() -> None:
    s3 = ministack("services.s3")
    get = s3._get_object

    def getting(bucket: str, key: str, headers: Mapping[str, str], query: Mapping[str, Any] | None = None) -> Answer:
        answer: Answer = get(bucket, key, headers, query)
        wanted = headers.get("range", "")
        if answer[0] != 200 or not wanted.startswith("bytes=") or not (query or {}).get("versionId"):
            return answer
        return _cut(s3, answer, wanted)

    s3._get_object = getting


def _cut(s3: Any, answer: Answer, wanted: str) -> Answer:
    _, headers, body = answer
    span = s3._parse_range(wanted, len(body))
    if span is None:
        refusal = s3._error("InvalidRange", "The requested range is not satisfiable", 416)
        return refusal[0], {**refusal[1], "Content-Range": f"bytes */{len(body)}"}, refusal[2]
    first, last = span
    # A checksum of the whole object says nothing of a part of it.
    kept = {name: value for name, value in headers.items() if not name.lower().startswith("x-amz-checksum-")}
    part = body[first : last + 1]
    return 206, {**kept, "Content-Length": str(len(part)), "Content-Range": f"bytes {first}-{last}/{len(body)}"}, part
