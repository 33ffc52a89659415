"""Starting, stopping and finding an embedded AWS, and what each refusal says."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from local_cloud.cloud import (
    AlreadyRunningError,
    LocalCloud,
    LocalCloudError,
    NotRunningError,
    Options,
    PortTakenError,
    status,
)

pytestmark = pytest.mark.embedded


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "one"
    yield folder
    if status(folder).running:
        LocalCloud.attach(folder).purge()


def client(running: LocalCloud, service: str) -> Any:
    told = running.environment()
    return cast(Any, boto3).client(
        service,
        endpoint_url=told["AWS_ENDPOINT_URL"],
        region_name=told["AWS_REGION"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
    )


def test_state_outlives_the_server_and_purge_removes_it(folder: Path) -> None:
    started = time.monotonic()
    first = LocalCloud.start(folder)
    assert time.monotonic() - started < 5
    client(first, "s3").create_bucket(Bucket="kept")
    client(first, "s3").put_object(Bucket="kept", Key="a", Body=b"bytes")
    client(first, "sqs").create_queue(QueueName="kept")
    first.stop()
    assert not status(folder).running
    second = LocalCloud.start(folder)
    assert client(second, "s3").get_object(Bucket="kept", Key="a")["Body"].read() == b"bytes"
    assert client(second, "sqs").get_queue_url(QueueName="kept")
    second.purge()
    assert not folder.exists()


def test_instances_run_side_by_side(folder: Path, tmp_path: Path) -> None:
    with LocalCloud.start(folder) as one, LocalCloud.start(tmp_path / "two") as two:
        assert one.port != two.port
        client(one, "s3").create_bucket(Bucket="mine")
        assert client(two, "s3").list_buckets()["Buckets"] == []
        assert LocalCloud.attach(folder).endpoint == one.endpoint


def test_only_loopback_is_listened_on(folder: Path) -> None:
    with LocalCloud.start(folder) as running:
        others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for address in others - {"127.0.0.1"}:
            with socket.socket() as probe:
                assert probe.connect_ex((str(address), running.port)) != 0
        listening = Path("/proc/net/tcp").read_text() if Path("/proc/net/tcp").exists() else ""
        assert f"00000000:{running.port:04X}" not in listening


def test_a_second_server_on_one_folder_is_refused(folder: Path) -> None:
    with LocalCloud.start(folder) as running, pytest.raises(AlreadyRunningError, match=str(running.port)):
        LocalCloud.start(folder)


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            LocalCloud.start(folder, port=port)
    assert not status(folder).running


def test_a_server_that_dies_at_start_is_told_with_the_end_of_its_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_: Options) -> list[str]:
        return ["--no-such-option"]

    monkeypatch.setattr(Options, "arguments", wrong)
    with pytest.raises(LocalCloudError, match="--no-such-option"):
        LocalCloud.start(folder)


def test_there_is_nothing_to_attach_to_when_none_runs(folder: Path) -> None:
    with pytest.raises(NotRunningError, match="towpath local up"):
        LocalCloud.attach(folder)


def test_a_file_left_by_a_killed_server_fools_nobody(folder: Path) -> None:
    running = LocalCloud.start(folder)
    os.kill(running.pid, 9)
    running.stop()
    (folder / "server.json").write_text('{"pid": 1, "port": 1}')
    assert not status(folder).running
    LocalCloud.start(folder).stop()


def test_no_process_is_left_when_the_starter_is_killed(folder: Path) -> None:
    program = f"""
        import os, signal
        from pathlib import Path
        from local_cloud.cloud import LocalCloud, Options
        LocalCloud.start(Path({str(folder)!r}), options=Options(detached=False))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False, timeout=60)
    for _ in range(100):
        if not status(folder).running:
            break
        time.sleep(0.1)
    assert not status(folder).running


def test_the_callers_aws_configuration_does_not_leak_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHECALLER00000")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with LocalCloud.start(folder, options=Options(region="eu-west-1", account="111122223333")) as running:
        identity = client(running, "sts").get_caller_identity()
        assert identity["Account"] == "111122223333"
        assert client(running, "sqs").create_queue(QueueName="q")["QueueUrl"]


def test_a_runtime_that_is_not_on_this_machine_is_refused_by_name(
    folder: Path, tmp_path: Path, bundle: Callable[[dict[str, str]], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS has them all; here the refusal must not look like an error of the function's own code."""
    monkeypatch.setenv("PATH", str(tmp_path))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    with LocalCloud.start(folder) as running:
        role = client(running, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        service = client(running, "lambda")
        service.create_function(
            FunctionName="old",
            Runtime="python3.8",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": bundle({"app.py": "def handler(event, context): return 1"})},
        )
        answer = service.invoke(FunctionName="old")
        body = json.loads(answer["Payload"].read())
    assert answer["FunctionError"]
    assert body["errorType"] == "Runtime.Unavailable"
    assert "python3.8" in body["errorMessage"]
    assert "--nearest-python" in body["errorMessage"]
