"""Versions and aliases of state machines run what was published."""

from __future__ import annotations

import json
from typing import Any

import pytest

DONE = "SUCCEEDED"


def saying(word: str, seconds: int = 0) -> dict[str, Any]:
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Wait",
        "States": {
            "Wait": {"Type": "Wait", "Seconds": seconds, "Next": "Say"},
            "Say": {"Type": "Pass", "Output": {"word": word}, "End": True},
        },
    }


def word(described: dict[str, Any]) -> str:
    assert described["status"] == DONE, described
    return json.loads(described["output"])["word"]


def publish(workflows: Any, arn: str, definition: dict[str, Any]) -> str:
    answer = workflows.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition), publish=True)
    return answer["stateMachineVersionArn"]


def test_a_version_runs_its_own_definition_after_the_state_machine_has_moved_on(workflows: Any) -> None:
    made = workflows.create(saying("one"), publish=True)
    arn, first = made["stateMachineArn"], made["stateMachineVersionArn"]
    second = publish(workflows, arn, saying("two"))
    workflows.states.update_state_machine(stateMachineArn=arn, definition=json.dumps(saying("three")))

    assert word(workflows.ended(workflows.start(first))) == "one"
    assert word(workflows.ended(workflows.start(second))) == "two"
    assert word(workflows.ended(workflows.start(arn))) == "three"


def test_an_execution_keeps_its_version_and_says_which(workflows: Any) -> None:
    made = workflows.create(saying("one", seconds=1), publish=True)
    arn, first = made["stateMachineArn"], made["stateMachineVersionArn"]
    running = workflows.start(first)
    publish(workflows, arn, saying("two"))

    described = workflows.ended(running)

    assert word(described) == "one"
    assert described["stateMachineArn"] == arn
    assert described["stateMachineVersionArn"] == first
    assert "stateMachineAliasArn" not in described
    definition = workflows.states.describe_state_machine_for_execution(executionArn=running)["definition"]
    assert json.loads(definition) == saying("one", seconds=1)


def test_an_execution_of_the_state_machine_itself_belongs_to_no_version(workflows: Any) -> None:
    arn = workflows.create(saying("one"), publish=True)["stateMachineArn"]

    described = workflows.ended(workflows.start(arn))

    assert "stateMachineVersionArn" not in described


def test_an_alias_routes_by_weight_and_the_execution_names_alias_and_version(workflows: Any) -> None:
    made = workflows.create(saying("one"), publish=True)
    arn, first = made["stateMachineArn"], made["stateMachineVersionArn"]
    second = publish(workflows, arn, saying("two"))
    routes = [{"stateMachineVersionArn": first, "weight": 50}, {"stateMachineVersionArn": second, "weight": 50}]
    alias = workflows.states.create_state_machine_alias(name="live", routingConfiguration=routes)
    alias_arn = alias["stateMachineAliasArn"]

    ended = [workflows.ended(execution) for execution in [workflows.start(alias_arn) for _ in range(30)]]

    assert {word(described) for described in ended} == {"one", "two"}
    versions = {"one": first, "two": second}
    for described in ended:
        assert described["stateMachineAliasArn"] == alias_arn
        assert described["stateMachineVersionArn"] == versions[word(described)]
    listed = workflows.states.list_executions(stateMachineArn=alias_arn)["executions"]
    assert {item["executionArn"] for item in listed} == {described["executionArn"] for described in ended}


def test_an_alias_that_is_moved_starts_the_new_version(workflows: Any) -> None:
    made = workflows.create(saying("one"), publish=True)
    arn, first = made["stateMachineArn"], made["stateMachineVersionArn"]
    second = publish(workflows, arn, saying("two"))
    alias = workflows.states.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": first, "weight": 100}]
    )["stateMachineAliasArn"]

    before = workflows.start(alias)
    workflows.states.update_state_machine_alias(
        stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": second, "weight": 100}]
    )
    after = workflows.start(alias)

    assert [word(workflows.ended(execution)) for execution in (before, after)] == ["one", "two"]


def test_a_version_is_described_as_it_was_published(workflows: Any) -> None:
    made = workflows.create(saying("one"), publish=True)
    publish(workflows, made["stateMachineArn"], saying("two"))

    described = workflows.states.describe_state_machine(stateMachineArn=made["stateMachineVersionArn"])

    assert described["stateMachineArn"] == made["stateMachineVersionArn"]
    assert json.loads(described["definition"]) == saying("one")


def test_what_is_not_there_cannot_be_started(workflows: Any) -> None:
    arn = workflows.create(saying("one"))["stateMachineArn"]

    with pytest.raises(workflows.states.exceptions.StateMachineDoesNotExist):
        workflows.start(f"{arn}:7")
