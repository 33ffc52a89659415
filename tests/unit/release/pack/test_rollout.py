"""Functions under rollout get a version per content and an alias that the pipeline moves, and their triggers follow."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.release.manifest import Rollout
from towpath.release.pack.findings import Findings
from towpath.release.pack.packed import Packed
from towpath.release.pack.packing import pack_template
from towpath.release.pack.rollout.expression import references, refers_to, rename
from towpath.release.pack.rollout.fingerprint import stamped
from towpath.release.pack.rollout.rolling import Rolling
from towpath.release.pack.rollout.wish import RolloutWish
from towpath.template.conditions import Truth
from towpath.template.loading import Template, load_template
from towpath.template.resolution import resolve
from towpath.verdict import Verdict

FUNCTION = """
  Fn:
    Type: AWS::Lambda::Function
    Properties: {Code: {S3Bucket: b, S3Key: one}, Handler: a.b, Runtime: python3.12, Role: arn, Description: Does it.}
"""
ALIAS_ARN = {"Ref": "FnLive"}


def roll(
    resources: str, *, wishes: tuple[RolloutWish, ...] = (RolloutWish("Fn"),), head: str = "", **options: Any
) -> tuple[Rolling, Findings]:
    findings = Findings()
    template = load_template(f"{head}\nResources:{FUNCTION}{resources}")
    rolling = Rolling(template, options.pop("parameters", {}), findings, **options)
    rolling.put(wishes)
    return rolling, findings


def resources_of(rolling: Rolling) -> dict[str, Any]:
    return rolling.template.section("Resources")


def version_id(rolling: Rolling) -> str:
    (found,) = [name for name, entry in resources_of(rolling).items() if entry["Type"] == "AWS::Lambda::Version"]
    return found


def test_a_plain_function_gets_a_version_an_alias_and_a_parameter() -> None:
    rolling, findings = roll("")
    found = resources_of(rolling)
    version = version_id(rolling)
    assert found[version] == {
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"FunctionName": {"Ref": "Fn"}},
    }
    assert rolling.template.document["Parameters"]["TowpathFnLiveVersion"]["Default"] == ""
    assert rolling.entries == (Rollout("Fn", "FnLive", "live", "canary-10-percent-5-minutes", "TowpathFnLiveVersion"),)
    assert not findings.refusals
    mark = version.removeprefix("FnVersion")
    assert found["Fn"]["Properties"]["Description"] == f"Does it. [{mark}]"


@pytest.mark.parametrize(("value", "expected"), [("", "GetAtt"), ("7", "7")])
def test_the_alias_takes_the_new_version_first_and_the_live_one_afterwards(value: str, expected: str) -> None:
    rolling, _ = roll("")
    resolved = resolve(rolling.template, {"TowpathFnLiveVersion": value})
    assert resolved.conditions["TowpathFnFirstDeployment"] is Truth.of(value == "")
    taken = resolved.resources["FnLive"].properties["FunctionVersion"]
    assert str(taken) == (f"${{{version_id(rolling)}.Version}}" if expected == "GetAtt" else "7")


CHANGES = {
    "code": FUNCTION.replace("one", "two"),
    "memory": FUNCTION.replace("Handler: a.b", "Handler: a.b, MemorySize: 512"),
    "layer content": FUNCTION.replace("Role: arn", "Role: arn, Layers: [!Ref Layer]"),
    "handler": FUNCTION.replace("a.b", "a.c"),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES.keys())
def test_the_version_changes_with_code_and_configuration(changed: str) -> None:
    text = f"Resources:{FUNCTION}  Layer: {{Type: 'AWS::Lambda::LayerVersion'}}\n"
    assert _version(text) != _version(text.replace(FUNCTION, changed))


def _version(text: str, parameters: dict[str, dict[str, str]] | None = None) -> str:
    rolling = Rolling(load_template(text), parameters or {}, Findings())
    rolling.put([RolloutWish("Fn")])
    return version_id(rolling)


def test_the_version_changes_with_what_the_configuration_refers_to() -> None:
    function = FUNCTION.replace(
        "Role: arn",
        "Role: !GetAtt Role.Arn, Layers: [!Ref Layer], MemorySize: !If [Big, 512, !FindInMap [M, a, b]], "
        "Environment: {Variables: {T: !Sub '${Table}', E: !Ref Env}}",
    )
    text = f"""
Parameters: {{Env: {{Type: String}}, Size: {{Type: String}}, Other: {{Type: String}}}}
Mappings: {{M: {{a: {{b: 128}}}}}}
Conditions: {{Big: !Equals [!Ref Size, big]}}
Resources:{function}
  Layer: {{Type: AWS::Lambda::LayerVersion, Properties: {{Content: {{S3Bucket: b, S3Key: one}}}}}}
  Table: {{Type: AWS::DynamoDB::Table, Properties: {{KeySchema: [k]}}}}
  Role: {{Type: AWS::IAM::Role, Properties: {{Path: /a/}}}}
"""
    values = {"*": {"Env": "x", "Size": "big", "Other": "1"}}
    before = _version(text, values)
    assert before == _version(text.replace("/a/", "/b/"), values)
    assert before == _version(text, {"*": {**values["*"], "Other": "2"}})
    for changed in (text.replace("{b: 128}", "{b: 256}"), text.replace("KeySchema: [k]", "KeySchema: [l]")):
        assert before != _version(changed, values)
    assert before != _version(text, {"*": {**values["*"], "Env": "y"}})
    assert before != _version(text, {"*": {**values["*"], "Size": "small"}})
    assert before != _version(text, {**values, "production": {"Env": "y"}})


def test_what_is_no_part_of_a_version_changes_none() -> None:
    text = f"Resources:{FUNCTION}"
    for extra in ("Tags: [{Key: a, Value: b}]", "ReservedConcurrentExecutions: 5", "CodeSigningConfigArn: x"):
        assert _version(text) == _version(text.replace("Role: arn", f"Role: arn, {extra}"))


def test_the_mark_fits_any_description() -> None:
    assert stamped(None, "abc") == "Content [abc]"
    assert len(stamped("x" * 256, "abc")) == 256
    assert stamped("x" * 256, "abc").endswith(" [abc]")
    assert stamped({"Ref": "P"}, "abc") == {"Fn::Join": [" ", [{"Ref": "P"}, "[abc]"]]}


URI = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${%s}/invocations"
MACHINE = "AWS::StepFunctions::StateMachine"
MOVED: dict[str, tuple[str, Any]] = {
    "event source mapping": (
        "{Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Fn}}",
        {"FunctionName": ALIAS_ARN},
    ),
    "rule": (
        "{Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: !GetAtt Fn.Arn}, {Id: b, Arn: x}]}}",
        {"Targets": [{"Id": "a", "Arn": ALIAS_ARN}, {"Id": "b", "Arn": "x"}]},
    ),
    "long form as text": (
        "{Type: AWS::SNS::Subscription, Properties: {Endpoint: {'Fn::GetAtt': Fn.Arn}}}",
        {"Endpoint": ALIAS_ARN},
    ),
    "topic": (
        "{Type: AWS::SNS::Topic, Properties: {Subscription: [{Endpoint: !GetAtt Fn.Arn, Protocol: lambda}]}}",
        {"Subscription": [{"Endpoint": ALIAS_ARN, "Protocol": "lambda"}]},
    ),
    "method": (
        f"{{Type: AWS::ApiGateway::Method, Properties: {{Integration: {{Uri: !Sub '{URI % 'Fn.Arn'}'}}}}}}",
        {"Integration": {"Uri": {"Fn::Sub": URI % "FnLive"}}},
    ),
    "name inside an ARN": (
        "{Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !Sub 'arn:x:function:${Fn}'}}",
        {"IntegrationUri": {"Fn::Sub": "arn:x:function:${Fn}:live"}},
    ),
    "join": (
        "{Type: AWS::ApiGateway::Authorizer, Properties: {AuthorizerUri: !Join ['', [a, !GetAtt Fn.Arn, b]]}}",
        {"AuthorizerUri": {"Fn::Join": ["", ["a", ALIAS_ARN, "b"]]}},
    ),
    "substitutions": (
        f"{{Type: {MACHINE}, Properties: {{DefinitionSubstitutions: {{A: !GetAtt Fn.Arn, B: !Ref Fn}}}}}}",
        {"DefinitionSubstitutions": {"A": ALIAS_ARN, "B": {"Fn::Join": [":", [{"Ref": "Fn"}, "live"]]}}},
    ),
    "variables of a text": (
        "{Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionString: !Sub ['${F}', {F: !GetAtt Fn.Arn}]}}",
        {"DefinitionString": {"Fn::Sub": ["${F}", {"F": ALIAS_ARN}]}},
    ),
    "open API body": (
        f"{{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {{paths: {{/: {{uri: !Sub '{URI % 'Fn.Arn'}'}}}}}}}}}}",
        {"Body": {"paths": {"/": {"uri": {"Fn::Sub": URI % "FnLive"}}}}},
    ),
    "bucket": (
        (
            "{Type: AWS::S3::Bucket, Properties: "
            "{NotificationConfiguration: {LambdaConfigurations: [{Function: !GetAtt Fn.Arn}]}}}"
        ),
        {"NotificationConfiguration": {"LambdaConfigurations": [{"Function": ALIAS_ARN}]}},
    ),
    "url": (
        "{Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref Fn, AuthType: NONE}}",
        {"TargetFunctionArn": {"Ref": "Fn"}, "AuthType": "NONE", "Qualifier": "live"},
    ),
    "destinations": (
        "{Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Fn, Qualifier: $LATEST}}",
        {"FunctionName": {"Ref": "Fn"}, "Qualifier": "live"},
    ),
    "permission of a rule": (
        "{Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt Fn.Arn, SourceArn: !GetAtt Queue.Arn}}",
        {"FunctionName": ALIAS_ARN, "SourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
    ),
    "permission of a URL": (
        "{Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Fn, FunctionUrlAuthType: NONE}}",
        {"FunctionName": ALIAS_ARN, "FunctionUrlAuthType": "NONE"},
    ),
    "policy": (
        (
            "{Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: "
            "{Effect: Allow, Action: [lambda:InvokeFunction], Resource: !GetAtt Fn.Arn}}}}"
        ),
        {
            "PolicyDocument": {
                "Statement": {
                    "Effect": "Allow",
                    "Action": ["lambda:InvokeFunction"],
                    "Resource": [{"Fn::GetAtt": ["Fn", "Arn"]}, {"Fn::Sub": "${Fn.Arn}:live"}],
                }
            }
        },
    ),
}


@pytest.mark.parametrize(("trigger", "expected"), MOVED.values(), ids=MOVED.keys())
def test_a_trigger_is_moved_to_the_alias_and_listed(trigger: str, expected: Any) -> None:
    rolling, findings = roll(f"  Trigger: {trigger}\n  Queue: {{Type: AWS::SQS::Queue}}")
    found = resources_of(rolling)["Trigger"]
    assert found["Properties"] == expected
    assert not findings.refusals
    assert rolling.moved
    assert all(reference.place.startswith("Resources.Trigger.Properties.") for reference in rolling.moved)
    needs_no_waiting = "IAM::Policy" in trigger or refers_to(expected, "FnLive")
    assert needs_no_waiting or found["DependsOn"] == ["FnLive"]


KEPT = {
    "alarm": "{Type: AWS::CloudWatch::Alarm, Properties: {Dimensions: [{Name: FunctionName, Value: !Ref Fn}]}}",
    "log group": "{Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/aws/lambda/${Fn}'}}",
    "custom resource": "{Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Fn.Arn}}",
    "other version": "{Type: AWS::Lambda::Function, Properties: {Tags: [{Key: a, Value: !Ref Fn}]}}",
    "policy for something else": "{Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, "
    "Action: lambda:GetFunction, Resource: !GetAtt Fn.Arn}]}}}",
    "denial": "{Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: [{Effect: Deny, "
    "Action: lambda:InvokeFunction, Resource: !GetAtt Fn.Arn}]}}}",
    "policy for all versions": "{Type: AWS::IAM::Policy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, "
    "Action: lambda:InvokeFunction, Resource: [!GetAtt Fn.Arn, !Sub '${Fn.Arn}:*']}]}}}",
    "scaling": "{Type: AWS::ApplicationAutoScaling::ScalableTarget, Properties: {ResourceId: !Sub 'x:${Fn}:live'}}",
    "name of another alias": "{Type: AWS::ApiGatewayV2::Integration, Properties: {IntegrationUri: !Sub '${Fn}:blue'}}",
    "ARN of another alias": "{Type: AWS::Events::Rule, Properties: {Targets: [{Arn: !Sub '${Fn.Arn}:blue'}]}}",
    "url on another alias": "{Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref Fn, Qualifier: blue}}",
}


@pytest.mark.parametrize("resource", KEPT.values(), ids=KEPT.keys())
def test_what_only_speaks_of_the_function_stays(resource: str) -> None:
    rolling, findings = roll(f"  R: {resource}")
    assert not findings.refusals
    assert not rolling.moved
    assert resources_of(rolling)["R"] == load_template(f"R: {resource}").document["R"]


UNCLEAR = {
    "other function's variable": "{Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {F: !Ref Fn}}}}",
    "nested stack": "{Type: AWS::CloudFormation::Stack, Properties: {Parameters: {F: !GetAtt Fn.Arn}}}",
    "unknown type": "{Type: AWS::Something::New, Properties: {Target: !GetAtt Fn.Arn}}",
    "parameter store": "{Type: AWS::SSM::Parameter, Properties: {Value: !Sub 'x-${Fn.Arn}'}}",
}


@pytest.mark.parametrize("resource", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_a_reference_that_cannot_be_moved_safely_is_refused_unless_it_may_stay(resource: str) -> None:
    _, findings = roll(f"  R: {resource}\n  S: {resource}")
    assert [reason.code for reason in findings.refusals] == ["reference-not-movable"] * 2
    assert "Resources.R.Properties." in findings.refusals[0].message
    assert "keep = [" in findings.refusals[0].remedy
    _, kept = roll(f"  R: {resource}", wishes=(RolloutWish("Fn", keep=("Resources.R.*",)),))
    assert not kept.refusals


def test_a_function_that_is_called_by_its_own_name_is_noticed() -> None:
    named = "  R: {Type: AWS::Events::Rule, Properties: {Targets: [{Arn: 'arn:aws:lambda:r:1:function:orders'}]}}\n"
    named += "  E: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: orders}}"
    findings = Findings()
    text = f"Resources:{FUNCTION.replace('Role: arn', 'Role: arn, FunctionName: orders')}{named}"
    Rolling(load_template(text), {}, findings).put([RolloutWish("Fn")])
    assert [reason.code for reason in findings.refusals] == ["reference-not-movable"] * 2


def test_permissions_for_callers_outside_are_doubled_and_outputs_mentioned() -> None:
    rolling, findings = roll(
        "  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Fn, Principal: '111122223333'}}\n"
        "Outputs: {Arn: {Value: !GetAtt Fn.Arn}}"
    )
    found = resources_of(rolling)
    assert found["P"]["Properties"]["FunctionName"] == {"Ref": "Fn"}
    assert found["PFnLive"]["Properties"] == {"FunctionName": ALIAS_ARN, "Principal": "111122223333"}
    assert [reason.code for reason in findings.notices] == ["callers-outside", "output-names-function"]


def test_an_alias_and_version_that_are_there_are_kept_and_every_reference_follows_the_new_name() -> None:
    rolling, findings = roll(
        "  Ver: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Fn, Description: d}}\n"
        "  Al: {Type: AWS::Lambda::Alias, DependsOn: [Ver, Fn], Properties: "
        "{FunctionName: !Ref Fn, Name: prod, FunctionVersion: !GetAtt Ver.Version}}\n"
        "  Map: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Al}}\n"
        "Outputs: {V: {Value: !Sub 'v ${Ver.Version} ${ Ver } ${Verse}'}}"
    )
    found = resources_of(rolling)
    version = version_id(rolling)
    assert "Ver" not in found
    assert found[version]["Properties"]["Description"] == "d"
    assert found[version]["DeletionPolicy"] == found[version]["UpdateReplacePolicy"] == "Retain"
    assert found["Al"]["DependsOn"] == [version, "Fn"]
    assert found["Al"]["Properties"]["FunctionVersion"]["Fn::If"][1] == {"Fn::GetAtt": [version, "Version"]}
    assert (
        rolling.template.document["Outputs"]["V"]["Value"]["Fn::Sub"]
        == f"v ${{{version}.Version}} ${{{version} }} ${{Verse}}"
    )
    assert rolling.entries[0].alias_name == "prod"
    assert not findings.refusals
    assert not rolling.moved


def test_an_alias_that_cloudformation_shifts_is_watched_with_its_own_strategy() -> None:
    text = (
        "  Ver: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Fn}}\n"
        "  Al:\n    Type: AWS::Lambda::Alias\n"
        "    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {DeploymentGroupName: !Ref Group}}\n"
        "    Properties: {FunctionName: !Ref Fn, Name: live, FunctionVersion: !GetAtt Ver.Version}\n"
        "  Group: {Type: AWS::CodeDeploy::DeploymentGroup, Properties: {DeploymentConfigName: "
        "CodeDeployDefault.LambdaLinear10PercentEvery1Minute}}"
    )
    for wishes in ((), (RolloutWish("Fn"),)):
        rolling, findings = roll(text, wishes=wishes)
        assert rolling.entries == (Rollout("Fn", "Al", "live", "linear-10-percent-every-1-minutes", watched=True),)
        assert resources_of(rolling)["Ver"]["DeletionPolicy"] == "Retain"
        assert [reason.code for reason in findings.notices] == ["rollout-watched"]
        assert "Parameters" not in rolling.template.document


def test_an_api_gets_a_new_snapshot_when_its_integration_moves() -> None:
    method = f"{{Type: AWS::ApiGateway::Method, Properties: {{Integration: {{Uri: !Sub '{URI % 'Fn.Arn'}'}}}}}}"
    rolling, findings = roll(
        f"  M: {method}\n  D: {{Type: AWS::ApiGateway::Deployment, DependsOn: M}}\n"
        "  S: {Type: AWS::ApiGateway::Stage, Properties: {DeploymentId: !Ref D}}"
    )
    found = resources_of(rolling)
    (deployment,) = [name for name in found if name.startswith("D")]
    assert deployment != "D"
    assert found["S"]["Properties"]["DeploymentId"] == {"Ref": deployment}
    assert [reason.code for reason in findings.notices] == ["deployment-renewed"]


def test_conditions_of_the_function_hold_for_its_version_and_alias() -> None:
    findings = Findings()
    function = FUNCTION.replace("Properties:", "Condition: C\n    Properties:")
    text = f"Conditions: {{C: !Equals [a, b]}}\nResources:{function}"
    rolling = Rolling(load_template(text), {}, findings)
    rolling.put([RolloutWish("Fn")])
    assert {resources_of(rolling)[name]["Condition"] for name in (version_id(rolling), "FnLive")} == {"C"}


WRONG = {
    "unknown function": ("", (RolloutWish("Nope"),), "rollout-unknown-function"),
    "not a function": ("  Q: {Type: AWS::SQS::Queue}", (RolloutWish("Q"),), "rollout-unknown-function"),
    "unknown alarm": ("", (RolloutWish("Fn", alarms=("A",)),), "rollout-unknown-alarm"),
    "name taken": ("  FnLive: {Type: AWS::SQS::Queue}", (RolloutWish("Fn"),), "alias-name-taken"),
    "several aliases": (
        "\n".join(
            f"  {n}: {{Type: AWS::Lambda::Alias, Properties: {{FunctionName: !Ref Fn, Name: {n}}}}}" for n in "AB"
        ),
        (RolloutWish("Fn"),),
        "alias-ambiguous",
    ),
    "weights of its own": (
        "  A: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Fn, Name: a, RoutingConfig: {}}}",
        (RolloutWish("Fn"),),
        "alias-routing",
    ),
}


@pytest.mark.parametrize(("resources", "wishes", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_wish_that_cannot_be_met_is_refused(resources: str, wishes: tuple[RolloutWish, ...], code: str) -> None:
    _, findings = roll(resources, wishes=wishes)
    assert [reason.code for reason in findings.refusals] == [code]


def test_two_functions_under_rollout_that_call_each_other_in_one_direction() -> None:
    second = (
        "  Two: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}, Role: r}}\n"
        "  Map: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Two}}"
    )
    rolling, findings = roll(second, wishes=(RolloutWish("Two"), RolloutWish("Fn")))
    assert [entry.function for entry in rolling.entries] == ["Fn", "Two"]
    assert resources_of(rolling)["Map"]["Properties"]["FunctionName"] == {"Ref": "TwoLive"}
    assert not findings.refusals


SAM = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Env: {Type: String}, Alias: {Type: String, Default: live}}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Environment: {Variables: {ENV: !Ref Env, WHERE: !Ref AWS::Region}}
      Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
  Queue: {Type: AWS::SQS::Queue}
"""


def pack_sam(tmp_path: Path, text: str, **options: Any) -> Packed | Verdict:
    (tmp_path / "src").mkdir(exist_ok=True)
    (tmp_path / "src/app.py").write_text("x")
    (tmp_path / "template.yaml").write_text(text)
    return pack_template(tmp_path / "template.yaml", tmp_path, **options)


def test_a_sam_function_is_expanded_with_its_alias_and_its_triggers_are_listed(tmp_path: Path) -> None:
    found = pack_sam(tmp_path, SAM, rollout=(RolloutWish("Fn"),))
    assert isinstance(found, Packed)
    document = json.loads(found.template)
    assert "Transform" not in document
    assert found.capabilities == ("CAPABILITY_IAM",)
    assert document["Resources"]["Fn"]["Properties"]["Environment"]["Variables"] == {
        "ENV": {"Ref": "Env"},
        "WHERE": {"Ref": "AWS::Region"},
    }
    assert [reference.place for reference in found.moved] == ["Resources.FnQ.Properties.FunctionName"]
    alias = document["Resources"]["FnAliaslive"]["Properties"]["FunctionVersion"]["Fn::If"]
    assert alias[2] == {"Ref": "TowpathFnLiveVersion"}
    assert resolve(Template.from_document(document)).problems == ()


def test_a_sam_template_that_shifts_by_itself_keeps_its_transform_and_is_watched(tmp_path: Path) -> None:
    text = SAM.replace(
        "CodeUri: src", "CodeUri: src\n      AutoPublishAlias: live\n      DeploymentPreference: {Type: AllAtOnce}"
    )
    found = pack_sam(tmp_path, text)
    assert isinstance(found, Packed)
    assert "Transform" in json.loads(found.template)
    assert found.rollout == (Rollout("Fn", "FnAliaslive", "live", "all-at-once", watched=True),)


def test_an_alias_that_only_an_environment_knows_cannot_be_watched_and_that_is_said(tmp_path: Path) -> None:
    shifted = "CodeUri: src\n      AutoPublishAlias: !Ref Env\n      DeploymentPreference: {Type: AllAtOnce}"
    found = pack_sam(tmp_path, SAM.replace("CodeUri: src", shifted))
    assert isinstance(found, Packed)
    assert found.rollout == ()
    assert [reason.code for reason in found.notices] == ["rollout-not-watched"]


def test_an_integration_that_sam_does_not_move_is_moved_and_its_api_deployed_again(tmp_path: Path) -> None:
    body = "{openapi: 3.0.1, paths: {/: {get: {x-amazon-apigateway-integration: {uri: !Sub '${Fn.Arn}/invocations'}}}}}"
    api = f"  Api: {{Type: AWS::Serverless::Api, Properties: {{StageName: Prod, DefinitionBody: {body}}}}}\n"
    found = pack_sam(tmp_path, SAM + api, rollout=(RolloutWish("Fn"),))
    assert isinstance(found, Packed)
    assert b"${FnAliaslive}/invocations" in found.template
    assert [reason.code for reason in found.notices] == ["deployment-renewed"]


def test_sam_may_know_a_value_only_if_every_environment_has_the_same(tmp_path: Path) -> None:
    text = SAM.replace("CodeUri: src", "CodeUri: src\n      AutoPublishAlias: !Ref Alias")
    rollout = (RolloutWish("Fn"),)
    same = pack_sam(tmp_path, text, rollout=rollout, parameters={"*": {"Alias": "now"}})
    assert isinstance(same, Packed)
    assert same.rollout[0].alias_name == "now"
    assert isinstance(pack_sam(tmp_path, text, rollout=rollout), Packed)
    different = pack_sam(tmp_path, text, rollout=rollout, parameters={"a": {"Alias": "x"}, "b": {"Alias": "y"}})
    assert isinstance(different, Verdict)
    assert different.reasons[0].code == "template-sam"


logical_ids = st.sampled_from(["A", "B", "AB", "A1"])


@st.composite
def calls(draw: st.DrawFn) -> Any:
    one, two = draw(logical_ids), draw(logical_ids)
    forms: list[Any] = [
        {"Ref": one},
        {"Fn::GetAtt": [one, "Arn"]},
        {"Fn::Sub": f"${{{one}}}-${{{two}.Arn}}-${{!{one}}}"},
        {"Fn::Sub": [f"${{{one}}}-${{x}}", {"x": {"Ref": two}}]},
        "text",
    ]
    return draw(st.sampled_from(forms))


expressions: st.SearchStrategy[Any] = st.recursive(
    calls(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
    max_leaves=8,
)


@given(expressions)
def test_renaming_there_and_back_changes_nothing(value: Any) -> None:
    renamed = rename(value, "A", "Z9")
    assert not refers_to(renamed, "A")
    assert sorted(references(renamed)) == sorted(("Z9" if n == "A" else n, a) for n, a in references(value))
    assert rename(renamed, "Z9", "A") == value
