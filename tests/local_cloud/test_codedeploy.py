"""How CodeDeploy moves a Lambda alias, as boto3 sees it; every test would pass against AWS too, in AWS's minutes."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
Function = Callable[..., str]

pytestmark = pytest.mark.embedded
ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
CANARY = "CodeDeployDefault.LambdaCanary10Percent5Minutes"
ACTIONS = [
    "lambda:UpdateAlias",
    "lambda:GetAlias",
    "lambda:InvokeFunction",
    "cloudwatch:DescribeAlarms",
    "s3:GetObject",
]
HOOK = """
    import json, os, boto3

    def handler(event, context):
        if os.environ["ANSWER"]:
            boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
                deploymentId=event["DeploymentId"],
                lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
                status=os.environ["ANSWER"],
            )
        if os.environ["MAILBOX"]:
            boto3.client("sqs").send_message(QueueUrl=os.environ["MAILBOX"], MessageBody=json.dumps(event))
        return "Succeeded"
"""


@dataclass(frozen=True)
class Stage:
    """A function with an alias `live` on version 1 and a version 2, and a deployment group to move it with."""

    client: Client
    function: str
    application: str
    group: str

    @property
    def codedeploy(self) -> Any:
        return self.client("codedeploy")

    def alias(self) -> tuple[str, dict[str, float]]:
        found = self.client("lambda").get_alias(FunctionName=self.function, Name="live")
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def revision(self, current: str = "1", target: str = "2", hooks: dict[str, str] | None = None) -> dict[str, Any]:
        properties = {"Name": self.function, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
        document: dict[str, Any] = {
            "version": 0.0,
            "Resources": [{self.function: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        }
        if hooks:
            document["Hooks"] = [{event: function} for event, function in hooks.items()]
        return content(json.dumps(document))

    def deploy(self, revision: dict[str, Any] | None = None, **given: Any) -> str:
        return self.codedeploy.create_deployment(
            applicationName=self.application,
            deploymentGroupName=self.group,
            revision=revision or self.revision(),
            **given,
        )["deploymentId"]

    def info(self, deployment: str) -> dict[str, Any]:
        return self.codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]

    def target(self, deployment: str) -> dict[str, Any]:
        ids = self.codedeploy.list_deployment_targets(deploymentId=deployment)["targetIds"]
        found = self.codedeploy.batch_get_deployment_targets(deploymentId=deployment, targetIds=ids)
        return found["deploymentTargets"][0]["lambdaTarget"]

    def events(self, deployment: str) -> dict[str, str]:
        return {event["lifecycleEventName"]: event["status"] for event in self.target(deployment)["lifecycleEvents"]}

    def ended(self, deployment: str, within: float = 20) -> dict[str, Any]:
        return until(lambda: (info := self.info(deployment)) and "completeTime" in info and info, within)


def content(text: str) -> dict[str, Any]:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": text, "sha256": sha256}}


def until(holds: Callable[[], Any], within: float = 20) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def refused(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**given)
    return cast(Any, error.value.response)["Error"]["Code"]


@pytest.fixture(scope="module")
def make_role(client: Client) -> Callable[..., str]:
    def make(*actions: str, service: str = "codedeploy.amazonaws.com", resource: str = "*") -> str:
        name = f"r-{uuid.uuid4().hex[:8]}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        role = client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )["Role"]["Arn"]
        if actions:
            allow = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            client("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document)
        return role

    return make


@pytest.fixture(scope="module")
def role(make_role: Callable[..., str]) -> str:
    return make_role(*ACTIONS)


@pytest.fixture
def stage(client: Client, function: Function, bundle: Callable[[dict[str, str]], bytes], role: str) -> Iterator[Stage]:
    service = client("lambda")
    name = function("def handler(event, context): return 1")
    service.publish_version(FunctionName=name)
    service.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    new = bundle({"app.py": "def handler(event, context): return 2"})
    service.update_function_code(FunctionName=name, ZipFile=new, Publish=True)
    codedeploy = client("codedeploy")
    application = f"a-{uuid.uuid4().hex[:8]}"
    codedeploy.create_application(applicationName=application, computePlatform="Lambda")
    made = Stage(client, name, application, "group")
    codedeploy.create_deployment_group(**group(made, role))
    yield made
    codedeploy.delete_application(applicationName=application)


def group(stage: Stage, role: str, name: str = "group", **given: Any) -> dict[str, Any]:
    usual = {
        "applicationName": stage.application,
        "deploymentGroupName": name,
        "serviceRoleArn": role,
        "deploymentConfigName": ALL_AT_ONCE,
        "deploymentStyle": {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"},
    }
    return usual | given


def reconfigure(stage: Stage, **given: Any) -> None:
    stage.codedeploy.update_deployment_group(
        applicationName=stage.application, currentDeploymentGroupName=stage.group, **given
    )


@pytest.fixture
def hook(client: Client, function: Function, make_role: Callable[..., str]) -> Callable[..., str]:
    actions = ("codedeploy:PutLifecycleEventHookExecutionStatus", "sqs:SendMessage")

    def make(answer: str, mailbox: str = "") -> str:
        role = make_role(*actions, service="lambda.amazonaws.com")
        variables = {"ANSWER": answer, "MAILBOX": mailbox}
        return function(HOOK, Role=role, Environment={"Variables": variables})

    return make


@pytest.fixture
def alarm(client: Client) -> Iterator[Callable[[str], str]]:
    names: list[str] = []

    def make(state: str) -> str:
        name = f"alarm-{uuid.uuid4().hex[:8]}"
        client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="None",
            MetricName=name,
            Statistic="Sum",
            Period=86400,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="for the test")
        names.append(name)
        return name

    yield make
    client("cloudwatch").delete_alarms(AlarmNames=names)


def test_all_at_once_moves_the_alias_and_skips_what_has_no_hook(stage: Stage) -> None:
    deployment = stage.deploy(description="the second version")
    info = stage.ended(deployment)
    assert info["status"] == "Succeeded", info.get("errorInformation")
    assert info["creator"] == "user"
    assert info["computePlatform"] == "Lambda"
    assert info["description"] == "the second version"
    assert info["startTime"] <= info["completeTime"]
    assert stage.alias() == ("2", {})
    assert list(stage.events(deployment).items()) == [
        ("Start", "Succeeded"),
        ("BeforeAllowTraffic", "Skipped"),
        ("AllowTraffic", "Succeeded"),
        ("AfterAllowTraffic", "Skipped"),
        ("End", "Succeeded"),
    ]
    target = stage.target(deployment)
    assert target["status"] == "Succeeded"
    assert target["lambdaFunctionInfo"] == {
        "functionName": stage.function,
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 100.0,
    }


def test_a_canary_keeps_the_old_version_on_the_alias_until_its_interval_is_over(stage: Stage) -> None:
    deployment = stage.deploy(deploymentConfigName=CANARY)
    until(lambda: stage.alias() == ("1", {"2": 0.1}))
    assert stage.info(deployment)["status"] == "InProgress"
    assert until(lambda: stage.target(deployment)["lambdaFunctionInfo"]["targetVersionWeight"]) == 10.0
    info = stage.ended(deployment)
    assert stage.alias() == ("2", {})
    assert info["deploymentConfigName"] == CANARY


def test_a_linear_shift_grows_by_its_percentage_at_each_interval(stage: Stage) -> None:
    name = f"linear-{uuid.uuid4().hex[:8]}"
    routing = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 40, "linearInterval": 1}}
    stage.codedeploy.create_deployment_config(
        deploymentConfigName=name, computePlatform="Lambda", trafficRoutingConfig=routing
    )
    deployment = stage.deploy(deploymentConfigName=name)
    seen: list[float] = []
    while "completeTime" not in stage.info(deployment):
        weight = stage.alias()[1].get("2")
        if weight is not None and weight not in seen:
            seen.append(weight)
    assert seen == [0.4, 0.8]
    assert stage.alias() == ("2", {})
    assert stage.info(deployment)["status"] == "Succeeded"


def test_hooks_decide_by_their_answer_and_not_by_what_they_return(stage: Stage, hook: Callable[..., str]) -> None:
    good = {"BeforeAllowTraffic": hook("Succeeded"), "AfterAllowTraffic": hook("Succeeded")}
    first = stage.deploy(stage.revision(hooks=good))
    assert stage.ended(first)["status"] == "Succeeded"
    assert set(stage.events(first).values()) == {"Succeeded"}
    second = stage.deploy(stage.revision("2", "1", {"BeforeAllowTraffic": hook("Failed")}))
    info = stage.ended(second)
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    assert stage.alias() == ("2", {})
    assert stage.events(second) == {
        "Start": "Succeeded",
        "BeforeAllowTraffic": "Failed",
        "AllowTraffic": "Skipped",
        "AfterAllowTraffic": "Skipped",
        "End": "Skipped",
    }


def test_a_hook_that_fails_after_the_shift_rolls_back_with_a_deployment_of_its_own(
    stage: Stage, hook: Callable[..., str]
) -> None:
    rollback = {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}
    revision = stage.revision(hooks={"AfterAllowTraffic": hook("Failed")})
    deployment = stage.deploy(revision, autoRollbackConfiguration=rollback)
    stage.ended(deployment)
    back = until(lambda: stage.info(deployment).get("rollbackInfo"))["rollbackDeploymentId"]
    info = stage.ended(back)
    assert info["status"] == "Succeeded"
    assert info["creator"] == "codeDeployRollback"
    assert info["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment
    assert info["previousRevision"] == revision
    assert stage.alias() == ("1", {})


def test_a_hook_is_answered_once_and_waited_for(
    client: Client, stage: Stage, hook: Callable[..., str], request: pytest.FixtureRequest
) -> None:
    mailbox = client("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    request.addfinalizer(lambda: client("sqs").delete_queue(QueueUrl=mailbox))
    revision = stage.revision(hooks={"BeforeAllowTraffic": hook("", mailbox)})
    deployment = stage.deploy(revision, deploymentConfigName=CANARY)
    message = until(lambda: client("sqs").receive_message(QueueUrl=mailbox, WaitTimeSeconds=1).get("Messages"))
    event = json.loads(message[0]["Body"])
    assert event.keys() == {"DeploymentId", "LifecycleEventHookExecutionId"}
    assert event["DeploymentId"] == deployment
    assert stage.events(deployment)["BeforeAllowTraffic"] == "InProgress"
    assert stage.alias() == ("1", {})
    put = stage.codedeploy.put_lifecycle_event_hook_execution_status
    answer = {"deploymentId": deployment, "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"]}
    assert refused(put, **answer, status="Skipped") == "InvalidLifecycleEventHookExecutionStatusException"
    wrong = answer | {"lifecycleEventHookExecutionId": "nobody"}
    assert refused(put, **wrong, status="Succeeded") == "InvalidLifecycleEventHookExecutionIdException"
    put(**answer, status="Succeeded")
    assert refused(put, **answer, status="Failed") == "LifecycleEventAlreadyCompletedException"
    assert stage.info(deployment)["status"] == "InProgress"
    stage.codedeploy.stop_deployment(deploymentId=deployment)
    assert stage.ended(deployment)["status"] == "Stopped"


def test_an_alarm_stops_the_shift_and_the_rollback_makes_the_alias_whole(
    stage: Stage, alarm: Callable[[str], str]
) -> None:
    name = alarm("OK")
    reconfigure(
        stage,
        alarmConfiguration={"enabled": True, "alarms": [{"name": name}]},
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_STOP_ON_ALARM"]},
    )
    deployment = stage.deploy(deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent30Minutes")
    until(lambda: stage.alias() == ("1", {"2": 0.1}))
    stage.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="errors")
    info = stage.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert stage.ended(stage.info(deployment)["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"
    assert stage.alias() == ("1", {})


def test_alarms_of_one_deployment_can_be_overridden(stage: Stage, alarm: Callable[[str], str]) -> None:
    reconfigure(stage, alarmConfiguration={"enabled": True, "alarms": [{"name": alarm("ALARM")}]})
    first = stage.deploy()
    assert stage.ended(first)["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert stage.alias() == ("1", {})
    second = stage.deploy(overrideAlarmConfiguration={"enabled": False, "alarms": []})
    assert stage.ended(second)["status"] == "Succeeded"


def test_an_alarm_that_cannot_be_read_stops_unless_that_is_ignored(stage: Stage) -> None:
    missing: dict[str, Any] = {"enabled": True, "alarms": [{"name": f"no-{uuid.uuid4().hex}"}]}
    reconfigure(stage, alarmConfiguration=missing)
    assert stage.ended(stage.deploy())["status"] == "Stopped"
    reconfigure(stage, alarmConfiguration=missing | {"ignorePollAlarmFailure": True})
    assert stage.ended(stage.deploy())["status"] == "Succeeded"


def test_a_stop_without_rollback_leaves_a_split_alias_that_refuses_the_next_deployment(stage: Stage) -> None:
    reconfigure(stage, autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_STOP_ON_REQUEST"]})
    deployment = stage.deploy(deploymentConfigName=CANARY)
    until(lambda: stage.alias() == ("1", {"2": 0.1}))
    answer = stage.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=False)
    assert answer["status"] in ("Pending", "Succeeded")
    info = stage.ended(deployment)
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
    assert "rollbackInfo" not in info
    assert stage.alias() == ("1", {"2": 0.1})
    assert refused(stage.codedeploy.stop_deployment, deploymentId=deployment) == "DeploymentAlreadyCompletedException"
    following = stage.ended(stage.deploy())
    assert (following["status"], following["errorInformation"]["code"]) == ("Failed", "INVALID_LAMBDA_CONFIGURATION")
    assert stage.alias() == ("1", {"2": 0.1})


def test_a_stop_with_rollback_returns_the_traffic(stage: Stage) -> None:
    deployment = stage.deploy(deploymentConfigName=CANARY)
    until(lambda: stage.alias() == ("1", {"2": 0.1}))
    stage.codedeploy.stop_deployment(deploymentId=deployment, autoRollbackEnabled=True)
    stage.ended(deployment)
    assert stage.ended(stage.info(deployment)["rollbackInfo"]["rollbackDeploymentId"])["status"] == "Succeeded"
    assert stage.alias() == ("1", {})


def test_one_deployment_at_a_time_in_a_group(stage: Stage) -> None:
    deployment = stage.deploy(deploymentConfigName=CANARY)
    given = {"applicationName": stage.application, "deploymentGroupName": stage.group, "revision": stage.revision()}
    with pytest.raises(ClientError, match=f"already has an active Deployment '{deployment}'") as error:
        stage.codedeploy.create_deployment(**given)
    assert cast(Any, error.value.response)["Error"]["Code"] == "DeploymentLimitExceededException"
    stage.ended(deployment)


@pytest.mark.parametrize(
    ("current", "target", "code"),
    [
        ("2", "1", "INVALID_LAMBDA_CONFIGURATION"),
        ("1", "1", "INVALID_LAMBDA_CONFIGURATION"),
        ("1", "99", "INVALID_LAMBDA_FUNCTION"),
    ],
)
def test_an_alias_is_moved_from_where_it_is_to_a_version_that_exists(
    stage: Stage, current: str, target: str, code: str
) -> None:
    info = stage.ended(stage.deploy(stage.revision(current, target)))
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", code)
    assert stage.alias() == ("1", {})


def test_the_service_role_decides_what_a_deployment_may_do(stage: Stage, make_role: Callable[..., str]) -> None:
    reconfigure(stage, serviceRoleArn=make_role("lambda:GetAlias"))
    info = stage.ended(stage.deploy())
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "IAM_ROLE_PERMISSIONS")
    assert "lambda:UpdateAlias" in info["errorInformation"]["message"]
    assert stage.alias() == ("1", {})
    others = make_role(*ACTIONS, service="lambda.amazonaws.com")
    update = {"applicationName": stage.application, "currentDeploymentGroupName": stage.group}
    assert refused(stage.codedeploy.update_deployment_group, **update, serviceRoleArn=others) == "InvalidRoleException"


def test_the_managed_policy_for_lambda_is_enough(client: Client, stage: Stage, make_role: Callable[..., str]) -> None:
    role = make_role()
    policy = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
    client("iam").attach_role_policy(RoleName=role.rsplit("/", 1)[-1], PolicyArn=policy)
    reconfigure(stage, serviceRoleArn=role)
    assert stage.ended(stage.deploy())["status"] == "Succeeded"


def test_the_caller_needs_the_action_on_the_group(client: Client, stage: Stage) -> None:
    user = f"u-{uuid.uuid4().hex[:8]}"
    client("iam").create_user(UserName=user)
    key = client("iam").create_access_key(UserName=user)["AccessKey"]
    caller = client("codedeploy", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    given = {"applicationName": stage.application, "deploymentGroupName": stage.group, "revision": stage.revision()}
    base = "arn:aws:codedeploy:us-east-1:000000000000"

    def allow(*statements: tuple[str, str]) -> None:
        listed = [{"Effect": "Allow", "Action": action, "Resource": on} for action, on in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": listed})
        client("iam").put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)

    create = ("codedeploy:CreateDeployment", f"{base}:deploymentgroup:{stage.application}/{stage.group}")
    config = ("codedeploy:GetDeploymentConfig", f"{base}:deploymentconfig:{ALL_AT_ONCE}")
    register = ("codedeploy:RegisterApplicationRevision", f"{base}:application:{stage.application}")
    for permissions in [
        [("codedeploy:CreateDeployment", f"{base}:deploymentgroup:{stage.application}/other"), config, register],
        [create, register],
        [create, config],
    ]:
        allow(*permissions)
        assert refused(caller.create_deployment, **given) == "AccessDeniedException"
    allow(create, config, register)
    assert stage.ended(caller.create_deployment(**given)["deploymentId"])["status"] == "Succeeded"


def test_events_tell_of_the_start_and_the_end(client: Client, stage: Stage, request: pytest.FixtureRequest) -> None:
    name = f"q-{uuid.uuid4().hex[:8]}"
    queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.codedeploy"], "detail": {"application": [stage.application]}}
    rule = client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    client("events").put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])
    request.addfinalizer(lambda: client("sqs").delete_queue(QueueUrl=queue))
    request.addfinalizer(lambda: client("events").delete_rule(Name=name))
    request.addfinalizer(lambda: client("events").remove_targets(Rule=name, Ids=["q"]))
    deployment = stage.deploy()
    group_id = stage.codedeploy.get_deployment_group(
        applicationName=stage.application, deploymentGroupName=stage.group
    )["deploymentGroupInfo"]["deploymentGroupId"]
    events: list[dict[str, Any]] = []

    def both_seen() -> bool:
        messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        events.extend(json.loads(message["Body"]) for message in messages)
        return len(events) == 2

    until(both_seen)
    assert {event["detail"]["state"] for event in events} == {"START", "SUCCESS"}
    for event in events:
        assert event["detail-type"] == "CodeDeploy Deployment State-change Notification"
        assert event["detail"] | {"state": ""} == {
            "region": "us-east-1",
            "deploymentId": deployment,
            "instanceGroupId": group_id,
            "deploymentGroup": stage.group,
            "application": stage.application,
            "state": "",
        }
        assert sorted(resource.split(":", 5)[5] for resource in event["resources"]) == [
            f"application:{stage.application}",
            f"deploymentgroup:{stage.application}/{stage.group}",
        ]


def test_the_revision_can_be_yaml_and_can_lie_in_a_bucket(client: Client, stage: Stage) -> None:
    appspec = f"""
version: 0.0
Resources:
  - function:
      Type: AWS::Lambda::Function
      Properties:
        Name: {stage.function}
        Alias: live
        CurrentVersion: 1
        TargetVersion: 2
"""
    assert stage.ended(stage.deploy(content(appspec)))["status"] == "Succeeded"
    bucket = f"b-{uuid.uuid4().hex[:12]}"
    client("s3").create_bucket(Bucket=bucket)
    back = stage.revision("2", "1")["appSpecContent"]["content"]
    client("s3").put_object(Bucket=bucket, Key="appspec.json", Body=back.encode())
    location = {"bucket": bucket, "key": "appspec.json", "bundleType": "JSON"}
    assert stage.ended(stage.deploy({"revisionType": "S3", "s3Location": location}))["status"] == "Succeeded"
    assert stage.alias() == ("1", {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("][", "INVALID_REVISION"),
        ("[]", "INVALID_REVISION"),
        ("{}", "INVALID_LAMBDA_CONFIGURATION"),
        (json.dumps({"Resources": [{"f": {"Type": "AWS::Lambda::Function"}}]}), "INVALID_LAMBDA_CONFIGURATION"),
    ],
)
def test_an_appspec_that_says_nothing_useful_fails_the_deployment(stage: Stage, text: str, code: str) -> None:
    info = stage.ended(stage.deploy(content(text)))
    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", code)


def test_bad_requests_are_refused_by_name(stage: Stage) -> None:
    codedeploy = stage.codedeploy
    names = {"applicationName": stage.application, "deploymentGroupName": stage.group}
    create = codedeploy.create_deployment
    assert refused(create, **names) == "RevisionRequiredException"
    wrong = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}", "sha256": "0" * 64}}
    assert refused(create, **names, revision=wrong) == "InvalidRevisionException"
    good = names | {"revision": stage.revision()}
    assert refused(create, **good | {"applicationName": "nothing"}) == "ApplicationDoesNotExistException"
    assert refused(create, **good | {"deploymentGroupName": "no"}) == "DeploymentGroupDoesNotExistException"
    assert refused(create, **good, deploymentConfigName="no") == "DeploymentConfigDoesNotExistException"
    assert refused(create, **good, description="x" * 257) == "DescriptionTooLongException"
    rollback: dict[str, Any] = {"enabled": True, "events": []}
    assert refused(create, **good, autoRollbackConfiguration=rollback) == "InvalidAutoRollbackConfigException"
    assert refused(codedeploy.get_deployment, deploymentId="d-000000000") == "DeploymentDoesNotExistException"
    assert refused(codedeploy.get_deployment, deploymentId="nonsense") == "InvalidDeploymentIdException"


def test_groups_are_validated_described_and_renamed(stage: Stage, role: str) -> None:
    codedeploy = stage.codedeploy
    create = codedeploy.create_deployment_group
    many = {"enabled": True, "alarms": [{"name": f"alarm{number}"} for number in range(11)]}
    assert refused(create, **group(stage, role)) == "DeploymentGroupAlreadyExistsException"
    assert refused(create, **group(stage, role, "g2", alarmConfiguration=many)) == "AlarmsLimitExceededException"
    none: dict[str, Any] = {"enabled": True, "alarms": []}
    assert refused(create, **group(stage, role, "g2", alarmConfiguration=none)) == "InvalidAlarmConfigException"
    style = {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}
    assert refused(create, **group(stage, role, "g2", deploymentStyle=style)) == "InvalidDeploymentStyleException"
    create(**group(stage, role, "g2", deploymentConfigName=CANARY))
    assert codedeploy.list_deployment_groups(applicationName=stage.application)["deploymentGroups"] == ["g2", "group"]
    codedeploy.update_deployment_group(
        applicationName=stage.application, currentDeploymentGroupName="g2", newDeploymentGroupName="g3"
    )
    names = {"applicationName": stage.application, "deploymentGroupName": "g3"}
    info = codedeploy.get_deployment_group(**names)["deploymentGroupInfo"]
    assert info["deploymentConfigName"] == CANARY
    assert info["serviceRoleArn"] == role
    assert info["computePlatform"] == "Lambda"
    codedeploy.delete_deployment_group(**names)
    assert refused(codedeploy.get_deployment_group, **names) == "DeploymentGroupDoesNotExistException"


def test_a_group_remembers_its_last_deployments(stage: Stage) -> None:
    good = stage.deploy()
    stage.ended(good)
    bad = stage.deploy()
    stage.ended(bad)
    info = stage.codedeploy.get_deployment_group(applicationName=stage.application, deploymentGroupName=stage.group)[
        "deploymentGroupInfo"
    ]
    assert info["lastSuccessfulDeployment"]["deploymentId"] == good
    assert info["lastAttemptedDeployment"]["deploymentId"] == bad
    names = {"applicationName": stage.application, "deploymentGroupName": stage.group}
    assert stage.codedeploy.list_deployments(**names)["deployments"] == [bad, good]
    failed = stage.codedeploy.list_deployments(**names, includeOnlyStatuses=["Failed"])["deployments"]
    assert failed == [bad]
    batch = stage.codedeploy.batch_get_deployments(deploymentIds=[good, bad])["deploymentsInfo"]
    assert [info["status"] for info in batch] == ["Succeeded", "Failed"]


@pytest.mark.parametrize(
    "routing",
    [
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 100, "canaryInterval": 5}},
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 0, "canaryInterval": 5}},
        {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 2881}},
        {"type": "TimeBasedLinear", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 5}},
        {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 1, "linearInterval": 30}},
    ],
)
def test_a_shift_that_cannot_be_is_no_configuration(client: Client, routing: dict[str, Any]) -> None:
    given = {"deploymentConfigName": "odd", "computePlatform": "Lambda", "trafficRoutingConfig": routing}
    code = refused(client("codedeploy").create_deployment_config, **given)
    assert code == "InvalidTrafficRoutingConfigurationException"


def test_configurations_can_be_listed_described_and_deleted_unless_in_use(stage: Stage) -> None:
    codedeploy = stage.codedeploy
    name = f"canary-{uuid.uuid4().hex[:8]}"
    routing = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 25, "canaryInterval": 7}}
    given = {"deploymentConfigName": name, "computePlatform": "Lambda", "trafficRoutingConfig": routing}
    codedeploy.create_deployment_config(**given)
    assert refused(codedeploy.create_deployment_config, **given) == "DeploymentConfigAlreadyExistsException"
    assert {name, CANARY, ALL_AT_ONCE} <= set(codedeploy.list_deployment_configs()["deploymentConfigsList"])
    info = codedeploy.get_deployment_config(deploymentConfigName=name)["deploymentConfigInfo"]
    assert info["trafficRoutingConfig"] == routing
    reconfigure(stage, deploymentConfigName=name)
    delete = codedeploy.delete_deployment_config
    assert refused(delete, deploymentConfigName=name) == "DeploymentConfigInUseException"
    reconfigure(stage, deploymentConfigName=ALL_AT_ONCE)
    delete(deploymentConfigName=name)
    assert refused(codedeploy.get_deployment_config, deploymentConfigName=name) == (
        "DeploymentConfigDoesNotExistException"
    )


def test_applications_carry_tags(client: Client) -> None:
    codedeploy = client("codedeploy")
    name = f"a-{uuid.uuid4().hex[:8]}"
    codedeploy.create_application(
        applicationName=name, computePlatform="Lambda", tags=[{"Key": "team", "Value": "orders"}]
    )
    arn = f"arn:aws:codedeploy:us-east-1:000000000000:application:{name}"
    codedeploy.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}])
    codedeploy.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert codedeploy.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "test"}]
    assert refused(codedeploy.create_application, applicationName=name, computePlatform="Lambda") == (
        "ApplicationAlreadyExistsException"
    )
    assert name in codedeploy.list_applications()["applications"]
    codedeploy.delete_application(applicationName=name)
    assert refused(codedeploy.get_application, applicationName=name) == "ApplicationDoesNotExistException"
    codedeploy.delete_application(applicationName=name)


def test_a_lambda_deployment_cannot_be_continued(stage: Stage) -> None:
    deployment = stage.deploy(deploymentConfigName=CANARY)
    assert refused(stage.codedeploy.continue_deployment, deploymentId=deployment) == (
        "UnsupportedActionForDeploymentTypeException"
    )
    stage.ended(deployment)
