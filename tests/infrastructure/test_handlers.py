"""Each handler is a function of its own with a role of its own, and its old versions outlive it."""

from pathlib import Path

import pytest

from pipeline_stack import names
from pipeline_stack.handler_table import HANDLERS, Need
from tests.infrastructure.templates import ROOT, Assembly, Template, actions_of, resources_of

VARIABLES_LIMIT = 4096


def test_the_table_names_the_modules_that_there_are() -> None:
    modules = {path.stem for path in Path(ROOT / "handlers").glob("*.py") if path.stem != "__init__"}
    assert modules == set(HANDLERS)


def test_every_function_has_a_role_a_log_group_and_tracing(pipeline: Template) -> None:
    functions = pipeline.of_type("AWS::Lambda::Function").values()
    assert len(functions) == len(HANDLERS)
    roles = {str(item["Properties"]["Role"]) for item in functions}
    groups = {str(item["Properties"]["LoggingConfig"]["LogGroup"]) for item in functions}
    assert len(roles) == len(groups) == len(HANDLERS)
    assert {item["Properties"]["TracingConfig"]["Mode"] for item in functions} == {"Active"}


def test_what_running_executions_need_is_retained(pipeline: Template) -> None:
    kept = ("AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Logs::LogGroup",
            "AWS::StepFunctions::StateMachineVersion")  # fmt: skip
    for resource_type in kept:
        for name, resource in pipeline.of_type(resource_type).items():
            policies = (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
            assert policies == ("RetainExceptOnCreate", "Retain"), name
    for module in HANDLERS:
        [role] = [
            item for item in pipeline.of_type("AWS::IAM::Role").values()
            if item["Properties"].get("RoleName") == names.handler_name(module)
        ]  # fmt: skip
        assert role["DeletionPolicy"] == "RetainExceptOnCreate"


def test_log_groups_forget_after_the_settings_days(pipeline: Template) -> None:
    days = {item["Properties"]["RetentionInDays"] for item in pipeline.of_type("AWS::Logs::LogGroup").values()}
    assert days == {90}


def test_the_variables_fit_into_a_function(pipeline: Template) -> None:
    for function in pipeline.of_type("AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        # Names of generated resources are at most 63 characters.
        size = sum(len(key) + (len(value) if isinstance(value, str) else 63) for key, value in variables.items())
        assert size < VARIABLES_LIMIT


@pytest.mark.parametrize("module", sorted(HANDLERS))
def test_a_handler_may_do_what_its_needs_say(pipeline: Template, module: str) -> None:
    statements = pipeline.statements_of(names.handler_name(module))
    allowed = {action for statement in statements for action in actions_of(statement)}
    expected = {"logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    for need in HANDLERS[module].needs:
        expected |= MEANING[need]
    if module == "reconcile_execution":
        # It is called asynchronously, and what it fails at goes to a queue.
        expected.add("sqs:SendMessage")
    assert allowed == expected
    assert not [action for action in allowed if "*" in action]


MEANING = {
    Need.READ_RELEASES: {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"},
    Need.PUBLISH_ASSETS: {"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucket"},
    Need.READ_ASSETS: {"s3:GetObject", "s3:ListBucket"},
    Need.READ_DOCUMENTS: {"s3:GetObject", "s3:ListBucket"},
    Need.WRITE_DOCUMENTS: {"s3:PutObject"},
    Need.LEDGER: {
        "dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem",
    },
    Need.ANNOUNCE: {"events:PutEvents"},
    Need.DEPLOY: {"sts:AssumeRole"},
    Need.PROBE: {"sts:AssumeRole"},
    Need.LOOK_AT_EXECUTIONS: {"states:DescribeExecution"},
    Need.ANSWER_TASKS: {"states:SendTaskSuccess"},
}  # fmt: skip


def test_only_the_prober_assumes_probe_roles(pipeline: Template) -> None:
    for module in HANDLERS:
        assumed = [
            resource
            for statement in pipeline.statements_of(names.handler_name(module))
            if "sts:AssumeRole" in actions_of(statement)
            for resource in resources_of(statement)
        ]
        assert any(role.endswith("-probe") for role in assumed) == (module == "run_probes")
        assert len([role for role in assumed if role.endswith("-deployment")]) in (0, 4)


def test_a_change_of_the_settings_is_a_new_version(assembly: Assembly, plain: Assembly) -> None:
    one, other = (item.template("towpath-pipeline").of_type("AWS::Lambda::Version") for item in (assembly, plain))
    assert len(one) == len(other) == len(HANDLERS)
    assert not set(one) & set(other)
