"""One embedded AWS for all contract tests of this folder: small minutes, IAM enforced, gone when the tests are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
