"""The small adapters: error codes, events that the bus drops, executions, documents, sessions and the runtime."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import ANY, Stubber
from moto import mock_aws

from tests.fakes.ledger import InMemoryLedger
from tests.fakes.runtime import SETTINGS
from tests.fakes.voices import MORNING, SettableClock
from tests.unit.promotion.test_events import succeeded
from towpath.aws.announcer import EventBridgeAnnouncer
from towpath.aws.documents import S3DocumentStore
from towpath.aws.errors import aws_errors
from towpath.aws.executions import StepFunctionsExecutions
from towpath.aws.problem import message_of, reason_of
from towpath.aws.runtime import Runtime, replaced, runtime
from towpath.aws.sessions import EnvironmentSessions
from towpath.errors import AwsUnavailable, Misconfigured, RefusedByAws, ReleaseMissing, ThrottledByAws
from towpath.promotion.settings import encode

PLACE = {"TOWPATH_ACCOUNT": "111111111111", "AWS_REGION": "eu-west-1"}


def client(service: str) -> Any:
    names = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return cast(Any, boto3).client(service, **names)


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.setenv(name, "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("Throttling", 400, ThrottledByAws),
        ("ProvisionedThroughputExceededException", 400, ThrottledByAws),
        ("InternalError", 500, AwsUnavailable),
        ("SomethingNew", 503, AwsUnavailable),
        ("AccessDenied", 403, RefusedByAws),
        ("ValidationError", 400, RefusedByAws),
    ],
)
def test_error_codes_mean_later_or_no(code: str, status: int, kind: type[Exception]) -> None:
    answer: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(kind, match="while looking") as caught, aws_errors("looking"):
        raise ClientError(answer, "Look")
    if isinstance(caught.value, RefusedByAws):
        assert caught.value.code == code


def test_a_network_that_fails_means_later() -> None:
    with pytest.raises(AwsUnavailable), aws_errors("looking"):
        raise ConnectTimeoutError(endpoint_url="http://x")


def test_an_event_is_recorded_then_sent() -> None:
    events, ledger, event = client("events"), InMemoryLedger(), succeeded()
    entry = {
        "Source": "towpath",
        "DetailType": "Promotion Succeeded",
        "Detail": json.dumps(event.to_detail()),
        "EventBusName": "bus",
        "Time": MORNING,
    }
    with Stubber(events) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
        EventBridgeAnnouncer(events, "bus", ledger).announce(event)
        # Sent again, it is the event of the first time.
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
        EventBridgeAnnouncer(events, "bus", ledger).announce(replace(event, time=MORNING + timedelta(hours=1)))
    assert ledger.written_events == {event.id: event}


def test_an_event_that_the_bus_drops_is_worth_another_try() -> None:
    events = client("events")
    dropped = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "oops"}]}
    with Stubber(events) as stub:
        stub.add_response("put_events", dropped, {"Entries": ANY})
        with pytest.raises(AwsUnavailable, match="oops"):
            EventBridgeAnnouncer(events, "bus", InMemoryLedger()).announce(succeeded())


@pytest.mark.parametrize(
    ("status", "runs"),
    [("RUNNING", True), ("PENDING_REDRIVE", True), ("SUCCEEDED", False), ("ABORTED", False), ("TIMED_OUT", False)],
)
def test_which_executions_may_still_act(status: str, runs: bool) -> None:
    states = client("stepfunctions")
    arn = "arn:aws:states:eu-west-1:111111111111:execution:m:n"
    found = {"executionArn": arn, "stateMachineArn": arn, "status": status, "startDate": MORNING}
    with Stubber(states) as stub:
        stub.add_response("describe_execution", found, {"executionArn": arn})
        assert StepFunctionsExecutions(states).is_running(arn) is runs


def test_an_execution_that_nobody_knows_does_not_run() -> None:
    states = client("stepfunctions")
    with Stubber(states) as stub:
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist")
        assert not StepFunctionsExecutions(states).is_running("arn:aws:states:eu-west-1:1:execution:m:n")
        stub.add_client_error("describe_execution", "ThrottlingException")
        with pytest.raises(ThrottledByAws):
            StepFunctionsExecutions(states).is_running("arn:aws:states:eu-west-1:1:execution:m:n")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_token_that_nothing_waits_with(code: str) -> None:
    states = client("stepfunctions")
    with Stubber(states) as stub:
        stub.add_response("send_task_success", {}, {"taskToken": "t", "output": '{"a": 1}'})
        assert StepFunctionsExecutions(states).answer("t", {"a": 1})
        stub.add_client_error("send_task_success", code)
        assert not StepFunctionsExecutions(states).answer("t", {"a": 1})


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        s3 = client("s3")
        s3.create_bucket(Bucket="assets", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield s3


def test_documents_are_found_under_their_digest(bucket: Any) -> None:
    store = S3DocumentStore(bucket, "assets")
    key = store.put("plan", b"{}")
    assert key == "documents/plan/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert store.put("plan", b"{}") == key
    assert store.get(key) == b"{}"
    with pytest.raises(ReleaseMissing):
        store.get("documents/plan/none")


class CountingSts:
    """STS, as far as sessions ask it."""

    def __init__(self, clock: SettableClock) -> None:
        self.roles: list[str] = []
        self.clock = clock
        self.meta = client("sts").meta

    def assume_role(self, *, RoleArn: str, RoleSessionName: str) -> dict[str, Any]:  # noqa: N803  boto3's names
        self.roles.append(RoleArn)
        until = self.clock.now() + timedelta(hours=1)
        names = {"AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": f"t{len(self.roles)}", "Expiration": until}
        return {"Credentials": names}


def test_a_session_is_used_until_a_step_could_outlast_it() -> None:
    """A function has up to fifteen minutes: what it begins with must last as long."""
    clock = SettableClock()
    sts = CountingSts(clock)
    sessions = EnvironmentSessions(SETTINGS, lambda _service: sts, clock)
    first = sessions.get("preview", "deployment")
    assert first.region_name == "eu-west-1"
    clock.advance(minutes=43)
    assert sessions.get("preview", "deployment") is first
    made = sessions.client("preview", "cloudformation", "deployment")
    assert sessions.client("preview", "cloudformation", "deployment") is made
    clock.advance(minutes=2)
    assert sessions.get("preview", "deployment") is not first
    assert sessions.client("preview", "cloudformation", "deployment") is not made
    sessions.get("preview", "probe")
    deployment = "arn:aws:iam::111111111111:role/towpath-preview-deployment"
    assert sts.roles == [deployment, deployment, "arn:aws:iam::111111111111:role/towpath-preview-probe"]


def test_an_environment_that_the_settings_do_not_have() -> None:
    sessions = EnvironmentSessions(SETTINGS, client, SettableClock())
    with pytest.raises(Misconfigured, match="nowhere"):
        sessions.get("nowhere", "deployment")


def test_the_runtime_reads_its_variables_when_they_are_needed() -> None:
    found = Runtime({"TOWPATH_SETTINGS": encode(SETTINGS), **PLACE})
    assert found.settings == SETTINGS
    assert found.settings is found.settings
    with pytest.raises(Misconfigured, match="TOWPATH_LEDGER_TABLE"):
        _ = found.ledger
    with pytest.raises(Misconfigured, match="TOWPATH_SETTINGS cannot be read"):
        _ = Runtime({"TOWPATH_SETTINGS": "{}", **PLACE}).settings


def test_the_runtime_builds_every_port() -> None:
    names = ("LEDGER_TABLE", "EVENT_BUS", "ASSET_BUCKET", "RELEASE_BUCKET")
    found = Runtime({"TOWPATH_SETTINGS": encode(SETTINGS), **{f"TOWPATH_{name}": "x" for name in names}})
    ports = (found.ledger, found.announcer, found.executions, found.documents, found.artifacts, found.clock)
    assert all(port is not None for port in ports)
    assert found.client("s3") is found.client("s3")


def test_a_runtime_put_in_place_is_found() -> None:
    mine = Runtime({})
    with replaced(mine):
        assert runtime() is mine
    assert runtime() is not mine


def test_what_went_wrong_is_said_in_a_sentence() -> None:
    cause = '{"errorMessage": "the \\"bucket\\" is gone", "errorType": "ReleaseMissing", "stackTrace": ["'
    assert message_of(cause) == 'the "bucket" is gone'
    assert message_of("plain words") == "plain words"
    assert message_of('{"other": 1}') == ""
    assert reason_of({"says": "The step failed.", "cause": cause}) == 'The step failed. the "bucket" is gone'
    assert reason_of({"says": "Then that.", "before": {"says": "First this."}}) == "First this. Then that."
    assert reason_of({"says": "x" * 5000}) == "x" * 1000
