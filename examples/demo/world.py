"""The world of the demonstration: an embedded AWS, Towpath deployed on it, and three people with different rights.

The administrator sets things up and looks on; the uploader may only put releases; the reviewer only decides on plans.
All three use the same command line that a team would, each with credentials of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3

from examples.demo.inbox import Inbox
from local_cloud.assembly import AssemblyDeployer
from local_cloud.cloud import LocalCloud, Options

ROOT = Path(__file__).parents[2]
SETTINGS = Path(__file__).parent / "towpath.toml"
PIPELINE = "towpath-pipeline"

# A fast clock: a minute of CodeDeploy and of an alarm's period takes a second, a second of waiting a fifth of one.
OPTIONS = Options(minute_seconds=1.0, wait_scale=0.2, detached=False)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command of the command line ended."""

    command: str
    status: int
    output: str


@dataclass
class World:
    """Everything that a scenario needs; made by `World.build`."""

    cloud: LocalCloud
    folder: Path
    outputs: Mapping[str, str]
    inbox: Inbox
    people: Mapping[str, Mapping[str, str]]
    next_assembly: Path
    clients: dict[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def build(cls, cloud: LocalCloud, folder: Path, assembly: Path, next_assembly: Path) -> "World":
        """Deploy the platform's policies, Towpath's stacks and an event consumer; make the people."""
        administrator = cloud.environment()
        clients = {name: make_client(name, administrator) for name in ("s3", "cloudformation", "iam", "sqs")}
        deployment = AssemblyDeployer(clients["s3"], clients["cloudformation"], cloud.account, cloud.region)
        examples = ROOT / "examples"
        deployment.create("platform", (examples / "platform" / "deployment-policy.yaml").read_text())
        outputs = deployment.deploy(assembly, PIPELINE)
        for environment in ("preview", "staging", "production", "home"):
            deployment.deploy(assembly, f"towpath-environment-{environment}")
        consumer = deployment.create("consumer", (examples / "consumer" / "template.yaml").read_text())
        people = {
            "uploader": {**administrator, **_person(clients["iam"], "uploader", outputs["UploaderPolicyArn"])},
            "reviewer": {**administrator, **_person(clients["iam"], "reviewer", outputs["ReviewerPolicyArn"])},
            "administrator": administrator,
        }
        return cls(cloud, folder, outputs, Inbox(clients["sqs"], consumer["InboxUrl"]), people, next_assembly, clients)

    def client(self, service: str) -> Any:
        """The administrator's client of a service."""
        if service not in self.clients:
            self.clients[service] = make_client(service, self.people["administrator"])
        return self.clients[service]

    def towpath(self, *arguments: str, person: str = "administrator") -> Ran:
        """Run the command line as one of the people."""
        variables = {**self.cloud.environment(), **self.people[person], "PATH": os.environ["PATH"], "NO_COLOR": "1"}
        done = subprocess.run(
            [str(Path(sys.executable).with_name("towpath")), *arguments],
            cwd=self.folder, env=variables, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Ran(" ".join(["towpath", *arguments]), done.returncode, done.stdout + done.stderr)

    def must(self, *arguments: str, person: str = "administrator") -> str:
        """Run a command that has to succeed and return what it printed. Raises RuntimeError with its output."""
        ran = self.towpath(*arguments, person=person)
        if ran.status:
            raise RuntimeError(f"`{ran.command}` ended with {ran.status}:\n{ran.output}")
        return ran.output

    def alias_version(self, stack: str, function: str, alias: str = "live") -> tuple[str, dict[str, float]]:
        """The version that an alias points at, and the weights of others."""
        found = self.client("lambda").get_alias(FunctionName=self.physical_id(stack, function), Name=alias)
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def physical_id(self, stack: str, logical_id: str) -> str:
        answer = self.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return answer["StackResourceDetail"]["PhysicalResourceId"]

    def stack_status(self, stack: str) -> str:
        """The status of a stack, "(absent)" when there is none."""
        client = self.client("cloudformation")
        try:
            return client.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except client.exceptions.ClientError:
            return "(absent)"

    def call(self, stack: str, function: str, event: Mapping[str, Any], qualifier: str = "live") -> dict[str, Any]:
        """Invoke a function of a stack through its alias and return what it answered."""
        answer = self.client("lambda").invoke(
            FunctionName=self.physical_id(stack, function), Qualifier=qualifier, Payload=json.dumps(event).encode()
        )
        return cast(dict[str, Any], json.loads(answer["Payload"].read()))


def make_client(service: str, variables: Mapping[str, str]) -> Any:
    """A boto3 client of the person and the place that the variables name; the process's own are left alone."""
    return cast(Any, boto3).client(
        service,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def _person(iam: Any, name: str, policy: str) -> dict[str, str]:
    """A user with one managed policy and an access key."""
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
