"""A multipart upload may carry one checksum of the whole object.

On AWS CreateMultipartUpload takes `x-amz-checksum-type`: FULL_OBJECT (for the three CRCs; CRC64NVME knows no other) is
the checksum that a single PUT of the same bytes would have, COMPOSITE (the rest) a checksum of the parts' checksums.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html

Stock ministack makes every multipart checksum a composite one, and refuses a completion that declares the whole's.

Seam: `services.s3._create_multipart_upload`, `_complete_multipart_upload` and, within that, `_composite_checksum`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from local_cloud.service_role import ministack

FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
_ONLY_WHOLE = ("CRC64NVME",)
_PART_NUMBER = re.compile(rb"<PartNumber>(\d+)</PartNumber>")
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_whole: ContextVar[bytes | None] = ContextVar("content of the upload that is being completed", default=None)
Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    s3 = ministack("services.s3")
    _remember_type(s3)
    _check_whole(s3)


def _remember_type(s3: Any) -> None:
    stock = s3._create_multipart_upload

    def create(bucket: str, key: str, headers: Mapping[str, str]) -> Answer:
        status, answered, body = stock(bucket, key, headers)
        begun = _UPLOAD_ID.search(body)
        wanted = headers.get("x-amz-checksum-type", COMPOSITE)
        if answered.get("x-amz-checksum-algorithm") in _ONLY_WHOLE:
            wanted = FULL_OBJECT
        if begun is not None and "x-amz-checksum-type" in answered:
            s3._multipart_uploads[begun[1].decode()]["checksum_type"] = wanted
            answered = {**answered, "x-amz-checksum-type": wanted}
        return status, answered, body

    s3._create_multipart_upload = create


def _check_whole(s3: Any) -> None:
    stock, stock_composite = s3._complete_multipart_upload, s3._composite_checksum

    def composite(algorithm: str, parts: list[str]) -> str | None:
        whole = _whole.get()
        return stock_composite(algorithm, parts) if whole is None else s3._compute_s3_checksum(algorithm, whole)

    def complete(
        bucket: str, key: str, body: bytes, query: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Answer:
        upload = s3._multipart_uploads.get(s3._qp(query, "uploadId"))
        if not upload or upload.get("checksum_type") != FULL_OBJECT:
            return stock(bucket, key, body, query, headers)
        token = _whole.set(_content(upload["parts"], body))
        try:
            status, answered, document = stock(bucket, key, body, query, headers)
        finally:
            _whole.reset(token)
        if status == 200:
            _relabel(s3, bucket, key)
            document = document.replace(b">COMPOSITE<", b">FULL_OBJECT<")
        return status, answered, document

    s3._composite_checksum = composite
    s3._complete_multipart_upload = complete


def _content(parts: Mapping[int, Mapping[str, Any]], body: bytes) -> bytes:
    numbers = sorted(int(number) for number in _PART_NUMBER.findall(body))
    return b"".join(parts[number]["body"] for number in numbers if number in parts)


def _relabel(s3: Any, bucket: str, key: str) -> None:
    made = s3._buckets[bucket]["objects"][key]
    made["checksum_type"] = FULL_OBJECT
    for version in s3._object_versions.get((bucket, key), []):
        if version["version_id"] == made.get("version_id") and "checksum_type" in version:
            version["checksum_type"] = FULL_OBJECT
    if s3.S3_PERSIST:
        s3._persist_object(bucket, key, made)
