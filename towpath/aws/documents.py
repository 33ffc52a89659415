"""Documents that are too large to travel between states, content-addressed in the asset bucket and written once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from towpath.aws.errors import aws_errors
from towpath.errors import ReleaseMissing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3DocumentStore:
    """`towpath.promotion.ports.DocumentStore` under `documents/` of a bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, kind: str, content: bytes, media_type: str = "application/json") -> str:
        key = f"documents/{kind}/{hashlib.sha256(content).hexdigest()}"
        with aws_errors(f"writing the document {key}"):
            # No If-None-Match: the same key has the same content, so writing it again is harmless.
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType=media_type, ChecksumAlgorithm="SHA256"
            )
        return key

    def get(self, key: str) -> bytes:
        with aws_errors(f"reading the document {key}"):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey as error:
                raise ReleaseMissing(f"there is no document {key} in {self._bucket}") from error
