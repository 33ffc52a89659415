"""Which definitions are refused, and with which words."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def jsonata(**states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **machine(**states)}


END: dict[str, Any] = {"Type": "Pass", "End": True}
TASK: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}

LANGUAGE = (
    "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage"
)

# What AWS answered when it was asked: code, message, location.
MEASURED: list[tuple[dict[str, Any], list[tuple[str, str, str | None]]]] = [
    (
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
        [("MISSING_END_STATE", "Workflow has no terminal state", None)],
    ),
    (
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}, D={"Type": "Pass", "Next": "A"}),
        [("MISSING_END_STATE", "Workflow has no terminal state", None)],
    ),
    (
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}, C=END),
        [("MISSING_TRANSITION_TARGET", 'State "C" is not reachable.', "/States/C")],
    ),
    (
        machine(A={"Type": "Pass", "Next": "NOPE"}),
        [
            ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: NOPE", "/States/A/Next"),
            ("MISSING_END_STATE", "Workflow has no terminal state", None),
        ],
    ),
    (
        machine(T={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "NOPE"}]}),
        [("MISSING_TRANSITION_TARGET", "Missing 'Next' target: NOPE", "/States/T/Catch[0]/Next")],
    ),
    (
        machine(P={**END, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "P"}]}),
        [("SCHEMA_VALIDATION_FAILED", "Field 'Catch' is not supported", "/States/P")],
    ),
    (
        machine(W={"Type": "Wait", "Seconds": 1, "End": True, "TimeoutSeconds": 1}),
        [("SCHEMA_VALIDATION_FAILED", "Field 'TimeoutSeconds' is not supported", "/States/W")],
    ),
    (
        machine(P={**END, "Output": 1}),
        [
            (
                "SCHEMA_VALIDATION_FAILED",
                LANGUAGE,
                "/States/P",
            )
        ],
    ),
    (
        jsonata(P={**END, "QueryLanguage": "JSONPath"}),
        [
            (
                "SCHEMA_VALIDATION_FAILED",
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
                "/States/P",
            )
        ],
    ),
]


@pytest.mark.parametrize(("definition", "expected"), MEASURED)
def test_diagnostics(client: Callable[..., Any], definition: Any, expected: Any) -> None:
    answer = client("stepfunctions").validate_state_machine_definition(definition=json.dumps(definition))

    assert answer["result"] == "FAIL"
    found = [(item["code"], item["message"], item.get("location")) for item in answer["diagnostics"]]
    assert found == expected


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        ({"States": {"A": END}}, ""),
        (machine(A={"Type": "Pass"}), "/States/A"),
        (machine(A={"Type": "Nothing", "End": True}), "/States/A"),
        (machine(A={"Type": "Task", "End": True}), "/States/A"),
        (machine(A={"Type": "Task", "Resource": "lambda", "End": True}), "/States/A/Resource"),
        (machine(A={"Type": "Choice", "Choices": []}), "/States/A/Choices"),
        (machine(A={"Type": "Wait", "End": True}), "/States/A"),
        (machine(A={**TASK, "Retry": [{"ErrorEquals": ["X"], "MaxAttempts": -1}]}), "/States/A/Retry[0]/MaxAttempts"),
        (
            machine(A={**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}]}),
            "/States/A/Retry[0]/ErrorEquals",
        ),
        (jsonata(A={**END, "Output": {"x": "{% 1 + %}"}}), "/States/A/Output/x"),
        (jsonata(A={**END, "Output": "{% 1"}), "/States/A/Output"),
        (jsonata(A={**END, "Parameters": {}}), "/States/A"),
        (
            jsonata(A={"Type": "Parallel", "End": True, "Branches": [{"StartAt": "X", "States": {}}]}),
            "/States/A/Branches[0]",
        ),
        (
            machine(A={"Type": "Parallel", "End": True, "Branches": [machine(B=END), machine(B=END)]}),
            "/States/A/Branches[1]/States/B",
        ),
        (
            machine(A={"Type": "Map", "End": True, "ItemProcessor": machine(B={"Type": "Pass", "Next": "A"}, C=END)}),
            "/States/A/ItemProcessor/States/B/Next",
        ),
    ],
)
def test_what_is_wrong_is_found_in_its_place(client: Callable[..., Any], definition: Any, place: str) -> None:
    answer = client("stepfunctions").validate_state_machine_definition(definition=json.dumps(definition))

    assert answer["result"] == "FAIL"
    assert place in [item.get("location") for item in answer["diagnostics"]]


def test_what_is_right_is_ok(client: Callable[..., Any]) -> None:
    answer = client("stepfunctions").validate_state_machine_definition(definition=json.dumps(machine(A=TASK)))
    assert (answer["result"], answer["diagnostics"]) == ("OK", [])


def test_a_definition_that_is_no_json(client: Callable[..., Any]) -> None:
    answer = client("stepfunctions").validate_state_machine_definition(definition="{")
    assert answer["diagnostics"][0]["code"] == "INVALID_JSON_DESCRIPTION"


def test_a_broken_machine_is_neither_created_nor_put_in_place_of_a_sound_one(workflows: Any) -> None:
    broken = machine(pass1={"Type": "Pass", "Next": "pass3"}, pass2=END)
    said = (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at "
        '/States/pass1/Next, MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2\''
    )
    with pytest.raises(workflows.states.exceptions.InvalidDefinition) as refusal:
        workflows.create(broken)
    assert refusal.value.response["Error"]["Message"] == said
    arn = workflows.create(machine(A=END))["stateMachineArn"]
    with pytest.raises(workflows.states.exceptions.InvalidDefinition):
        workflows.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(broken))
    assert json.loads(workflows.states.describe_state_machine(stateMachineArn=arn)["definition"]) == machine(A=END)


def test_a_template_with_a_broken_machine_fails(client: Callable[..., Any], workflows: Any) -> None:
    cloudformation, name = client("cloudformation"), f"stack-{uuid.uuid4()}"
    broken = machine(A={"Type": "Pass", "Next": "Nowhere"}, B=END)
    properties = {"RoleArn": workflows.role, "DefinitionString": json.dumps(broken)}
    resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Machine": resource}}))

    deadline = time.monotonic() + 20
    status = ""
    while not status.endswith(("COMPLETE", "FAILED")) and time.monotonic() < deadline:
        time.sleep(0.2)
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    assert status == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any("Missing 'Next' target: Nowhere" in event.get("ResourceStatusReason", "") for event in events)
    cloudformation.delete_stack(StackName=name)


def test_the_name_of_the_error_is_a_client_error(workflows: Any) -> None:
    with pytest.raises(ClientError, match="InvalidDefinition"):
        workflows.create({"StartAt": "A", "States": {}})
