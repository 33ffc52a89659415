"""Sandboxes and their pool without an emulator around them."""

from __future__ import annotations

import io
import json
import os
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_cloud.lambda_runtime.code import CodeStore
from local_cloud.lambda_runtime.function import Function, Outcome
from local_cloud.lambda_runtime.interpreters import InterpreterMissingError, build_runtime_folder, interpreter
from local_cloud.lambda_runtime.pool import Pool
from local_cloud.lambda_runtime.runtime_api import Invocation


@pytest.fixture(scope="session")
def runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_runtime_folder(tmp_path_factory.mktemp("runtime") / "runtime")


@pytest.fixture
def function(tmp_path: Path, runtime_folder: Path) -> Callable[..., Function]:
    store = CodeStore(tmp_path / "unpacked")

    def make(source: str, *, timeout: int = 10, variables: dict[str, str] | None = None) -> Function:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("app.py", source)
        return Function(
            name="f",
            version="1",
            runtime=f"python3.{sys.version_info.minor}",
            handler="app.handler",
            memory=128,
            timeout=timeout,
            region="eu-west-1",
            log_group="/aws/lambda/f",
            credentials={},
            own=variables or {},
            endpoint="http://127.0.0.1:1",
            interpreter=sys.executable,
            runtime_folder=runtime_folder,
            bundle=store.bundle(source, content.getvalue()),
            opt=store.layers((), list),
        )

    return make


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    pool = Pool(tmp_path / "homes", idle_seconds=0.1, max_idle=2, look_seconds=0.1)
    yield pool
    pool.close()
    assert list((tmp_path / "homes").iterdir()) == []


def invoke(pool: Pool, function: Function, event: object = None) -> Outcome:
    return pool.invoke(
        function,
        Invocation(
            request_id=str(uuid.uuid4()), payload=json.dumps(event).encode(), arn="arn", deadline=0, trace_id="Root=1"
        ),
    )


PID = "import os\ndef handler(event, context): return os.getpid()"


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_idle_sandbox_is_ended_after_a_while(pool: Pool, function: Callable[..., Function]) -> None:
    process = int(invoke(pool, function(PID)).payload)
    for _ in range(100):
        if not is_alive(process):
            break
        time.sleep(0.05)
    assert not is_alive(process)


def test_no_more_than_so_many_stay_idle(tmp_path: Path, function: Callable[..., Function]) -> None:
    pool = Pool(tmp_path / "kept", idle_seconds=60, max_idle=2)
    slow = function("import os, time\ndef handler(event, context):\n    time.sleep(1)\n    return os.getpid()")
    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(invoke, pool, slow) for _ in range(4)]
    processes = [int(outcome.result().payload) for outcome in outcomes]
    assert len(set(processes)) == 4
    assert sum(map(is_alive, processes)) == 2
    pool.close()
    assert not any(map(is_alive, processes))


def test_a_burst_reuses_what_becomes_free_while_it_waits_to_start(
    tmp_path: Path, function: Callable[..., Function]
) -> None:
    pool, quick = Pool(tmp_path / "burst"), function(PID)
    with ThreadPoolExecutor(40) as threads:
        outcomes = [threads.submit(invoke, pool, quick) for _ in range(40)]
    processes = {int(outcome.result().payload) for outcome in outcomes}
    pool.close()
    assert len(processes) <= 20


def test_closing_ends_a_busy_sandbox(tmp_path: Path, function: Callable[..., Function]) -> None:
    pool = Pool(tmp_path / "busy")
    started = tmp_path / "started"
    source = f"import pathlib, time\ndef handler(e, c):\n    pathlib.Path({str(started)!r}).touch()\n    time.sleep(60)"
    with ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(invoke, pool, function(source, timeout=60))
        while not started.exists():
            time.sleep(0.02)
        pool.close()
        assert outcome.result(timeout=10).failed


def test_other_settings_are_another_sandbox(pool: Pool, function: Callable[..., Function]) -> None:
    source = 'import os\ndef handler(event, context): return os.environ["A"]'
    assert invoke(pool, function(source, variables={"A": "1"})).payload == b'"1"'
    assert invoke(pool, function(source, variables={"A": "2"})).payload == b'"2"'


def test_reserved_variables_cannot_be_set_and_python_ones_can(pool: Pool, function: Callable[..., Function]) -> None:
    source = 'import os, sys\ndef handler(e, c): return [os.environ["AWS_REGION"], os.environ["TZ"], sys.path[2]]'
    variables = {"AWS_REGION": "mars", "TZ": "Europe/Berlin", "PYTHONPATH": "/somewhere"}
    region, zone, _ = json.loads(invoke(pool, function(source, variables=variables)).payload)
    assert (region, zone) == ("eu-west-1", "Europe/Berlin")


def test_a_flood_of_output_is_kept_and_does_not_block(pool: Pool, function: Callable[..., Function]) -> None:
    outcome = invoke(pool, function("def handler(e, c):\n    for n in range(20000): print('line', n)"))
    lines = [line for line in outcome.log if line.startswith("line ")]
    assert lines == [f"line {n}" for n in range(20000)]


def test_a_process_that_ends_without_a_word_is_told(pool: Pool, function: Callable[..., Function]) -> None:
    outcome = invoke(pool, function("import os\nos._exit(0)\ndef handler(e, c): pass"))
    assert json.loads(outcome.payload)["errorType"] == "Runtime.ExitError"
    assert "without providing a reason" in json.loads(outcome.payload)["errorMessage"]


def test_a_runtime_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InterpreterMissingError, match=r"python3\.99.*--nearest-python"):
        interpreter("python3.99", nearest=False)
    assert interpreter("python3.99", nearest=True) == sys.executable
    assert interpreter(f"python3.{sys.version_info.minor}", nearest=False) == sys.executable


def test_a_shim_with_nothing_behind_it_is_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.98"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InterpreterMissingError):
        interpreter("python3.98", nearest=False)


def test_a_bundle_keeps_its_modes_and_cannot_leave_its_folder(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        script = zipfile.ZipInfo("run.sh")
        script.external_attr = 0o755 << 16
        archive.writestr(script, "#!/bin/sh")
        archive.writestr("../outside", "x")
    folder = CodeStore(tmp_path / "store").bundle("digest", content.getvalue())
    assert (folder / "run.sh").stat().st_mode & 0o111
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "store" / "outside").exists()
