"""The code of a function or layer must be there when the stack makes it.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html;
the messages are Lambda's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.cloudformation.resource_type import Created, Properties
from local_cloud.service_role import ministack

_SOURCES = frozenset({"ZipFile", "S3Bucket", "ImageUri"})


def with_code(member: str, stock: Callable[..., Created]) -> Callable[..., Created]:
    """The create handler of a type whose code is the property `member`."""

    def create(logical_id: str, properties: Properties, stack_name: str) -> Created:
        check(properties.get(member) or {})
        return stock(logical_id, properties, stack_name)

    return create


def check(code: Mapping[str, Any]) -> None:
    """Raises `ValueError` when there is no code, or none where it is said to be."""
    if not _SOURCES & code.keys():
        raise ValueError("Please provide a source for function code.")
    bucket, key = code.get("S3Bucket"), code.get("S3Key")
    if bucket is None:
        return
    if bucket not in ministack("services.s3")._buckets:
        raise ValueError(_missing("NoSuchBucket", "The specified bucket does not exist"))
    found = ministack("services.lambda_svc")._fetch_code_from_s3(bucket, key, version_id=code.get("S3ObjectVersion"))
    if found is None:
        raise ValueError(_missing("NoSuchKey", "The specified key does not exist."))


def _missing(code: str, message: str) -> str:
    return f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
