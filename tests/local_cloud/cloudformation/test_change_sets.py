"""What a change set lists and says, and which stacks take one; every test would pass against AWS too."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]

pytestmark = pytest.mark.embedded
UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def parameter(value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


def changes(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"] for one in described["Changes"]}


def properties(context: str) -> dict[str, Any]:
    return json.loads(context)["Properties"]


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**given)
    answer = cast(Any, error.value.response)["Error"]
    return answer["Code"], answer["Message"]


def test_contexts_show_what_is_and_what_will_be(stacks: Any) -> None:
    first = {"Resources": {"Queue": queue(DelaySeconds=1), "Name": parameter({"Fn::GetAtt": ["Queue", "QueueName"]})}}
    name = stacks.create(first)
    second = {
        "Resources": {
            "Queue": queue(DelaySeconds=2) | {"DeletionPolicy": "Retain"},
            "Other": queue(),
            "Name": parameter({"Fn::Sub": "${Queue.Arn} and ${Other.QueueName}"}),
        }
    }
    found = changes(stacks.change_set(name, second))
    assert {key: one["Action"] for key, one in found.items()} == {"Queue": "Modify", "Other": "Add", "Name": "Modify"}
    changed = found["Queue"]
    assert properties(changed["BeforeContext"]) == {"DelaySeconds": 1}
    assert json.loads(changed["AfterContext"]) == {"Properties": {"DelaySeconds": 2}, "DeletionPolicy": "Retain"}
    assert (changed["Replacement"], changed["Scope"]) == ("False", ["Properties", "DeletionPolicy"])
    target = changed["Details"][0]["Target"]
    assert (target["Path"], target["BeforeValue"], target["AfterValue"]) == ("/Properties/DelaySeconds", "1", "2")
    assert target["AttributeChangeType"] == "Modify"
    assert "BeforeContext" not in found["Other"]
    assert properties(found["Other"]["AfterContext"]) == {}
    arn = stacks.physical_id(name, "Queue").rsplit("/", 1)[-1]
    before, after = properties(found["Name"]["BeforeContext"]), properties(found["Name"]["AfterContext"])
    assert before["Value"] == arn
    assert after["Value"] == f"arn:aws:sqs:us-east-1:000000000000:{arn} and {UNKNOWN}"


def test_values_are_shown_when_asked_for(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Queue": queue(DelaySeconds=1)}})
    made = stacks.change_set(name, {"Resources": {"Queue": queue(DelaySeconds=2)}})
    plain = changes(stacks.service.describe_change_set(ChangeSetName=made["ChangeSetId"]))["Queue"]
    assert not {"BeforeContext", "AfterContext"} & plain.keys()
    assert plain["Details"][0]["Target"] == {
        "Attribute": "Properties",
        "Name": "DelaySeconds",
        "RequiresRecreation": "Never",
    }


def test_a_removed_resource_shows_what_it_was(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Queue": queue(), "Old": queue(DelaySeconds=5)}})
    old = changes(stacks.change_set(name, {"Resources": {"Queue": queue()}}))["Old"]
    assert (old["Action"], old["PolicyAction"]) == ("Remove", "Delete")
    assert properties(old["BeforeContext"]) == {"DelaySeconds": 5}
    assert "AfterContext" not in old


def test_a_replacement_is_certain_where_the_schema_says_so(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Queue": queue(), "Name": parameter({"Ref": "Queue"})}})
    second = {"Resources": {"Queue": queue(FifoQueue=True), "Name": parameter({"Ref": "Queue"})}}
    found = changes(stacks.change_set(name, second))
    assert found["Queue"]["Replacement"] == "True"
    assert found["Queue"]["PolicyAction"] == "ReplaceAndDelete"
    assert found["Queue"]["Details"][0]["Target"]["RequiresRecreation"] == "Always"
    assert found["Name"]["Replacement"] == "False"
    assert found["Name"]["Details"][0]["ChangeSource"] == "ResourceReference"
    assert properties(found["Name"]["AfterContext"])["Value"] == UNKNOWN


def test_only_resources_whose_condition_holds_are_listed(stacks: Any) -> None:
    def template(delay: int) -> dict[str, Any]:
        return {
            "Parameters": {"On": {"Type": "String", "Default": "no"}},
            "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
            "Resources": {"Queue": queue(DelaySeconds=delay), "Sometimes": queue() | {"Condition": "IsOn"}},
        }

    created = stacks.change_set(stacks.fresh_name(), template(1), "CREATE")
    assert changes(created).keys() == {"Queue"}
    assert stacks.execute(created) == "CREATE_COMPLETE"
    name = created["StackName"]
    on = [{"ParameterKey": "On", "ParameterValue": "yes"}]
    turned_on = stacks.change_set(name, template(2), Parameters=on)
    assert {key: one["Action"] for key, one in changes(turned_on).items()} == {"Queue": "Modify", "Sometimes": "Add"}
    assert stacks.execute(turned_on) == "UPDATE_COMPLETE"
    turned_off = stacks.change_set(name, template(2))
    assert {key: one["Action"] for key, one in changes(turned_off).items()} == {"Sometimes": "Remove"}


def test_a_reference_that_moves_to_another_resource_is_a_change(stacks: Any) -> None:
    resources = {"A": queue(), "B": queue(), "Name": parameter({"Fn::GetAtt": ["A", "QueueName"]})}
    name = stacks.create({"Resources": resources})
    moved = resources | {"Name": parameter({"Fn::GetAtt": ["B", "QueueName"]})}
    found = changes(stacks.change_set(name, {"Resources": moved}))
    assert found.keys() == {"Name"}
    assert properties(found["Name"]["AfterContext"])["Value"] == stacks.physical_id(name, "B").rsplit("/", 1)[-1]


def test_secret_parameters_and_references_to_secrets_stay_hidden(client: Client, stacks: Any) -> None:
    template = {
        "Parameters": {"Word": {"Type": "String", "NoEcho": True}},
        "Resources": {"Word": parameter({"Fn::Sub": "it is ${Word}"}), "Secret": parameter("{{resolve:ssm:/none}}")},
    }
    client("ssm").put_parameter(Name="/none", Value="resolved", Type="String", Overwrite=True)
    word = [{"ParameterKey": "Word", "ParameterValue": "open sesame"}]
    described = stacks.change_set(stacks.fresh_name(), template, "CREATE", Parameters=word)
    assert "open sesame" not in json.dumps(described, default=str)
    assert described["Parameters"] == [{"ParameterKey": "Word", "ParameterValue": "****"}]
    found = changes(described)
    assert properties(found["Word"]["AfterContext"])["Value"] == "it is ****"
    assert properties(found["Secret"]["AfterContext"])["Value"] == "{{resolve:ssm:/none}}"


def test_no_change_is_a_failed_change_set_with_a_reason(stacks: Any) -> None:
    template = {"Resources": {"Queue": queue()}}
    name = stacks.create(template)
    described = stacks.change_set(name, template)
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert described["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )
    execute = stacks.service.execute_change_set
    assert refused(execute, ChangeSetName=described["ChangeSetId"])[0] == "InvalidChangeSetStatus"


def test_executing_one_change_set_deletes_the_others(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Queue": queue()}})
    first = stacks.change_set(name, {"Resources": {"Queue": queue(DelaySeconds=1)}})
    second = stacks.change_set(name, {"Resources": {"Queue": queue(DelaySeconds=2)}})
    assert stacks.execute(second) == "UPDATE_COMPLETE"
    describe = stacks.service.describe_change_set
    assert refused(describe, ChangeSetName=first["ChangeSetId"])[0] == "ChangeSetNotFound"
    assert describe(ChangeSetName=second["ChangeSetId"])["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_a_stack_that_only_has_change_sets_stays_the_same_stack(stacks: Any) -> None:
    name = stacks.fresh_name()
    first = stacks.change_set(name, {"Resources": {"Queue": queue()}}, "CREATE")
    assert stacks.status(name) == "REVIEW_IN_PROGRESS"
    second = stacks.change_set(name, {"Resources": {"Other": queue()}}, "CREATE")
    assert second["StackId"] == first["StackId"] == stacks.describe(name)["StackId"]
    create = stacks.service.create_change_set
    given = {"StackName": name, "ChangeSetName": "bad", "ChangeSetType": "CREATE"}
    unknown = json.dumps({"Resources": {"Thing": {"Type": "AWS::No::Such"}}})
    assert refused(create, **given, TemplateBody=unknown)[0] == "ValidationError"
    assert stacks.describe(name)["StackId"] == first["StackId"]
    listed = stacks.service.list_change_sets(StackName=first["StackId"])["Summaries"]
    assert {one["ChangeSetId"] for one in listed} == {first["ChangeSetId"], second["ChangeSetId"]}
    described = stacks.service.describe_change_set(StackName=first["StackId"], ChangeSetName=first["ChangeSetName"])
    assert described["ChangeSetId"] == first["ChangeSetId"]
    assert stacks.execute(second) == "CREATE_COMPLETE"


def test_a_stack_after_a_failed_creation_takes_none(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Queue": queue(DelaySeconds=100000)}})
    assert stacks.status(name) == "ROLLBACK_COMPLETE"
    template = json.dumps({"Resources": {"Queue": queue()}})
    given = {"StackName": name, "ChangeSetName": "next", "TemplateBody": template}
    create = stacks.service.create_change_set
    code, message = refused(create, **given, ChangeSetType="UPDATE")
    assert code == "ValidationError"
    assert message == f"Stack:{stacks.describe(name)['StackId']} is in ROLLBACK_COMPLETE state and can not be updated."
    assert refused(create, **given, ChangeSetType="CREATE")[0] == "AlreadyExistsException"


def test_a_stack_in_progress_takes_none(client: Client, stacks: Any) -> None:
    wait = {
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "3"},
        },
    }
    name = stacks.create({"Resources": {"Queue": queue()}})
    prepared = stacks.change_set(name, {"Resources": {"Queue": queue(DelaySeconds=1)}})
    change = stacks.change_set(name, {"Resources": {"Queue": queue()} | wait})
    stacks.service.execute_change_set(ChangeSetName=change["ChangeSetId"])
    template = json.dumps({"Resources": {"Queue": queue(DelaySeconds=9)}})
    given = {"StackName": name, "ChangeSetName": "next", "TemplateBody": template}
    code, message = refused(stacks.service.create_change_set, **given)
    assert code == "ValidationError"
    assert "is in UPDATE_IN_PROGRESS state and can not be updated" in message
    assert refused(stacks.service.execute_change_set, ChangeSetName=prepared["ChangeSetId"])[0] in (
        "ChangeSetNotFound",
        "InvalidChangeSetStatus",
    )
    assert stacks.ended(name) == "UPDATE_ROLLBACK_COMPLETE"


def test_the_new_template_can_be_read_before_it_is_live(stacks: Any) -> None:
    name = stacks.create({"Resources": {"Queue": queue()}})
    new = {"Resources": {"Queue": queue(DelaySeconds=1)}}
    made = stacks.change_set(name, new)
    get = stacks.service.get_template
    assert get(ChangeSetName=made["ChangeSetId"], TemplateStage="Processed")["TemplateBody"] == new
    assert get(StackName=name, ChangeSetName=made["ChangeSetName"], TemplateStage="Processed")["TemplateBody"] == new
    assert get(StackName=name, TemplateStage="Processed")["TemplateBody"] == {"Resources": {"Queue": queue()}}
