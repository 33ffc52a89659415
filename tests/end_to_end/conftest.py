"""One world for all scenarios: an embedded AWS with IAM enforced, Towpath deployed on it by CloudFormation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.__main__ import MINUTE_SECONDS
from examples.demo.assembly import assemblies
from examples.demo.world import ROOT, World
from local_cloud.cloud import LocalCloud, Options


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    cloud = LocalCloud.start(folder / "aws", options=Options(minute_seconds=MINUTE_SECONDS, detached=False))
    try:
        yield World.build(cloud, Path(folder), *assemblies(ROOT / "build"))
    finally:
        cloud.purge()
