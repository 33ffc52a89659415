"""An environment's roles trust exactly the handlers that need them, pass only their own roles, and guard Towpath."""

from typing import Any

import pytest

from pipeline_stack.handler_table import HANDLERS, Need
from pipeline_stack.names import handler_name
from tests.infrastructure.templates import Assembly, Template, actions_of, flat, listed, resources_of


def trust_of(template: Template, role: str) -> dict[str, Any]:
    [statement] = template.role(role)["AssumeRolePolicyDocument"]["Statement"]
    return statement


@pytest.mark.parametrize(("kind", "need"), [("deployment", Need.DEPLOY), ("probe", Need.PROBE)])
def test_exactly_the_handlers_that_need_it_are_trusted(production: Template, kind: str, need: Need) -> None:
    trust = trust_of(production, f"towpath-production-{kind}")
    assert flat(trust["Principal"]["AWS"]) == "arn:<AWS::Partition>:iam::111111111111:root"
    trusted = {flat(arn) for arn in listed(trust["Condition"]["ArnEquals"]["aws:PrincipalArn"])}
    wanted = {handler_name(module) for module, spec in HANDLERS.items() if need in spec.needs}
    assert trusted == {f"arn:<AWS::Partition>:iam::111111111111:role/{name}" for name in wanted}


def test_services_are_trusted_by_name(production: Template) -> None:
    execution, shifting = (trust_of(production, f"towpath-production-{kind}") for kind in ("execution", "codedeploy"))
    assert execution["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert shifting["Principal"] == {"Service": "codedeploy.amazonaws.com"}


def test_only_its_own_roles_are_passed_and_only_to_their_services(production: Template) -> None:
    passing = [
        item for item in production.statements_of("towpath-production-deployment") if "iam:PassRole" in actions_of(item)
    ]
    services = sorted(item["Condition"]["StringEquals"]["iam:PassedToService"] for item in passing)
    assert services == ["cloudformation.amazonaws.com", "codedeploy.amazonaws.com"]
    assert all("*" not in resource for item in passing for resource in resources_of(item))


def test_stacks_are_changed_with_the_execution_role_only(production: Template) -> None:
    for item in production.statements_of("towpath-production-deployment"):
        on_stacks = any(":stack/" in resource for resource in resources_of(item))
        if item["Effect"] == "Allow" and "cloudformation:CreateChangeSet" in actions_of(item) and on_stacks:
            role = flat(item["Condition"]["StringEquals"]["cloudformation:RoleArn"])
            assert role.endswith(":role/towpath-production-execution")


def test_a_change_set_may_be_named_by_its_own_arn(production: Template) -> None:
    """Given as an ARN, AWS judges some calls by the change set and not by its stack; ours are called `towpath-…`."""
    by_arn = {"DescribeChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "GetTemplate"}
    for action in by_arn:
        allowed = {
            resource.rsplit(":", 1)[1]
            for item in production.statements_of("towpath-production-deployment")
            if item["Effect"] == "Allow" and f"cloudformation:{action}" in actions_of(item)
            for resource in resources_of(item)
        }
        assert allowed == {"stack/*", "changeSet/towpath-*"}, action


def guarded(template: Template, role: str) -> set[str]:
    return {
        resource.rsplit(":", 1)[1]
        for item in template.statements_of(role)
        if item["Effect"] == "Deny" and "cloudformation:CreateChangeSet" in actions_of(item)
        for resource in resources_of(item)
    }


def test_the_pipeline_is_changed_only_where_it_is_at_home(production: Template, home: Template) -> None:
    always = {"stack/towpath-environment-*/*", "stack/CDKToolkit/*"}
    assert guarded(home, "towpath-home-deployment") == always
    assert guarded(production, "towpath-production-deployment") == {*always, "stack/towpath-pipeline/*"}


def denied_to_releases(template: Template, role: str) -> dict[str, set[str]]:
    """Resource (without its account and region) to the actions that are denied on it."""
    found: dict[str, set[str]] = {}
    for item in template.statements_of(role):
        if item["Effect"] == "Deny":
            for resource in resources_of(item):
                found.setdefault(resource.rsplit(":", 1)[1], set()).update(actions_of(item))
    return found


ALARMS = {"cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:PutMetricAlarm"}


def test_a_release_cannot_change_what_limits_and_judges_it(production: Template) -> None:
    denied = denied_to_releases(production, "towpath-production-execution")
    assert {"iam:PutRolePolicy", "iam:PassRole", "iam:AttachRolePolicy"} <= denied["role/towpath-*"]
    assert denied["towpath-*"] == {"sqs:*", "lambda:*", "states:*", "codedeploy:*", "s3:Put*", "s3:Delete*", *ALARMS}
    assert denied["table/towpath-pipeline-*"] == {"dynamodb:*"}
    # A role of a handler that a later Towpath dropped is still trusted until the environment's stack says otherwise.
    assert "iam:CreateRole" in denied["role/towpath-*"]
    for logs in ("/aws/lambda/towpath-*", "/aws/vendedlogs/states/towpath-*"):
        assert {"logs:DeleteLogGroup", "logs:PutSubscriptionFilter"} <= denied[logs]
    assert denied["event-bus/towpath"] == denied["rule/towpath-*"] == {"events:*"}


def test_at_home_the_pipeline_changes_itself_but_not_its_limits(home: Template) -> None:
    denied = denied_to_releases(home, "towpath-home-execution")
    assert set(denied) == {f"role/towpath-home-{kind}" for kind in ("deployment", "execution", "codedeploy", "probe")}
    assert all({"iam:PutRolePolicy", "iam:PassRole"} <= actions for actions in denied.values())


def test_the_settings_policies_are_all_that_releases_get(production: Template, plain: Assembly) -> None:
    assert production.role("towpath-production-execution")["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/PowerUserAccess",
        "arn:aws:iam::aws:policy/IAMFullAccess",
    ]
    lab = plain.template("towpath-environment-lab")
    assert lab.role("towpath-lab-execution")["ManagedPolicyArns"] == ["arn:aws:iam::000000000000:policy/Deploy"]


def test_a_boundary_is_on_every_role(plain: Assembly) -> None:
    roles = plain.template("towpath-environment-lab").of_type("AWS::IAM::Role").values()
    assert len(roles) == 4
    assert {role["Properties"]["PermissionsBoundary"] for role in roles} == {
        "arn:aws:iam::000000000000:policy/Boundary"
    }


def test_probes_do_not_reach_the_pipeline(production: Template) -> None:
    denied = {
        action
        for item in production.statements_of("towpath-production-probe")
        if item["Effect"] == "Deny"
        for action in actions_of(item)
    }
    assert denied == {
        "lambda:InvokeFunction", "states:StartExecution", "states:StartSyncExecution", "events:PutEvents",
        "dynamodb:GetItem", "s3:GetObject",
    }  # fmt: skip


def test_traffic_moves_in_the_environments_application(production: Template) -> None:
    application = production.properties("AWS::CodeDeploy::Application")
    assert application == {"ApplicationName": "towpath-production", "ComputePlatform": "Lambda"}


def test_a_second_opinion_is_asked_for_only_where_the_settings_want_one(plain: Assembly, production: Template) -> None:
    asking = {
        role: [item for item in template.statements_of(role) if "access-analyzer:CheckNoNewAccess" in actions_of(item)]
        for role, template in (
            ("towpath-lab-deployment", plain.template("towpath-environment-lab")),
            ("towpath-production-deployment", production),
        )
    }
    assert len(asking["towpath-lab-deployment"]) == 1
    assert asking["towpath-production-deployment"] == []
