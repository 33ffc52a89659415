"""The workflows call published versions only, and what starts them is the alias of the newest version."""

import json
import re

import pytest

from pipeline_stack.handler_table import CALLED_FROM_OUTSIDE, HANDLERS
from pipeline_stack.names import placeholder
from tests.infrastructure.templates import ROOT, Template, actions_of, flat, resources_of

MACHINES = {"promote_release": "towpath-promote-release", "promote_to_environment": "towpath-promote-to-environment"}


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_placeholders_are_substitutions(pipeline: Template, name: str) -> None:
    definition = (ROOT / "statemachines" / f"{name}.asl.json").read_text("utf-8")
    machine = pipeline.properties("AWS::StepFunctions::StateMachine", StateMachineName=MACHINES[name])
    assert set(re.findall(r"\$\{(\w+)\}", definition)) == set(machine["DefinitionSubstitutions"])
    assert json.loads(machine["DefinitionString"]) == json.loads(definition)


def test_every_handler_is_called_by_a_workflow_or_from_outside() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "statemachines").glob("*.asl.json"))
    called = {module for module in HANDLERS if f"${{{placeholder(module)}}}" in text}
    assert called == set(HANDLERS) - CALLED_FROM_OUTSIDE


def test_workflows_call_versions(pipeline: Template) -> None:
    versions = {*pipeline.of_type("AWS::Lambda::Version"), *pipeline.of_type("AWS::StepFunctions::StateMachineVersion")}
    for machine in pipeline.of_type("AWS::StepFunctions::StateMachine").values():
        called = {
            name: value
            for name, value in machine["Properties"]["DefinitionSubstitutions"].items()
            if name not in ("PollSeconds", "ApprovalSeconds")
        }
        assert called
        assert {value["Ref"] for value in called.values()} <= versions


def test_a_workflow_may_call_all_versions_of_its_handlers_and_nothing_else(pipeline: Template) -> None:
    for name, role in MACHINES.items():
        [statement] = [
            item for item in pipeline.statements_of(f"{role}-workflow") if actions_of(item) == ["lambda:InvokeFunction"]
        ]
        machine = pipeline.properties("AWS::StepFunctions::StateMachine", StateMachineName=role)
        used = {module for module in HANDLERS if placeholder(module) in machine["DefinitionSubstitutions"]}
        wanted = {f"function:towpath-{module.replace('_', '-')}:*" for module in used}
        assert {resource.split("<AWS::AccountId>:")[1] for resource in resources_of(statement)} == wanted, name


def test_logs_hold_no_data(pipeline: Template) -> None:
    for machine in pipeline.of_type("AWS::StepFunctions::StateMachine").values():
        logging = machine["Properties"]["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
        assert machine["Properties"]["TracingConfiguration"] == {"Enabled": True}


def test_a_version_is_published_for_each_revision_and_the_alias_follows(pipeline: Template) -> None:
    versions = pipeline.of_type("AWS::StepFunctions::StateMachineVersion")
    for version in versions.values():
        machine = version["Properties"]["StateMachineArn"]["Ref"]
        assert version["Properties"]["StateMachineRevisionId"] == {"Fn::GetAtt": [machine, "StateMachineRevisionId"]}
    routed = [
        item["Properties"]["RoutingConfiguration"]
        for item in pipeline.of_type("AWS::StepFunctions::StateMachineAlias").values()
    ]
    assert sorted(route["StateMachineVersionArn"]["Ref"] for [route] in routed) == sorted(versions)
    assert {route["Weight"] for [route] in routed} == {100}


def test_an_upload_starts_the_alias(pipeline: Template) -> None:
    rule = pipeline.properties("AWS::Events::Rule", Name="towpath-upload")
    [target] = rule["Targets"]
    aliases = pipeline.of_type("AWS::StepFunctions::StateMachineAlias")
    assert aliases[target["Arn"]["Ref"]]["Properties"]["Name"] == "live"
    assert target["Arn"]["Ref"].startswith("PromoteRelease")
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.s3"]
    assert pattern["detail"]["object"] == {"key": [{"prefix": "releases/"}]}
    [start] = pipeline.statements_of("towpath-upload-trigger")
    assert actions_of(start) == ["states:StartExecution"]
    # An alias is judged by its state machine's ARN: https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    assert resources_of(start)[0].endswith(":stateMachine:towpath-promote-release")
    assert start["Condition"] == {"StringEquals": {"states:StateMachineQualifier": "live"}}


def test_executions_that_end_badly_are_reconciled(pipeline: Template) -> None:
    rule = pipeline.properties("AWS::Events::Rule", Name="towpath-ended-badly")
    detail = rule["EventPattern"]["detail"]
    assert detail["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert sorted(flat(arn).rsplit(":", 1)[1] for arn in detail["stateMachineArn"]) == sorted(MACHINES.values())
    [target] = rule["Targets"]
    assert target["Arn"]["Ref"] in pipeline.of_type("AWS::Lambda::Version")
    permission = pipeline.properties("AWS::Lambda::Permission", Principal="events.amazonaws.com")
    assert permission["FunctionName"] == target["Arn"]


def test_what_cannot_be_delivered_is_kept_and_alarmed(pipeline: Template) -> None:
    queues = pipeline.of_type("AWS::SQS::Queue")
    for rule in pipeline.of_type("AWS::Events::Rule").values():
        [target] = rule["Properties"]["Targets"]
        assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] in queues
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86400
    [failures] = pipeline.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert failures["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in queues
    assert "Version" in str(failures["Properties"]["Qualifier"])
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in pipeline.of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    assert watched == set(queues)
