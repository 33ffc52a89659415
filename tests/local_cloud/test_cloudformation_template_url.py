"""Contract: CloudFormation reads a template from S3 wherever the URL names the bucket."""

import json
from collections.abc import Callable
from typing import Any

import pytest

TEMPLATE = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}


@pytest.mark.parametrize(
    "url", ["https://{bucket}.s3.{region}.amazonaws.com/{key}", "https://s3.{region}.amazonaws.com/{bucket}/{key}"]
)
def test_a_template_is_read_from_its_bucket(client: Callable[[str], Any], url: str) -> None:
    s3, cloudformation = client("s3"), client("cloudformation")
    bucket, key = "template-url-contract", "folder/template.json"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(TEMPLATE).encode())
    found = cloudformation.validate_template(TemplateURL=url.format(bucket=bucket, region=s3.meta.region_name, key=key))
    assert found["Parameters"] == []
