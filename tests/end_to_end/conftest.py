"""One world for all scenarios: an embedded AWS with IAM enforced, Towpath deployed on it by CloudFormation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.assembly import assemblies
from examples.demo.world import OPTIONS, ROOT, World
from local_cloud.cloud import LocalCloud


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    cloud = LocalCloud.start(folder / "aws", options=OPTIONS)
    try:
        yield World.build(cloud, Path(folder), *assemblies(ROOT / "build"))
    finally:
        cloud.purge()
