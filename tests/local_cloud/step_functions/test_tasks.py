"""Task states: Lambda functions, tokens, activities, integrations, and what the history says of them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

LAMBDA = "arn:aws:states:::lambda:invoke"


def one(task: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A machine of one task whose errors are caught and given out."""
    catch = [{"ErrorEquals": ["States.ALL"], "Output": {"caught": "{% $states.errorOutput %}"}, "Next": "Caught"}]
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Task",
        "States": {
            "Task": {"Type": "Task", "Catch": catch, "End": True, **task},
            "Caught": {"Type": "Succeed"},
        },
        **more,
    }


def invoking(function: str, payload: Any = "{% $states.input %}", **more: Any) -> dict[str, Any]:
    return {"Resource": LAMBDA, "Arguments": {"FunctionName": function, "Payload": payload}, **more}


def test_a_function_is_invoked_by_its_integration_and_by_its_arn(
    workflows: Any, make_function: Callable[..., str]
) -> None:
    function = make_function("return {'got': event}")

    result = workflows.output(one(invoking(function)), {"a": 1})
    assert result["Payload"] == {"got": {"a": 1}}
    assert result["StatusCode"] == 200
    assert result["ExecutedVersion"] == "$LATEST"

    described = workflows.run(one({"Resource": function}), {"a": 1})
    assert json.loads(described["output"]) == {"got": {"a": 1}}
    kinds = [event["type"] for event in workflows.history(described["executionArn"])]
    assert kinds[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]


def test_a_version_is_invoked_by_its_number(workflows: Any, make_function: Callable[..., str], client: Any) -> None:
    function = make_function("return context.function_version")
    version = client("lambda").publish_version(FunctionName=function)["Version"]

    result = workflows.output(one(invoking(f"{function}:{version}")))

    assert (result["Payload"], result["ExecutedVersion"]) == (version, version)


def test_an_error_has_the_name_of_its_exception(workflows: Any, make_function: Callable[..., str]) -> None:
    function = make_function("class OutOfStock(Exception): pass\nraise OutOfStock('none left')")

    caught = workflows.output(one(invoking(function)))["caught"]

    assert caught["Error"] == "OutOfStock"
    assert json.loads(caught["Cause"])["errorMessage"] == "none left"
    assert json.loads(caught["Cause"])["errorType"] == "OutOfStock"


def test_only_the_named_error_is_retried(workflows: Any, make_function: Callable[..., str]) -> None:
    function = make_function("raise ValueError(event['retry'])")
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    payload = {"retry": "{% $states.context.State.RetryCount %}"}

    described = workflows.run(one(invoking(function, payload, Retry=retry)))

    caught = json.loads(described["output"])["caught"]
    assert json.loads(caught["Cause"])["errorMessage"] == "1"
    kinds = [event["type"] for event in workflows.history(described["executionArn"])]
    assert kinds.count("TaskFailed") == 2


def test_a_function_that_is_not_there_fails_the_task(workflows: Any) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:absent"
    assert workflows.output(one(invoking(arn)))["caught"]["Error"] == "Lambda.ResourceNotFoundException"


def test_a_throttled_function_says_so(workflows: Any, make_function: Callable[..., str], client: Any) -> None:
    function = make_function("return 1")
    client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    assert workflows.output(one(invoking(function)))["caught"]["Error"] == "Lambda.TooManyRequestsException"


def test_a_task_has_a_time_limit_that_may_be_an_expression(workflows: Any, make_function: Callable[..., str]) -> None:
    function = make_function("import time; time.sleep(5)")

    described = workflows.run(one(invoking(function, TimeoutSeconds="{% $states.input.limit %}")), {"limit": 1})

    assert json.loads(described["output"])["caught"]["Error"] == "States.Timeout"
    assert "TaskTimedOut" in [event["type"] for event in workflows.history(described["executionArn"])]


def test_the_history_shows_what_was_sent(workflows: Any, make_function: Callable[..., str]) -> None:
    function = make_function("return 1")
    described = workflows.run(one(invoking(function, {"x": "{% 1 + 1 %}"})))
    events = {event["type"]: event for event in workflows.history(described["executionArn"])}

    scheduled = events["TaskScheduled"]["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"], scheduled["region"]) == ("lambda", "invoke", "us-east-1")
    assert json.loads(scheduled["parameters"]) == {"FunctionName": function, "Payload": {"x": 2}}
    assert events["TaskStarted"]["taskStartedEventDetails"] == {"resourceType": "lambda", "resource": "invoke"}
    assert json.loads(events["TaskSucceeded"]["taskSucceededEventDetails"]["output"])["Payload"] == 1


class TestTokens:
    TOKEN = "{% $states.context.Task.Token %}"

    def waiting(self, client: Any, workflows: Any, **more: Any) -> tuple[str, str]:
        """An execution that waits for a token that it has sent to a queue, and that token."""
        url = client("sqs").create_queue(QueueName=f"tokens-{uuid.uuid4()}")["QueueUrl"]
        task = {
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Arguments": {"QueueUrl": url, "MessageBody": {"token": self.TOKEN}},
            **more,
        }
        execution = workflows.start(workflows.create(one(task))["stateMachineArn"], {"limit": 1})
        messages = client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
        client("sqs").delete_queue(QueueUrl=url)
        return execution, json.loads(messages[0]["Body"])["token"]

    def test_the_answer_is_the_result(self, client: Any, workflows: Any) -> None:
        execution, token = self.waiting(client, workflows)
        workflows.state(execution, "TaskSubmitted")

        workflows.states.send_task_success(taskToken=token, output='{"decision": "yes"}')

        assert json.loads(workflows.ended(execution)["output"]) == {"decision": "yes"}

    def test_a_failure_has_the_error_that_was_sent(self, client: Any, workflows: Any) -> None:
        execution, token = self.waiting(client, workflows)

        workflows.states.send_task_failure(taskToken=token, error="Rejected", cause="not today")

        caught = json.loads(workflows.ended(execution)["output"])["caught"]
        assert caught == {"Error": "Rejected", "Cause": "not today"}

    def test_nobody_answers_in_time(self, client: Any, workflows: Any) -> None:
        execution, token = self.waiting(client, workflows, TimeoutSeconds="{% $states.input.limit %}")

        assert json.loads(workflows.ended(execution)["output"])["caught"]["Error"] == "States.Timeout"
        with pytest.raises(workflows.states.exceptions.TaskTimedOut):
            workflows.states.send_task_success(taskToken=token, output="{}")
        with pytest.raises(workflows.states.exceptions.TaskTimedOut):
            workflows.states.send_task_heartbeat(taskToken=token)

    def test_heartbeats_keep_it_waiting(self, client: Any, workflows: Any) -> None:
        execution, token = self.waiting(client, workflows, HeartbeatSeconds=2)
        for _ in range(6):
            time.sleep(0.5)
            workflows.states.send_task_heartbeat(taskToken=token)
        assert workflows.states.describe_execution(executionArn=execution)["status"] == "RUNNING"

        assert json.loads(workflows.ended(execution)["output"])["caught"]["Error"] == "States.HeartbeatTimeout"

    def test_a_second_answer_comes_too_late(self, client: Any, workflows: Any) -> None:
        _, token = self.waiting(client, workflows)
        workflows.states.send_task_success(taskToken=token, output="1")
        with pytest.raises(workflows.states.exceptions.TaskTimedOut):
            workflows.states.send_task_success(taskToken=token, output="2")

    def test_what_is_no_token_or_no_output(self, client: Any, workflows: Any) -> None:
        _, token = self.waiting(client, workflows)
        with pytest.raises(workflows.states.exceptions.InvalidToken):
            workflows.states.send_task_success(taskToken="nonsense", output="{}")
        with pytest.raises(workflows.states.exceptions.InvalidOutput):
            workflows.states.send_task_success(taskToken=token, output="{")

    def test_a_function_may_answer_before_it_returns(self, workflows: Any, make_function: Callable[..., str]) -> None:
        function = make_function(
            """
            import boto3, os
            states = boto3.client("stepfunctions")
            states.send_task_success(taskToken=event["token"], output='"early"')
            """
        )
        task = invoking(function, {"token": self.TOKEN})
        assert workflows.output(one({**task, "Resource": f"{LAMBDA}.waitForTaskToken"})) == "early"

    def test_a_function_that_fails_fails_the_task(self, workflows: Any, make_function: Callable[..., str]) -> None:
        function = make_function("raise KeyError('x')")
        task = invoking(function, {"token": self.TOKEN})
        result = workflows.output(one({**task, "Resource": f"{LAMBDA}.waitForTaskToken"}))
        assert result["caught"]["Error"] == "KeyError"


def test_a_worker_does_an_activity(workflows: Any) -> None:
    activity = workflows.states.create_activity(name=f"activity-{uuid.uuid4()}")["activityArn"]
    execution = workflows.start(workflows.create(one({"Resource": activity}))["stateMachineArn"], {"a": 1})

    task = workflows.states.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == {"a": 1}
    workflows.states.send_task_success(taskToken=task["taskToken"], output='"done"')

    assert json.loads(workflows.ended(execution)["output"]) == "done"


def test_any_service_can_be_called_in_the_spelling_of_its_sdk(workflows: Any, client: Any) -> None:
    def sdk(action: str, arguments: dict[str, Any]) -> Any:
        return workflows.output(one({"Resource": f"arn:aws:states:::aws-sdk:{action}", "Arguments": arguments}))

    table = f"table-{uuid.uuid4()}"
    client("dynamodb").create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    sdk("dynamodb:putItem", {"TableName": table, "Item": {"pk": {"S": "a"}}})
    assert sdk("dynamodb:getItem", {"TableName": table, "Key": {"pk": {"S": "a"}}})["Item"] == {"pk": {"S": "a"}}
    condition = {"TableName": table, "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    caught = sdk("dynamodb:putItem", condition)["caught"]
    assert caught["Error"] == "DynamoDb.ConditionalCheckFailedException"
    optimized = {"Resource": "arn:aws:states:::dynamodb:putItem", "Arguments": condition}
    assert workflows.output(one(optimized))["caught"]["Error"] == "DynamoDB.ConditionalCheckFailedException"

    caught = sdk("cloudformation:describeStacks", {"StackName": "absent"})["caught"]
    assert caught["Error"] == "CloudFormation.CloudFormationException"
    assert "absent" in caught["Cause"]
    machines = sdk("sfn:listStateMachines", {"MaxResults": 1})["StateMachines"]
    assert machines[0]["StateMachineArn"].startswith("arn:aws:states:")
    assert machines[0]["CreationDate"].endswith("Z")
    client("dynamodb").delete_table(TableName=table)


def test_events_are_put_and_refused_ones_fail_the_task(workflows: Any, client: Any) -> None:
    events, sqs = client("events"), client("sqs")
    name = f"events-{uuid.uuid4()}"
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": arn}]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    entry = {"Source": name, "DetailType": "Told", "Detail": {"a": "{% $states.input.a %}"}}
    task = {"Resource": "arn:aws:states:::events:putEvents", "Arguments": {"Entries": [entry]}}

    assert workflows.output(one(task), {"a": 1})["FailedEntryCount"] == 0

    body = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]["Body"])
    assert (body["detail-type"], body["detail"]) == ("Told", {"a": 1})
    broken = {"Resource": "arn:aws:states:::events:putEvents", "Arguments": {"Entries": [{"Source": name}]}}
    assert workflows.output(one(broken))["caught"]["Error"] == "EventBridge.FailedEntry"
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=queue)


class TestChildren:
    SYNC = "arn:aws:states:::states:startExecution.sync:2"

    def child(self, workflows: Any, state: dict[str, Any], **more: Any) -> dict[str, Any]:
        definition = {"QueryLanguage": "JSONata", "StartAt": "Only", "States": {"Only": state}}
        return workflows.create(definition, **more)

    def starting(self, arn: str, **more: Any) -> dict[str, Any]:
        arguments = {"StateMachineArn": arn, "Input": {"given": "{% $states.input %}"}, **more}
        return {"Resource": self.SYNC, "Arguments": arguments}

    def test_the_output_of_a_child_is_json(self, workflows: Any) -> None:
        state = {"Type": "Pass", "Output": {"got": "{% $states.input.given.a %}"}, "End": True}
        made = self.child(workflows, state, publish=True)
        version = made["stateMachineVersionArn"]
        alias = workflows.states.create_state_machine_alias(
            name="live", routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}]
        )["stateMachineAliasArn"]

        for arn in (made["stateMachineArn"], version, alias):
            name = f"child-{uuid.uuid4()}"
            result = workflows.output(one(self.starting(arn, Name=name)), {"a": 7})
            assert result["Output"] == {"got": 7}
            assert result["Status"] == "SUCCEEDED"
            assert result["Name"] == name
            described = workflows.states.describe_execution(executionArn=result["ExecutionArn"])
            assert described.get("stateMachineVersionArn") == (None if arn == made["stateMachineArn"] else version)

    def test_a_child_that_fails_fails_the_task_with_its_error_in_the_cause(self, workflows: Any) -> None:
        arn = self.child(workflows, {"Type": "Fail", "Error": "Blocked", "Cause": "a gate"})["stateMachineArn"]

        caught = workflows.output(one(self.starting(arn)))["caught"]

        assert caught["Error"] == "States.TaskFailed"
        cause = json.loads(caught["Cause"])
        assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "Blocked", "a gate")

    def test_a_child_cannot_take_a_name_twice(self, workflows: Any) -> None:
        arn = self.child(workflows, {"Type": "Pass", "End": True})["stateMachineArn"]
        machine = workflows.create(one(self.starting(arn, Name="once")))["stateMachineArn"]
        workflows.ended(workflows.start(machine))

        caught = json.loads(workflows.ended(workflows.start(machine, {"b": 2}))["output"])["caught"]

        assert caught["Error"] == "StepFunctions.ExecutionAlreadyExistsException"

    def test_stopping_the_parent_stops_the_child(self, workflows: Any) -> None:
        arn = self.child(workflows, {"Type": "Wait", "Seconds": 60, "End": True})["stateMachineArn"]
        parent = workflows.start(workflows.create(one(self.starting(arn)))["stateMachineArn"])
        submitted = workflows.state(parent, "TaskSubmitted")["taskSubmittedEventDetails"]
        child = json.loads(submitted["output"])["ExecutionArn"]

        workflows.states.stop_execution(executionArn=parent)

        assert workflows.ended(child)["status"] == "ABORTED"

    def test_a_parent_that_does_not_wait_goes_on(self, workflows: Any) -> None:
        arn = self.child(workflows, {"Type": "Wait", "Seconds": 60, "End": True})["stateMachineArn"]
        task = {**self.starting(arn), "Resource": "arn:aws:states:::states:startExecution"}

        result = workflows.output(one(task))

        child = workflows.states.describe_execution(executionArn=result["ExecutionArn"])
        assert child["status"] == "RUNNING"


def test_many_executions_wait_at_once_and_the_server_still_answers(workflows: Any) -> None:
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "Seconds": 3, "Next": "Say"},
            "Say": {"Type": "Pass", "Output": "{% $states.input.n * 2 %}", "End": True},
        },
    }
    arn = workflows.create(definition)["stateMachineArn"]
    executions = [workflows.start(arn, {"n": number}) for number in range(100)]

    began = time.monotonic()
    workflows.states.list_state_machines(maxResults=1)
    answered = time.monotonic() - began

    assert answered < 1
    outputs = [json.loads(workflows.ended(execution)["output"]) for execution in executions]
    assert outputs == [number * 2 for number in range(100)]


def test_fifty_functions_run_at_once(workflows: Any, make_function: Callable[..., str]) -> None:
    function = make_function("import time; time.sleep(0.2); return event['n']")
    arn = workflows.create(one(invoking(function)))["stateMachineArn"]
    with ThreadPoolExecutor(10) as pool:
        executions = list(pool.map(workflows.start, [arn] * 50, [{"n": number} for number in range(50)]))

    results = [json.loads(workflows.ended(execution, 60)["output"])["Payload"] for execution in executions]

    assert sorted(results) == list(range(50))
