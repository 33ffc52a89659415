"""Services do what the role they were given may do, and no more."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

STACK = "cloudformation.amazonaws.com"
STATES = "states.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
Allow = tuple[str | list[str], str | list[str]]
MakeRole = Callable[..., str]


def policy(*allowed: Allow) -> str:
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def role(client: Callable[..., Any]) -> Iterator[MakeRole]:
    """`role("states.amazonaws.com", ("events:PutEvents", "*"))` is the ARN of a role that may do that."""
    iam, made = client("iam"), list[str]()

    def make(service: str, *allowed: Allow) -> str:
        name = f"role-{uuid.uuid4()}"
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        made.append(name)
        if allowed:
            iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=policy(*allowed))
        return arn

    yield make
    for name in made:
        for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=inline)
        iam.delete_role(RoleName=name)


class Stacks:
    """Stacks of one test, deleted with an administrator's rights afterwards."""

    def __init__(self, client: Callable[..., Any], cleaner: str) -> None:
        self.api, self.cleaner, self.made = client("cloudformation"), cleaner, list[str]()

    def create(self, resources: dict[str, Any], api: Any = None, **more: Any) -> str:
        name = f"stack-{uuid.uuid4().hex[:8]}"
        template = json.dumps({"Resources": resources})
        made = (api or self.api).create_stack(StackName=name, TemplateBody=template, **more)["StackId"]
        self.made.append(made)
        return made

    def settled(self, stack: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status: str = self.api.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                return status
            time.sleep(0.1)
        raise AssertionError(f"{stack} has not settled")

    def reasons(self, stack: str) -> str:
        events = self.api.describe_stack_events(StackName=stack)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)


@pytest.fixture
def stacks(client: Callable[..., Any], role: MakeRole) -> Iterator[Stacks]:
    made = Stacks(client, role(STACK, ("*", "*")))
    yield made
    for stack in made.made:
        made.api.delete_stack(StackName=stack, RoleARN=made.cleaner)
        made.settled(stack)


QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue", "Properties": {}}
OWN_QUEUES = "arn:aws:sqs:*:*:stack-*"


def function(function_role: Any) -> dict[str, Any]:
    code = {"ZipFile": "def handler(event, context):\n    return 1\n"}
    properties = {"Role": function_role, "Runtime": "python3.12", "Handler": "index.handler", "Code": code}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def test_a_stack_makes_what_its_role_may_make_and_keeps_its_role(stacks: Stacks, role: MakeRole) -> None:
    mine = role(STACK, (["sqs:CreateQueue", "sqs:DeleteQueue"], OWN_QUEUES))

    stack = stacks.create({"Queue": QUEUE}, RoleARN=mine)

    assert stacks.settled(stack) == "CREATE_COMPLETE", stacks.reasons(stack)
    assert stacks.api.describe_stacks(StackName=stack)["Stacks"][0]["RoleARN"] == mine
    stacks.api.delete_stack(StackName=stack)
    assert stacks.settled(stack) == "DELETE_COMPLETE"


def test_a_stack_fails_where_its_role_may_not(stacks: Stacks, role: MakeRole) -> None:
    mine = role(STACK, ("sqs:CreateQueue", "arn:aws:sqs:*:*:other-*"), ("sqs:DeleteQueue", "*"))

    stack = stacks.create({"Queue": QUEUE}, RoleARN=mine)

    assert stacks.settled(stack) == "ROLLBACK_COMPLETE"
    reasons = stacks.reasons(stack)
    name = mine.rsplit("/", 1)[-1]
    assert (
        f":assumed-role/{name}/AWSCloudFormation is not authorized to perform: sqs:CreateQueue on resource" in reasons
    )


def test_a_property_may_need_an_action_of_its_own(stacks: Stacks, role: MakeRole) -> None:
    mine = role(STACK, (["logs:CreateLogGroup", "logs:DeleteLogGroup"], "*"))
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}

    stack = stacks.create({"Group": group}, RoleARN=mine)

    assert stacks.settled(stack) == "ROLLBACK_COMPLETE"
    assert "logs:PutRetentionPolicy" in stacks.reasons(stack)


def test_an_update_that_the_role_may_not_make_is_rolled_back(stacks: Stacks, role: MakeRole, client: Any) -> None:
    mine = role(STACK, (["sqs:CreateQueue", "sqs:DeleteQueue"], "*"))
    stack = stacks.create({"Queue": {**QUEUE, "Properties": {"VisibilityTimeout": 11}}}, RoleARN=mine)
    assert stacks.settled(stack) == "CREATE_COMPLETE"
    url = stacks.api.describe_stack_resource(StackName=stack, LogicalResourceId="Queue")

    template = {"Resources": {"Queue": {**QUEUE, "Properties": {"VisibilityTimeout": 22}}}}
    stacks.api.update_stack(StackName=stack, TemplateBody=json.dumps(template))

    assert stacks.settled(stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert "sqs:SetQueueAttributes" in stacks.reasons(stack)
    queue = url["StackResourceDetail"]["PhysicalResourceId"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])
    assert attributes["Attributes"]["VisibilityTimeout"] == "11"


def test_a_change_set_is_executed_with_its_role(stacks: Stacks, role: MakeRole) -> None:
    mine = role(STACK, ("sqs:DeleteQueue", "*"))
    name = f"stack-{uuid.uuid4().hex[:8]}"
    made = stacks.api.create_change_set(
        StackName=name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps({"Resources": {"Queue": QUEUE}}),
        RoleARN=mine,
    )
    stacks.made.append(made["StackId"])
    stacks.api.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 1})

    stacks.api.execute_change_set(ChangeSetName=made["Id"])

    assert stacks.settled(made["StackId"]) == "ROLLBACK_COMPLETE"
    assert "sqs:CreateQueue" in stacks.reasons(made["StackId"])


def test_a_role_that_does_not_trust_cloudformation_is_refused(stacks: Stacks, role: MakeRole) -> None:
    with pytest.raises(ClientError, match="is invalid or cannot be assumed"):
        stacks.create({"Queue": QUEUE}, RoleARN=role(LAMBDA, ("*", "*")))


def test_passing_a_role_needs_a_permission(stacks: Stacks, role: MakeRole) -> None:
    mine = role(STACK, ("lambda:*", "*"))

    stack = stacks.create({"Function": function(role(LAMBDA))}, RoleARN=mine)

    assert stacks.settled(stack) == "ROLLBACK_COMPLETE"
    assert "is not authorized to perform: iam:PassRole on resource: " in stacks.reasons(stack)


def test_a_role_is_passed_only_to_the_service_that_the_permission_names(
    stacks: Stacks, role: MakeRole, client: Any
) -> None:
    for service, expected in (("ecs.amazonaws.com", "ROLLBACK_COMPLETE"), (LAMBDA, "CREATE_COMPLETE")):
        mine = role(STACK, ("lambda:*", "*"))
        statement = {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": service}},
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        client("iam").put_role_policy(RoleName=mine.rsplit("/", 1)[-1], PolicyName="pass", PolicyDocument=document)

        stack = stacks.create({"Function": function(role(LAMBDA))}, RoleARN=mine)

        assert stacks.settled(stack) == expected, stacks.reasons(stack)


def test_without_a_role_the_caller_decides(stacks: Stacks, client: Callable[..., Any]) -> None:
    iam, name = client("iam"), f"user-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy(("cloudformation:*", "*")))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = client(
        "cloudformation", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )

    denied = stacks.create({"Queue": QUEUE}, theirs)
    assert stacks.settled(denied) == "ROLLBACK_COMPLETE"
    assert f"user/{name} is not authorized to perform: sqs:CreateQueue" in stacks.reasons(denied)
    allowed = policy(("cloudformation:*", "*"), ("sqs:*", OWN_QUEUES))
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=allowed)
    assert stacks.settled(stacks.create({"Queue": QUEUE}, theirs)) == "CREATE_COMPLETE"

    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="allowed")
    iam.delete_user(UserName=name)


def test_a_function_needs_a_role_that_trusts_lambda(client: Callable[..., Any], role: MakeRole, stacks: Stacks) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", "def handler(event, context):\n    return 1\n")
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        client("lambda").create_function(
            FunctionName=f"function-{uuid.uuid4()}",
            Runtime="python3.12",
            Handler="index.handler",
            Role=role(STATES),
            Code={"ZipFile": archive.getvalue()},
        )
    stack = stacks.create({"Function": function(role(STATES))}, RoleARN=role(STACK, ("*", "*")))
    assert stacks.settled(stack) == "ROLLBACK_COMPLETE"
    assert "cannot be assumed by Lambda" in stacks.reasons(stack)


class TestStateMachines:
    def caught(self, client: Any, machine_role: str, task: dict[str, Any]) -> dict[str, str]:
        states = client("stepfunctions")
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": "Task",
            "States": {"Task": {"Type": "Task", "End": True, **task}},
        }
        made = states.create_state_machine(
            name=f"machine-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=machine_role
        )
        execution = states.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
        deadline = time.monotonic() + 20
        described = states.describe_execution(executionArn=execution)
        while described["status"] == "RUNNING" and time.monotonic() < deadline:
            time.sleep(0.05)
            described = states.describe_execution(executionArn=execution)
        states.delete_state_machine(stateMachineArn=made["stateMachineArn"])
        return described

    def test_a_role_must_trust_step_functions(self, client: Any, role: MakeRole) -> None:
        with pytest.raises(ClientError, match=r"AccessDeniedException.*authorized to assume"):
            self.caught(client, role(LAMBDA), {"Resource": "arn:aws:states:::sqs:sendMessage"})

    @pytest.mark.parametrize("in_stack", [False, True])
    def test_a_role_may_trust_certain_state_machines_only(
        self, client: Any, role: MakeRole, stacks: Stacks, *, in_stack: bool
    ) -> None:
        """As the CDK writes it: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html."""
        arn = role(STATES, ("sqs:ListQueues", "*"))
        task = {"Resource": "arn:aws:states:::aws-sdk:sqs:listQueues"}
        for machines, trusted in (("stateMachine:*", True), ("stateMachine:another", False)):
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": STATES},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": f"arn:aws:states:us-east-1:000000000000:{machines}"},
                    "StringEquals": {"aws:SourceAccount": "000000000000"},
                },
            }
            trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            client("iam").update_assume_role_policy(RoleName=arn.rsplit("/", 1)[1], PolicyDocument=trust)
            if in_stack:
                definition = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
                properties = {"RoleArn": arn, "DefinitionString": json.dumps(definition)}
                made = stacks.create(
                    {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}
                )
                assert stacks.settled(made) == ("CREATE_COMPLETE" if trusted else "ROLLBACK_COMPLETE")
            elif trusted:
                assert self.caught(client, arn, task)["status"] == "SUCCEEDED"
            else:
                with pytest.raises(ClientError, match=r"AccessDeniedException.*authorized to assume"):
                    self.caught(client, arn, task)

    def test_a_function_is_invoked_on_the_version_that_is_allowed(self, client: Any, role: MakeRole) -> None:
        lambda_, archive = client("lambda"), io.BytesIO()
        with zipfile.ZipFile(archive, "w") as code:
            code.writestr("index.py", "def handler(event, context):\n    return 1\n")
        name = f"function-{uuid.uuid4()}"
        arn = lambda_.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="index.handler",
            Role=role(LAMBDA),
            Code={"ZipFile": archive.getvalue()},
            Publish=True,
        )["FunctionArn"]
        unqualified = arn.removesuffix(":1")
        mine = role(STATES, ("lambda:InvokeFunction", f"{unqualified}:1"))

        def invoking(version: str) -> dict[str, str]:
            task = {"Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": version, "Payload": 1}}
            return self.caught(client, mine, task)

        assert invoking(f"{unqualified}:1")["status"] == "SUCCEEDED"
        denied = invoking(unqualified)
        assert (denied["status"], denied["error"]) == ("FAILED", "Lambda.AWSLambdaException")
        session = f"assumed-role/{mine.rsplit('/', 1)[-1]}/"
        assert session in denied["cause"]
        assert "is not authorized to perform: lambda:InvokeFunction" in denied["cause"]
        lambda_.delete_function(FunctionName=name)

    @pytest.mark.parametrize(
        ("resource", "arguments", "error", "action"),
        [
            (
                "states:startExecution",
                {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:any"},
                "StepFunctions.AWSStepFunctionsException",
                "states:StartExecution",
            ),
            (
                "aws-sdk:cloudformation:describeStacks",
                {"StackName": "any"},
                "CloudFormation.CloudFormationException",
                "cloudformation:DescribeStacks",
            ),
            (
                "events:putEvents",
                {"Entries": [{"Source": "test", "DetailType": "Told", "Detail": "{}"}]},
                "EventBridge.AccessDeniedException",
                "events:PutEvents",
            ),
        ],
    )
    def test_a_call_that_the_role_may_not_make_fails_the_task(
        self, client: Any, role: MakeRole, resource: str, arguments: Any, error: str, action: str
    ) -> None:
        task = {"Resource": f"arn:aws:states:::{resource}", "Arguments": arguments}

        denied = self.caught(client, role(STATES), task)

        assert (denied["status"], denied["error"]) == ("FAILED", error)
        assert f"is not authorized to perform: {action}" in denied["cause"]
