"""One embedded AWS for all contract tests of this folder: small minutes, IAM enforced, gone when the tests are."""

from __future__ import annotations

import io
import json
import textwrap
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from local_cloud.cloud import LocalCloud, Options


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    running = LocalCloud.start(folder, options=Options(minute_seconds=1.0, nearest_python=True, detached=False))
    yield running
    running.purge()


@pytest.fixture(scope="session")
def client(cloud: LocalCloud) -> Callable[..., Any]:
    """`client("lambda")` is a boto3 client of the administrator; other credentials go in as keywords."""

    def make(service: str, **given: Any) -> Any:
        names = {
            "endpoint_url": cloud.endpoint,
            "region_name": cloud.region,
            "aws_access_key_id": cloud.environment()["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": cloud.environment()["AWS_SECRET_ACCESS_KEY"],
        }
        return cast(Any, boto3).client(service, **(names | given))

    return make


def _zip(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.fixture(scope="session")
def bundle() -> Callable[[Mapping[str, str]], bytes]:
    """`bundle({"app.py": source})` is a zip of these texts."""
    return _zip


@pytest.fixture(scope="session")
def function_role(client: Callable[..., Any]) -> str:
    """A role that functions may assume and that may write its log, nothing else."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = client("iam")
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    log = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="function", PolicyArn=log)
    return role


@pytest.fixture
def function(client: Callable[..., Any], function_role: str) -> Iterator[Callable[..., str]]:
    """`function(source)` creates a function of this `app.py` under a fresh name, ready to be invoked."""
    names: list[str] = []
    service = client("lambda")

    def make(source: str, **given: Any) -> str:
        name = f"f-{uuid.uuid4().hex[:12]}"
        settings = {
            "Runtime": "python3.11",
            "Role": function_role,
            "Handler": "app.handler",
            "Timeout": 10,
            "Code": {"ZipFile": _zip({"app.py": textwrap.dedent(source)})},
        }
        service.create_function(FunctionName=name, **(settings | given))
        service.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.1})
        names.append(name)
        return name

    yield make
    for name in names:
        service.delete_function(FunctionName=name)
