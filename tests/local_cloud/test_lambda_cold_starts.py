"""A sandbox that was forked is as good as a fresh one; where it would not be, it is not forked."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_cloud.lambda_runtime.fork import ForkServers
from local_cloud.lambda_runtime.function import Function as Version
from local_cloud.lambda_runtime.interpreters import build_runtime_folder, interpreter

Client = Callable[..., Any]
Function = Callable[..., str]
Bundle = Callable[[dict[str, str]], bytes]
Make = Callable[..., Version]


def call(client: Client, name: str) -> Any:
    return json.loads(client("lambda").invoke(FunctionName=name)["Payload"].read())


@pytest.mark.embedded
def test_a_module_of_the_bundle_wins_over_the_runtimes(client: Client, function: Function, bundle: Bundle) -> None:
    sources = {"app.py": "import boto3\ndef handler(event, context): return boto3.WHOSE", "boto3.py": "WHOSE = 'mine'"}
    assert call(client, function("", Code={"ZipFile": bundle(sources)})) == "mine"


@pytest.mark.embedded
def test_a_module_of_a_layer_wins_over_the_runtimes(client: Client, function: Function, bundle: Bundle) -> None:
    content = {"ZipFile": bundle({"python/jmespath/__init__.py": "WHOSE = 'the layer'"})}
    layer = client("lambda").publish_layer_version(LayerName="own-jmespath", Content=content)["LayerVersionArn"]
    name = function("import jmespath\ndef handler(event, context): return jmespath.WHOSE", Layers=[layer])
    assert call(client, name) == "the layer"


@pytest.mark.embedded
def test_what_an_interpreter_reads_when_it_starts_counts(client: Client, function: Function) -> None:
    variables = {"PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "1", "TZ": "Asia/Tokyo"}
    source = """
        import sys, time

        def handler(event, context):
            return [sys.flags.optimize, sys.flags.hash_randomization, time.strftime("%z")]
        """
    assert call(client, function(source, Environment={"Variables": variables})) == [1, 1, "+0900"]


@pytest.mark.embedded
def test_no_two_sandboxes_draw_the_same_random_numbers(client: Client, function: Function) -> None:
    source = "import random\ndrawn = random.random()\ndef handler(event, context): return drawn"
    assert len({call(client, function(source)) for _ in range(3)}) == 3


@pytest.fixture
def make(tmp_path: Path) -> Make:
    runtime, bundle = build_runtime_folder(tmp_path / "runtime"), tmp_path / "bundle"
    bundle.mkdir()

    def version(**own: str) -> Version:
        return Version(
            name="f", version="1", runtime="python3.11", handler="app.handler", memory=128, timeout=3, region="eu",
            log_group="", credentials={}, own=own, endpoint="", interpreter=interpreter("python3.11", nearest=True),
            runtime_folder=runtime, bundle=bundle, opt=tmp_path / "opt",
        )  # fmt: skip

    return version


@pytest.fixture
def servers() -> Iterator[ForkServers]:
    result = ForkServers()
    yield result
    result.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_only_what_would_differ_starts_afresh(make: Make, servers: ForkServers, tmp_path: Path) -> None:
    plain, own = make(COLOUR="blue"), make(PYTHONPATH="/elsewhere")
    environment = plain.environment("", "", tmp_path)
    assert servers.for_function(plain, environment) is not None
    assert servers.for_function(own, environment) is None
    (tmp_path / "bundle" / "json.py").touch()
    assert servers.for_function(plain, environment) is None
    (tmp_path / "bundle" / "json.py").unlink()
    (tmp_path / "opt" / "lib").mkdir(parents=True)
    assert servers.for_function(plain, environment) is None


def test_a_child_tells_its_end_and_none_outlives_the_server(make: Make, tmp_path: Path) -> None:
    servers = ForkServers()
    function = make()
    environment = {**function.environment("127.0.0.1:1", "", tmp_path), "_HANDLER": "app.handler"}
    server = servers.for_function(function, environment)
    assert server is not None
    (tmp_path / "bundle" / "app.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(60)\n")
    killed, left = (server.fork(environment, function.bundle, [str(function.opt)]) for _ in range(2))
    assert (killed.output.readline(), left.output.readline()) == (b"here\n", b"here\n")
    assert killed.poll() is None
    killed.kill()
    assert killed.wait() == -9
    assert killed.poll() == -9
    servers.close()
    deadline = time.monotonic() + 5
    while alive(left.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(left.pid)
    for child in (killed, left):
        child.output.close()
    assert left.wait() == -9
