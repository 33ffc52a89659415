"""What states do with data: the context object, JSONata, JSONPath, variables, errors, branches."""

from __future__ import annotations

import json
from typing import Any

import pytest


def jsonata(**states: Any) -> dict[str, Any]:
    """A machine of these states in this order; what has no Next of its own goes to the one after it."""
    names = list(states)
    linked: dict[str, Any] = {}
    for index, (name, state) in enumerate(states.items()):
        ends = state["Type"] in ("Succeed", "Fail", "Choice") or "Next" in state or "End" in state
        follow = {} if ends else {"Next": names[index + 1]} if index + 1 < len(names) else {"End": True}
        linked[name] = state | follow
    return {"QueryLanguage": "JSONata", "StartAt": names[0], "States": linked}


def giving(expression: Any, **more: Any) -> dict[str, Any]:
    return {"Type": "Pass", "Output": expression} | more


def test_the_context_object_is_the_same_in_both_languages(workflows: Any) -> None:
    expected = {
        "Execution": {"Input": {"a": 1}, "RoleArn": workflows.role},
        "State": {"Name": "Pass", "RetryCount": 0},
    }
    path = {
        "StartAt": "Pass",
        "States": {"Pass": {"Type": "Pass", "Parameters": {"context.$": "$$"}, "OutputPath": "$.context", "End": True}},
    }
    for definition in (jsonata(Pass=giving("{% $states.context %}")), path):
        made = workflows.create(definition)
        execution = workflows.start(made["stateMachineArn"], {"a": 1}, name="named")
        described = workflows.ended(execution)
        context = json.loads(described["output"])
        assert context["Execution"]["Id"] == execution
        assert context["Execution"]["Name"] == "named"
        assert context["Execution"]["StartTime"].endswith("Z")
        assert context["State"]["EnteredTime"] >= context["Execution"]["StartTime"]
        assert context["StateMachine"] == {
            "Id": made["stateMachineArn"],
            "Name": made["stateMachineArn"].split(":")[-1],
        }
        for part, fields in expected.items():
            assert {name: context[part][name] for name in fields} == fields


def test_result_selector_sees_the_context(workflows: Any) -> None:
    definition = {
        "StartAt": "Both",
        "States": {
            "Both": {
                "Type": "Parallel",
                "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True}}}],
                "ResultSelector": {"name.$": "$$.State.Name", "result.$": "$[0]"},
                "End": True,
            }
        },
    }
    assert workflows.output(definition) == {"name": "Both", "result": 1}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(1, 6, 2)", [1, 3, 5]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$hash('a', 'SHA-256')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("$parse('{\"a\":[null]}')", {"a": [None]}),
        ("$length($uuid())", 36),
        ("$random() < 1", True),
        ("$states.input.nothing", None),
        ("$states.input.list.$type($)", ["number", "null"]),
        ("{'missing': $states.input.absent, 'null': null}", {"null": None}),
        ("$exists($states.input.absent)", False),
        ("4 / 2", 2),
        ("$states.context.State.Name", "Pass"),
        ("$merge([$states.input, {'nothing': 1}]).nothing", 1),
    ],
)
def test_jsonata_yields(workflows: Any, expression: str, value: Any) -> None:
    document = {"nothing": None, "list": [1, None]}
    assert workflows.output(jsonata(Pass=giving(f"{{% {expression} %}}")), document) == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("$states.input.absent", "returned nothing (undefined)"),
        ("$unbound", "returned nothing (undefined)"),
        ("1 + 'a'", "T2002"),
        ("$eval('1')", "$eval"),
        ("$error('boom')", "boom"),
    ],
)
def test_jsonata_fails(workflows: Any, expression: str, said: str) -> None:
    described = workflows.run(jsonata(Pass=giving({"field": f"{{% {expression} %}}"})))

    assert (described["status"], described["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert said in described["cause"]
    assert expression in described["cause"]
    assert "'Output/field'" in described["cause"]
    assert "EvaluationFailed" in [event["type"] for event in workflows.history(described["executionArn"])]


def test_variables_reach_later_states_all_at_once_and_not_out_of_branches(workflows: Any) -> None:
    inner = {
        "StartAt": "Inner",
        "States": {"Inner": giving("{% $x %}", End=True, Assign={"inner": "{% $x + 1 %}"})},
    }
    definition = jsonata(
        First=giving(1, Assign={"x": "{% 10 %}", "result": "{% $states.result %}"}),
        Second=giving("{% $x %}", Assign={"x": "{% $x * 2 %}", "old": "{% $x %}"}),
        Both={"Type": "Parallel", "Branches": [inner], "Output": "{% $states.result %}", "Assign": {"y": "{% $x %}"}},
        Last=giving("{% {'x': $x, 'old': $old, 'result': $result, 'y': $y, 'inner': $exists($inner)} %}"),
    )
    assert workflows.output(definition) == {"x": 20, "old": 10, "result": 1, "y": 20, "inner": False}


def test_jsonpath_states_have_variables_too(workflows: Any) -> None:
    definition = {
        "StartAt": "Keep",
        "States": {
            "Keep": {"Type": "Pass", "Assign": {"kept.$": "$.a", "fixed": 7}, "Next": "Use"},
            "Use": {"Type": "Pass", "Parameters": {"kept.$": "$kept.b", "fixed.$": "$fixed"}, "End": True},
        },
    }
    assert workflows.output(definition, {"a": {"b": 3}}) == {"kept": 3, "fixed": 7}


def test_choice_rules_have_output_and_assign(workflows: Any) -> None:
    definition = jsonata(
        Which={
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $states.input.n > 5 %}",
                    "Output": {"big": "{% $states.input.n %}"},
                    "Assign": {"seen": "{% $states.input.n %}"},
                    "Next": "Last",
                }
            ],
            "Default": "Last",
            "Assign": {"seen": "none"},
        },
        Last=giving("{% [$states.input, $seen] %}"),
    )
    assert workflows.output(definition, {"n": 9}) == [{"big": 9}, 9]
    assert workflows.output(definition, {"n": 1}) == [{"n": 1}, "none"]


def test_a_condition_must_be_a_boolean(workflows: Any) -> None:
    rule = {"Condition": "{% $states.input.n %}", "Next": "Last"}
    described = workflows.run(
        jsonata(Which={"Type": "Choice", "Choices": [rule], "Default": "Last"}, Last={"Type": "Succeed"}), {"n": 9}
    )
    assert described["error"] == "States.QueryEvaluationError"
    assert "Expected 'boolean', but was 'number'" in described["cause"]


def test_jsonpath_choices(workflows: Any) -> None:
    def machine(rule: dict[str, Any]) -> dict[str, Any]:
        return {
            "StartAt": "Which",
            "States": {
                "Which": {"Type": "Choice", "Choices": [rule | {"Next": "Yes"}], "Default": "No"},
                "Yes": {"Type": "Pass", "Result": True, "End": True},
                "No": {"Type": "Pass", "Result": False, "End": True},
            },
        }

    document = {"s": "abc", "n": 3, "t": "2026-01-01T00:00:00Z", "z": None}
    expected = [
        ({"Variable": "$.s", "StringMatches": "a*c"}, True),
        ({"Variable": "$.s", "StringMatches": "b*"}, False),
        ({"Variable": "$.absent", "IsPresent": False}, True),
        ({"Variable": "$.z", "IsPresent": True}, True),
        ({"Variable": "$.z", "IsNull": True}, True),
        ({"Variable": "$.n", "NumericLessThanEquals": 3}, True),
        ({"Variable": "$.s", "NumericEquals": 3}, False),
        ({"Variable": "$.t", "TimestampLessThan": "2026-01-01T01:00:00+00:00"}, True),
        ({"And": [{"Variable": "$.n", "NumericGreaterThan": 2}, {"Not": {"Variable": "$.s", "IsNull": True}}]}, True),
        ({"Variable": "$$.State.Name", "StringEquals": "Which"}, True),
        ({"Variable": "$.s", "StringEqualsPath": "$.s"}, True),
    ]
    for rule, verdict in expected:
        assert workflows.output(machine(rule), document) is verdict, rule


def test_a_path_that_finds_nothing_fails_the_state(workflows: Any) -> None:
    definition = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "Parameters": {"a.$": "$.b"}, "End": True}}}
    assert workflows.run(definition)["error"] == "States.ParameterPathFailure"


def test_intrinsic_functions_take_paths_and_context(workflows: Any) -> None:
    template = {"said.$": "States.Format('{} in {}', $.a, $$.State.Name)", "sum.$": "States.MathAdd($.n, 1)"}
    definition = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "Parameters": template, "End": True}}}
    assert workflows.output(definition, {"a": "b", "n": 2}) == {"said": "b in Pass", "sum": 3}


def test_a_map_state_gives_each_iteration_its_item(workflows: Any) -> None:
    processor = {
        "StartAt": "Each",
        "States": {"Each": giving("{% [$states.input, $states.context.Map.Item.Index] %}", End=True)},
    }
    each = {
        "Type": "Map",
        "Items": "{% $states.input.items %}",
        "ItemSelector": {"v": "{% $states.context.Map.Item.Value %}", "all": "{% $count($states.input.items) %}"},
        "ItemProcessor": processor,
        "MaxConcurrency": 2,
        "Output": {"results": "{% $states.result %}"},
    }
    assert workflows.output(jsonata(Map=each), {"items": ["a", "b", "c"]}) == {
        "results": [[{"v": item, "all": 3}, index] for index, item in enumerate("abc")]
    }


def test_parallel_takes_arguments_and_a_failing_branch_stops_the_others(workflows: Any) -> None:
    slow = {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 60, "End": True}}}
    failing = {"Type": "Fail", "Error": "Broken", "Cause": "{% $states.input.why %}"}
    broken = {"StartAt": "Broken", "States": {"Broken": failing}}
    both = {
        "Type": "Parallel",
        "Arguments": {"why": "{% $states.input.reason %}"},
        "Branches": [slow, broken],
        "Catch": [
            {
                "ErrorEquals": ["Broken"],
                "Output": "{% $states.errorOutput %}",
                "Assign": {"error": "{% $states.errorOutput.Error %}"},
                "Next": "Caught",
            }
        ],
    }
    definition = jsonata(Both={**both, "Next": "Caught"}, Caught=giving("{% [$states.input, $error] %}"))
    assert workflows.output(definition, {"reason": "because"}) == [{"Error": "Broken", "Cause": "because"}, "Broken"]


def test_fail_states_name_their_error(workflows: Any) -> None:
    definition = jsonata(Fail={"Type": "Fail", "Error": "Mine", "Cause": "{% 'at ' & $states.context.State.Name %}"})
    described = workflows.run(definition)
    assert (described["status"], described["error"], described["cause"]) == ("FAILED", "Mine", "at Fail")
    assert "output" not in described
    last = workflows.history(described["executionArn"])[-1]
    assert last["type"] == "ExecutionFailed"
    assert last["executionFailedEventDetails"] == {"error": "Mine", "cause": "at Fail"}


def test_a_document_between_states_has_at_most_256_kib(workflows: Any) -> None:
    def padded(size: int) -> str:
        return f"{{% $pad('', {size}, 'x') %}}"

    assert len(workflows.output(jsonata(Pass=giving(padded(262_142))))) == 262_142
    described = workflows.run(jsonata(Pass=giving(padded(262_143))))
    assert described["error"] == "States.DataLimitExceeded"


def test_states_all_does_not_catch_what_is_too_large(workflows: Any) -> None:
    too_large = {
        "StartAt": "Large",
        "States": {"Large": giving("{% $pad('', 262143, 'x') %}", End=True)},
    }
    definition = jsonata(
        Both={
            "Type": "Parallel",
            "Branches": [too_large],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "Next": "Caught",
        },
        Caught={"Type": "Succeed"},
    )
    assert workflows.run(definition)["error"] == "States.DataLimitExceeded"


def test_a_state_machine_has_a_time_limit(workflows: Any) -> None:
    definition = jsonata(Wait={"Type": "Wait", "Seconds": 60}) | {"TimeoutSeconds": 1}
    described = workflows.run(definition)
    assert described["status"] == "TIMED_OUT"
    assert workflows.history(described["executionArn"])[-1]["type"] == "ExecutionTimedOut"


def test_wait_until_a_moment_or_for_seconds_of_an_expression(workflows: Any) -> None:
    definition = jsonata(
        Until={"Type": "Wait", "Timestamp": "{% $now() %}"},
        For={"Type": "Wait", "Seconds": "{% $states.input.n %}", "Output": "waited"},
    )
    assert workflows.output(definition, {"n": 0}) == "waited"


def test_retries_count_and_are_limited(workflows: Any) -> None:
    branch = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Again"}}}
    definition = jsonata(
        Both={
            "Type": "Parallel",
            "Branches": [branch],
            "Retry": [
                {
                    "ErrorEquals": ["Again"],
                    "IntervalSeconds": 1,
                    "BackoffRate": 10,
                    "MaxDelaySeconds": 2,
                    "MaxAttempts": 2,
                    "JitterStrategy": "FULL",
                }
            ],
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Output": "{% $states.context.State.RetryCount %}",
                    "Next": "Caught",
                }
            ],
            "Next": "Caught",
        },
        Caught={"Type": "Succeed"},
    )
    assert workflows.output(definition) == 2


def test_the_history_tells_what_went_in_and_out(workflows: Any) -> None:
    described = workflows.run(jsonata(Pass=giving({"b": "{% $states.input.a %}"}, Assign={"v": 5})), {"a": 1})
    events = workflows.history(described["executionArn"])

    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert [(event["id"], event["previousEventId"]) for event in events] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert json.loads(events[1]["stateEnteredEventDetails"]["input"]) == {"a": 1}
    assert json.loads(events[2]["stateExitedEventDetails"]["output"]) == {"b": 1}
    assert events[2]["stateExitedEventDetails"]["assignedVariables"] == {"v": "5"}
    bare = workflows.states.get_execution_history(executionArn=described["executionArn"], includeExecutionData=False)
    assert all("input" not in event.get("stateEnteredEventDetails", {}) for event in bare["events"])
