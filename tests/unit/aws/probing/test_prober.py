"""Probes through AWS's own APIs: what each kind asks, and what every kind of answer or error becomes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from moto import mock_aws

from towpath.aws.probing import AwsProber
from towpath.traffic.ports import Observation, ProbeAnswer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MACHINE = "arn:aws:states:eu-west-1:111111111111:stateMachine:flow"


def session() -> boto3.session.Session:
    return boto3.session.Session("a", "b", region_name="eu-west-1")


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


class OneClient:
    """A session that has one client."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.configurations: list[Any] = []

    def client(self, _service: str, *, config: Any) -> Any:
        self.configurations.append(config)
        return self.made


def stubbed(service: str) -> tuple[AwsProber, Stubber, OneClient]:
    made = cast(Any, session()).client(service)
    one = OneClient(made)
    return AwsProber(cast(Any, one)), Stubber(made), one


def payload(document: Any) -> StreamingBody:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return StreamingBody(io.BytesIO(content), len(content))


def invoke(answer: dict[str, Any], **target: Any) -> Observation:
    prober, stub, _ = stubbed("lambda")
    asked = {"FunctionName": "orders-api", "Payload": ANY, **({"Qualifier": "7"} if "qualifier" in target else {})}
    with stub:
        stub.add_response("invoke", {"StatusCode": 200, **answer}, asked)
        return prober.send("lambda", {"function": "orders-api", **target}, timeout=3)


class TestInvoke:
    def test_the_version_is_reached_and_an_api_shaped_body_is_read(self) -> None:
        seen = invoke({"Payload": payload({"statusCode": 202, "body": '{"price": 3}'})}, qualifier="7")
        assert (seen.answer, seen.status, seen.body["body"]) == (ProbeAnswer.ANSWERED, 202, {"price": 3})
        assert seen.latency > 0

    @pytest.mark.parametrize("document", [[1], "text", 7, None, b"no json"])
    def test_any_answer_is_an_answer(self, document: Any) -> None:
        seen = invoke({"Payload": payload(document)})
        assert (seen.status, seen.error) == (200, "")

    def test_an_error_of_the_function_is_told(self) -> None:
        body = {"errorType": "KeyError", "errorMessage": "'order'"}
        seen = invoke({"FunctionError": "Unhandled", "Payload": payload(body)})
        assert (seen.answer, seen.error) == (ProbeAnswer.ANSWERED, "KeyError: 'order'")


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("AccessDeniedException", ProbeAnswer.NOT_ALLOWED),
        ("ResourceNotFoundException", ProbeAnswer.UNREACHABLE),
        ("TooManyRequestsException", ProbeAnswer.UNREACHABLE),
    ],
)
def test_errors_of_a_service(code: str, answer: ProbeAnswer) -> None:
    prober, stub, one = stubbed("lambda")
    with stub:
        stub.add_client_error("invoke", code, "because")
        seen = prober.send("lambda", {"function": "x"}, timeout=3)
    assert seen.answer is answer
    assert "because" in seen.error
    # The probe counts its own tries, so the client makes one.
    assert one.configurations[0].retries["total_max_attempts"] == 1
    assert one.configurations[0].read_timeout == 3


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (ReadTimeoutError(endpoint_url="x"), ProbeAnswer.TIMED_OUT),
        (EndpointConnectionError(endpoint_url="x"), ProbeAnswer.UNREACHABLE),
    ],
)
def test_errors_of_the_network(error: Exception, answer: ProbeAnswer) -> None:
    class Failing:
        def invoke(self, **_: Any) -> Any:
            raise error

    seen = AwsProber(cast(Any, OneClient(Failing()))).send("lambda", {"function": "x"}, timeout=3)
    assert seen.answer is answer


class TestStateMachines:
    def test_an_express_one_is_run_and_awaited_by_the_service(self) -> None:
        prober, stub, _ = stubbed("stepfunctions")
        described = {"stateMachineArn": MACHINE, "name": "flow", "definition": "{}", "roleArn": "arn:role",
                     "type": "EXPRESS", "creationDate": NOW}  # fmt: skip
        ended = {"executionArn": MACHINE, "startDate": NOW, "stopDate": NOW, "status": "FAILED", "cause": "no"}
        with stub:
            stub.add_response("describe_state_machine", described)
            stub.add_response("start_sync_execution", ended, {"stateMachineArn": MACHINE, "input": '{"a": 1}'})
            target = {"state_machine": MACHINE, "input": {"a": 1}, "probe": "probe-1"}
            seen = prober.send("state_machine", target, timeout=3)
        assert (seen.status, seen.body, seen.error) == ("FAILED", None, "no")

    @pytest.mark.parametrize(
        ("status", "answer"), [("SUCCEEDED", ProbeAnswer.ANSWERED), ("RUNNING", ProbeAnswer.TIMED_OUT)]
    )
    def test_a_standard_one_is_asked_until_it_ends_or_the_time_is_up(self, status: str, answer: ProbeAnswer) -> None:
        prober, stub, _ = stubbed("stepfunctions")
        described = {"stateMachineArn": MACHINE, "name": "flow", "definition": "{}", "roleArn": "arn:role",
                     "type": "STANDARD", "creationDate": NOW}  # fmt: skip
        execution = {"executionArn": MACHINE, "stateMachineArn": MACHINE, "startDate": NOW, "status": status,
                     **({"output": '{"b": 2}'} if status == "SUCCEEDED" else {})}  # fmt: skip
        with stub:
            stub.add_response("describe_state_machine", described)
            asked = {"stateMachineArn": MACHINE, "name": "probe-1", "input": "{}"}
            stub.add_response("start_execution", {"executionArn": MACHINE, "startDate": NOW}, asked)
            stub.add_response("describe_execution", execution)
            seen = prober.send("state_machine", {"state_machine": MACHINE, "probe": "probe-1"}, timeout=0)
        assert (seen.answer, seen.status) == (answer, status)


@pytest.fixture
def aws() -> Iterator[boto3.session.Session]:
    with mock_aws():
        yield session()


class TestRoundTrips:
    def test_only_its_own_message_is_taken_and_others_stay(self, aws: boto3.session.Session) -> None:
        sqs = cast(Any, aws).client("sqs")
        inbox, outbox = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("in", "out"))
        for body in ("another", '{"id": "probe-1", "price": 3}', "a third"):
            sqs.send_message(QueueUrl=outbox, MessageBody=body)
        target = {"send_to": inbox, "message": {"id": "probe-1"}, "receive_from": outbox, "probe": "probe-1"}
        seen = AwsProber(aws).send("queue", target, timeout=3)
        assert (seen.status, seen.body) == ("received", {"id": "probe-1", "price": 3})
        assert json.loads(sqs.receive_message(QueueUrl=inbox)["Messages"][0]["Body"]) == {"id": "probe-1"}
        left = sqs.receive_message(
            QueueUrl=outbox, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
        )["Messages"]
        assert sorted(message["Body"] for message in left) == ["a third", "another"]
        # Received once by the probe and once here: a redrive policy must not see them again and again.
        assert {message["Attributes"]["ApproximateReceiveCount"] for message in left} <= {"1", "2"}

    def test_no_message_of_its_own_in_time(self, aws: boto3.session.Session) -> None:
        sqs = cast(Any, aws).client("sqs")
        queue = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="another")
        target = {"send_to": queue, "message": "hello", "receive_from": queue, "probe": "probe-1"}
        assert AwsProber(aws).send("queue", target, timeout=0.5).answer is ProbeAnswer.TIMED_OUT
        left = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        assert sorted(message["Body"] for message in left) == ["another", "hello"]

    def test_a_message_without_an_answer_is_sent(self, aws: boto3.session.Session) -> None:
        queue = cast(Any, aws).client("sqs").create_queue(QueueName="q")["QueueUrl"]
        assert AwsProber(aws).send("queue", {"send_to": queue, "probe": "p"}, timeout=1).status == "received"

    def test_an_event_that_the_bus_refuses(self) -> None:
        prober, stub, _ = stubbed("events")
        refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "oops"}]}
        with stub:
            stub.add_response("put_events", refused)
            target = {"source": "s", "detail_type": "t", "detail": {"a": 1}, "receive_from": "q", "probe": "p"}
            seen = prober.send("event", target, timeout=1)
        assert (seen.answer, seen.error) == (ProbeAnswer.UNREACHABLE, "InternalFailure: oops")


class TestStored:
    def test_an_item_is_plain_json(self, aws: boto3.session.Session) -> None:
        cast(Any, aws).client("dynamodb").create_table(
            TableName="orders", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "order", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "order", "AttributeType": "N"}],
        )  # fmt: skip
        table = cast(Any, aws).resource("dynamodb").Table("orders")
        table.put_item(Item={"order": 1, "price": Decimal("2.5"), "tags": {"b", "a"}, "lines": [{"count": 2}]})
        seen = AwsProber(aws).send("table_item", {"table": "orders", "key": {"order": 1}}, timeout=3)
        assert seen.status == "present"
        assert seen.body == {"order": 1, "price": 2.5, "tags": ["a", "b"], "lines": [{"count": 2}]}
        absent = AwsProber(aws).send("table_item", {"table": "orders", "key": {"order": 2.5}}, timeout=3)
        assert (absent.answer, absent.status) == (ProbeAnswer.ANSWERED, "absent")

    def test_an_object_is_there_or_not(self, aws: boto3.session.Session) -> None:
        s3 = cast(Any, aws).client("s3")
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="files", Key="a", Body=b"123", ContentType="text/plain")
        seen = AwsProber(aws).send("object", {"bucket": "files", "key": "a"}, timeout=3)
        assert (seen.status, seen.body) == ("present", {"size": 3, "content_type": "text/plain"})
        assert AwsProber(aws).send("object", {"bucket": "files", "key": "b"}, timeout=3).status == "absent"

    def test_an_object_that_may_not_be_seen(self) -> None:
        prober, stub, _ = stubbed("s3")
        with stub:
            stub.add_client_error("head_object", "403", "Forbidden", 403)
            assert prober.send("object", {"bucket": "b", "key": "k"}, timeout=1).answer is ProbeAnswer.NOT_ALLOWED
