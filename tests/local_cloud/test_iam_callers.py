"""Who may do what: users and sessions with exactly one permission, beside it, and without it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud

Client = Callable[..., Any]
Statement = Mapping[str, Any]

pytestmark = pytest.mark.embedded

DENIALS = ("AccessDenied", "AccessDeniedException", "403")


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str], **condition: Any) -> Statement:
    found = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {**found, "Condition": condition} if condition else found


@pytest.fixture
def user(client: Client) -> Iterator[Callable[..., Callable[[str], Any]]]:
    """`user(statement, …)` gives clients of a fresh IAM user with these permissions."""
    iam, names = client("iam"), list[str]()

    def make(*statements: Statement) -> Callable[[str], Any]:
        name = f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        names.append(name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: client(
            service,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    yield make
    for name in names:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)


def denied(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return str(error.response.get("Error", {}).get("Code")) in DENIALS
    return False


REGION = "arn:aws:{service}:us-east-1:000000000000:{resource}"


def arn(service: str, resource: str) -> str:
    return REGION.format(service=service, resource=resource)


# (service, method, arguments, the resource that AWS judges it on)
CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("sqs", "create_queue", {"QueueName": "made"}, arn("sqs", "made")),
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"k": {"S": "v"}}}, arn("dynamodb", "table/t")),
    ("s3", "create_bucket", {"Bucket": "made-by-user"}, "arn:aws:s3:::made-by-user"),
    ("events", "put_rule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}, arn("events", "rule/r")),
    ("events", "list_targets_by_rule", {"Rule": "r"}, arn("events", "rule/r")),
    ("events", "describe_event_bus", {}, arn("events", "event-bus/default")),
    (
        "events",
        "put_targets",
        {"Rule": "r", "EventBusName": "b", "Targets": [{"Id": "1", "Arn": arn("sqs", "q")}]},
        arn("events", "rule/b/r"),
    ),
    ("cloudwatch", "describe_alarms", {"AlarmNames": ["a"]}, arn("cloudwatch", "alarm:a")),
    ("cloudwatch", "describe_alarms", {}, arn("cloudwatch", "alarm:*")),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}, arn("cloudwatch", "alarm:a")),
    (
        "cloudwatch",
        "put_dashboard",
        {"DashboardName": "d", "DashboardBody": '{"widgets": []}'},
        "arn:aws:cloudwatch::000000000000:dashboard/d",
    ),
    ("cloudformation", "describe_stacks", {"StackName": "s"}, arn("cloudformation", "stack/s/*")),
    (
        "stepfunctions",
        "start_execution",
        {"stateMachineArn": arn("states", "stateMachine:m:live")},
        arn("states", "stateMachine:m"),
    ),
    (
        "stepfunctions",
        "describe_state_machine_alias",
        {"stateMachineAliasArn": arn("states", "stateMachine:m:live")},
        arn("states", "stateMachine:m"),
    ),
    ("secretsmanager", "create_secret", {"Name": "s", "SecretString": "x"}, arn("secretsmanager", "secret:s*")),
    ("iam", "get_role", {"RoleName": "function"}, "arn:aws:iam::000000000000:role/function"),
    (
        "iam",
        "create_policy",
        {"PolicyName": "p", "PolicyDocument": document(allow("s3:*", "*"))},
        "arn:aws:iam::000000000000:policy/p",
    ),
    ("lambda", "get_function", {"FunctionName": "f"}, arn("lambda", "function:f")),
    ("lambda", "invoke", {"FunctionName": "f", "Qualifier": "live"}, arn("lambda", "function:f:live")),
    ("lambda", "list_event_source_mappings", {}, "*"),
    ("codedeploy", "get_application", {"applicationName": "a"}, arn("codedeploy", "application:a")),
]


def action_of(service: str, method: str) -> str:
    names = {"stepfunctions": "states", ("lambda", "invoke"): "InvokeFunction"}
    operation = names.get((service, method)) or "".join(part.capitalize() for part in method.split("_"))
    return f"{names.get(service, service)}:{operation}"


@pytest.mark.parametrize(("service", "method", "arguments", "resource"), CALLS)
def test_one_permission_on_one_resource_is_enough_and_needed(
    user: Callable[..., Callable[[str], Any]],
    function_role: str,
    service: str,
    method: str,
    arguments: dict[str, Any],
    resource: str,
) -> None:
    assert function_role
    action = action_of(service, method)
    may = user(allow(action, resource))
    assert not denied(lambda: getattr(may(service), method)(**arguments))
    beside = user(allow(f"{action.split(':')[0]}:SomethingElse", "*"), allow(action, resource[:-1] + "_other"))
    assert denied(lambda: getattr(beside(service), method)(**arguments))
    assert denied(lambda: getattr(user()(service), method)(**arguments))


def test_every_named_alarm_must_be_allowed(user: Callable[..., Callable[[str], Any]]) -> None:
    cloudwatch = user(allow("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:a")))("cloudwatch")
    assert not denied(lambda: cloudwatch.describe_alarms(AlarmNames=["a"]))
    assert denied(lambda: cloudwatch.describe_alarms(AlarmNames=["a", "b"]))


def test_a_metrics_namespace_can_be_a_condition(user: Callable[..., Callable[[str], Any]]) -> None:
    may = allow("cloudwatch:PutMetricData", "*", StringEquals={"cloudwatch:namespace": "Mine"})
    cloudwatch = user(may)("cloudwatch")
    data = [{"MetricName": "m", "Value": 1.0}]
    assert not denied(lambda: cloudwatch.put_metric_data(Namespace="Mine", MetricData=data))
    assert denied(lambda: cloudwatch.put_metric_data(Namespace="Other", MetricData=data))


def test_the_qualifier_of_a_state_machine_can_be_a_condition(user: Callable[..., Callable[[str], Any]]) -> None:
    machine = arn("states", "stateMachine:m")
    only_live = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}}
    states = user(allow("states:StartExecution", machine, **only_live))("stepfunctions")
    assert not denied(lambda: states.start_execution(stateMachineArn=f"{machine}:live"))
    assert denied(lambda: states.start_execution(stateMachineArn=f"{machine}:other"))
    assert denied(lambda: states.start_execution(stateMachineArn=machine))


def test_passing_a_role_needs_permission_for_it_and_for_the_service(
    user: Callable[..., Callable[[str], Any]], function_role: str, bundle: Callable[[Mapping[str, str]], bytes]
) -> None:
    create = allow(["lambda:CreateFunction", "lambda:DeleteFunction"], "*")
    to_lambda = allow("iam:PassRole", function_role, StringEquals={"iam:PassedToService": "lambda.amazonaws.com"})
    to_states = allow("iam:PassRole", function_role, StringEquals={"iam:PassedToService": "states.amazonaws.com"})
    arguments = {
        "FunctionName": "passed",
        "Runtime": "python3.11",
        "Role": function_role,
        "Handler": "app.handler",
        "Code": {"ZipFile": bundle({"app.py": ""})},
    }
    for statements in ((create,), (create, to_states)):
        with pytest.raises(ClientError, match="iam:PassRole"):
            user(*statements)("lambda").create_function(**arguments)
    allowed = user(create, to_lambda)("lambda")
    allowed.create_function(**arguments)
    allowed.delete_function(FunctionName="passed")


def test_passing_a_role_to_step_functions_events_and_cloudformation(
    user: Callable[..., Callable[[str], Any]], function_role: str
) -> None:
    may = user(allow(["states:*", "events:*", "cloudformation:*"], "*"))
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
    template = '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'
    target = {"Id": "1", "Arn": arn("states", "stateMachine:m"), "RoleArn": function_role}
    calls: list[Callable[[], Any]] = [
        lambda: may("stepfunctions").create_state_machine(name="m", definition=definition, roleArn=function_role),
        lambda: may("events").put_targets(Rule="r", Targets=[target]),
        lambda: may("cloudformation").create_stack(StackName="s", TemplateBody=template, RoleARN=function_role),
        lambda: may("cloudformation").create_change_set(
            StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=template, RoleARN=function_role
        ),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="iam:PassRole"):
            call()


def test_a_change_set_named_by_its_arn_is_judged_on_its_stack(
    client: Client, user: Callable[..., Callable[[str], Any]]
) -> None:
    name = f"stack-{uuid.uuid4().hex[:6]}"
    made = client("cloudformation").create_change_set(
        StackName=name,
        ChangeSetName="c",
        ChangeSetType="CREATE",
        TemplateBody='{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}',
    )
    for stack, expected in ((name, False), ("other", True)):
        cloudformation = user(allow("cloudformation:DescribeChangeSet", arn("cloudformation", f"stack/{stack}/*")))
        found = denied(
            lambda caller=cloudformation: caller("cloudformation").describe_change_set(ChangeSetName=made["Id"])
        )
        assert found is expected
    client("cloudformation").delete_stack(StackName=name)


def make_role(client: Client, trust: Statement, *statements: Statement, path: str = "/") -> str:
    iam, name = client("iam"), f"role-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return role


def trusting(principal: str, **condition: Any) -> Statement:
    found = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return {**found, "Condition": condition} if condition else found


def session(client: Client, caller: Callable[[str], Any], role: str, **given: Any) -> Callable[[str], Any]:
    key = caller("sts").assume_role(RoleArn=role, RoleSessionName="session", **given)["Credentials"]
    return lambda service: client(
        service,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
    )


def test_a_role_is_assumed_by_whom_it_trusts_only_and_gives_its_own_permissions(
    client: Client, cloud: LocalCloud, user: Callable[..., Callable[[str], Any]]
) -> None:
    assume = allow("sts:AssumeRole", "*")
    trusted, other = user(assume, allow("s3:ListAllMyBuckets", "*")), user(assume)
    who = trusted("sts").get_caller_identity()["Arn"]
    role = make_role(client, trusting(who), allow("sqs:ListQueues", "*"))
    acting = session(client, trusted, role)
    assert not denied(lambda: acting("sqs").list_queues())
    assert denied(lambda: acting("s3").list_buckets())
    assert denied(lambda: session(client, other, role))
    assert denied(lambda: session(client, user(), make_role(client, trusting(cloud.account))))


def test_a_session_can_be_narrowed_by_its_own_policy(client: Client, cloud: LocalCloud) -> None:
    role = make_role(client, trusting(cloud.account), allow(["sqs:ListQueues", "s3:ListAllMyBuckets"], "*"))
    narrowed = session(client, client, role, Policy=document(allow("sqs:ListQueues", "*")))
    assert not denied(lambda: narrowed("sqs").list_queues())
    assert denied(lambda: narrowed("s3").list_buckets())


def test_an_external_id_is_asked_for(client: Client, cloud: LocalCloud) -> None:
    role = make_role(client, trusting(cloud.account, StringEquals={"sts:ExternalId": "right"}))
    assert denied(lambda: session(client, client, role))
    assert denied(lambda: session(client, client, role, ExternalId="wrong"))
    assert session(client, client, role, ExternalId="right")


def test_the_principal_of_a_session_is_its_role(client: Client, cloud: LocalCloud) -> None:
    bucket = f"bucket-{uuid.uuid4().hex[:8]}"
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    everything = allow("s3:*", "*")
    reviewer = make_role(client, trusting(cloud.account), everything, path="/people/")
    uploader = make_role(client, trusting(cloud.account), everything)
    refuse = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": reviewer}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=document(refuse))
    for role, expected in ((reviewer, True), (uploader, False)):
        acting = session(client, client, role)("s3")
        assert denied(lambda writer=acting: writer.put_object(Bucket=bucket, Key="k", Body=b"x")) is expected
    for key in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=key["Key"])
    s3.delete_bucket(Bucket=bucket)


def test_a_boundary_limits_a_user(client: Client, user: Callable[..., Callable[[str], Any]]) -> None:
    acting = user(allow(["sqs:ListQueues", "s3:ListAllMyBuckets"], "*"))
    name = acting("sts").get_caller_identity()["Arn"].rsplit("/", 1)[-1]
    boundary = client("iam").create_policy(PolicyName=f"boundary-{name}", PolicyDocument=document(allow("sqs:*", "*")))[
        "Policy"
    ]["Arn"]
    client("iam").put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
    assert not denied(lambda: acting("sqs").list_queues())
    assert denied(lambda: acting("s3").list_buckets())
    client("iam").delete_user_permissions_boundary(UserName=name)


def test_the_administrator_is_a_user_who_may_do_everything(client: Client, cloud: LocalCloud) -> None:
    assert client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{cloud.account}:user/administrator"
    assert client("s3").list_buckets()["Buckets"] is not None
    assert client("cloudformation").list_stacks()["StackSummaries"] is not None
    assert client("iam").get_user(UserName="administrator")["User"]["UserName"] == "administrator"


def test_a_resource_policy_denies_even_the_administrator(client: Client) -> None:
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    refuse = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document(refuse)})
    assert denied(lambda: sqs.send_message(QueueUrl=queue, MessageBody="x"))
    sqs.delete_queue(QueueUrl=queue)


def test_a_functions_credentials_are_those_of_its_role(
    client: Client, function: Callable[..., str], function_role: str
) -> None:
    name = function(
        """
        import boto3
        from botocore.exceptions import ClientError

        def handler(event, context):
            try:
                boto3.client("sqs").list_queues()
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "allowed"
        """
    )

    def result() -> str:
        return json.loads(client("lambda").invoke(FunctionName=name)["Payload"].read())

    assert "AccessDenied" in result()
    policy = {"RoleName": function_role.rsplit("/", 1)[-1], "PolicyName": "queues"}
    client("iam").put_role_policy(**policy, PolicyDocument=document(allow("sqs:ListQueues", "*")))
    for _ in range(20):
        if result() == "allowed":
            break
        time.sleep(0.25)
    assert result() == "allowed"
    client("iam").delete_role_policy(**policy)


def test_a_forged_signature_and_an_unknown_key_are_refused(
    client: Client, user: Callable[..., Callable[[str], Any]]
) -> None:
    key = user(allow("*", "*"))("sqs")._request_signer._credentials.access_key  # the real key of a real user
    for credentials in ((key, "not its secret"), ("AKIAIOSFODNN7EXAMPLE", "whatever")):
        forged = client("sqs", aws_access_key_id=credentials[0], aws_secret_access_key=credentials[1])
        with pytest.raises(ClientError) as refusal:
            forged.list_queues()
        assert refusal.value.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 403
