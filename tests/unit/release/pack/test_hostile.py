"""Whatever a template or an assembly holds, packing answers with a release or a refusal, never with a surprise."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.release.pack.assembly.packing import choose_stacks, pack_stack
from towpath.release.pack.findings import Findings
from towpath.release.pack.packed import Packed
from towpath.release.pack.packing import pack_template
from towpath.release.pack.rollout.rolling import Rolling
from towpath.release.pack.rollout.wish import RolloutWish
from towpath.template.loading import Template
from towpath.verdict import Verdict

TYPES = [
    "AWS::Lambda::Function",
    "AWS::Serverless::Function",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
    "AWS::Lambda::Url",
    "AWS::Events::Rule",
    "AWS::Lambda::Permission",
    "AWS::Lambda::EventSourceMapping",
    "AWS::IAM::Policy",
    "AWS::CloudFormation::Stack",
    "AWS::Glue::Job",
    "X",
    "AWS::Serverless::GraphQLApi",
    "AWS::StepFunctions::StateMachine",
    "AWS::Lambda::LayerVersion",
]
KEYS = [
    "Type",
    "Properties",
    "Code",
    "CodeUri",
    "Command",
    "ScriptLocation",
    "TemplateURL",
    "Functions",
    "FunctionName",
    "FunctionVersion",
    "Name",
    "Ref",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::If",
    "Fn::Join",
    "Fn::Transform",
    "Parameters",
    "Location",
    "DependsOn",
    "UpdatePolicy",
    "CodeDeployLambdaAliasUpdate",
    "Metadata",
    "BuildMethod",
    "Resource",
    "Statement",
    "Action",
    "PolicyDocument",
    "Condition",
    "Targets",
    "Arn",
    "Qualifier",
    "SourceArn",
    "Description",
    "PackageType",
    "ImageUri",
    "DefinitionSubstitutions",
    "Environment",
    "Content",
]
TEXTS = [
    "F",
    "G",
    "F.Arn",
    "Arn",
    "${F}",
    "${F.Arn}",
    "${G",
    "src",
    "../src",
    "missing",
    "s3://b/k",
    "Image",
    "AWS::Include",
    "template.yaml",
    "Allow",
    "lambda:InvokeFunction",
]
leaves = st.sampled_from([*TEXTS, *TYPES, "", 0, None, True])
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)
resources: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"Type": st.sampled_from(TYPES)},
    optional={"Properties": st.dictionaries(st.sampled_from(KEYS), values, max_size=4)},
)
documents = st.fixed_dictionaries(
    {"Resources": st.dictionaries(st.sampled_from(["F", "G", "H", "Fn::Transform"]), resources | values, max_size=4)},
    optional=dict.fromkeys(("Parameters", "Conditions", "Mappings", "Outputs", "Globals", "Rules"), values)
    | {"Transform": st.sampled_from(["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"]) | values},
)


@settings(deadline=None)
@given(documents, st.booleans())
def test_any_template_is_packed_or_refused(document: dict[str, Any], rolled: bool) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "app"
        (folder / "src").mkdir(parents=True)
        (folder / "src/app.py").write_text("x")
        (folder / "template.yaml").write_text(json.dumps(document))
        wishes = (RolloutWish("F"),) if rolled else ()
        found = pack_template(folder / "template.yaml", Path(name), rollout=wishes, parameters={"*": {"P": "v"}})
    if isinstance(found, Packed):
        assert json.loads(found.template)["Resources"]
    else:
        assert found.reasons


calls: st.SearchStrategy[Any] = st.sampled_from(
    [
        {"Ref": "F"},
        {"Fn::GetAtt": ["F", "Arn"]},
        {"Fn::GetAtt": "F.Arn"},
        {"Fn::Sub": "x${F}"},
        {"Fn::Sub": ["${F.Arn}", {}]},
    ]
)
PLACES = (
    "FunctionName Targets Arn Qualifier SourceArn Statement Resource PolicyDocument Action Effect Name Code Environment"
)
around_calls: st.SearchStrategy[Any] = st.recursive(
    calls | leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PLACES.split()), inner, max_size=3),
    max_leaves=8,
)
users = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(TYPES),
        "Properties": st.dictionaries(st.sampled_from(PLACES.split()), around_calls, max_size=3),
    },
    optional={"DependsOn": around_calls, "Condition": around_calls, "UpdatePolicy": around_calls},
)


@settings(deadline=None)
@given(users, st.dictionaries(st.sampled_from(["G", "FLive", "Perm"]), users, max_size=3), around_calls)
def test_any_use_of_a_function_is_moved_kept_or_refused(function: Any, others: dict[str, Any], output: Any) -> None:
    function = {**function, "Type": "AWS::Lambda::Function"}
    document = {"Resources": {"F": function, **others}, "Outputs": {"O": {"Value": output}}}
    findings = Findings()
    rolling = Rolling(Template.from_document(document), {}, findings)
    rolling.put([RolloutWish("F")])
    assert findings.refusals or [entry.function for entry in rolling.entries] == ["F"]
    again = Rolling(Template.from_document(document), {}, Findings())
    again.put([RolloutWish("F")])
    assert again.template.document == rolling.template.document


@settings(deadline=None)
@given(values, values, documents)
def test_any_assembly_is_packed_or_refused(artifact: Any, listing: Any, document: dict[str, Any]) -> None:
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "t.json"},
        "dependencies": ["A", artifact],
        "metadata": artifact,
    }
    assets = {"type": "cdk:asset-manifest", "properties": {"file": "a.json"}}
    files = {
        "x": {"source": {"path": "src", "packaging": "zip"}, "destinations": {"d": {"objectKey": "F"}}},
        "y": listing,
    }
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "src").mkdir()
        (folder / "src/app.py").write_text("x")
        manifest: dict[str, Any] = {"artifacts": {"S": stack, "A": assets, "B": artifact}, "missing": []}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        (folder / "a.json").write_text(json.dumps({"files": files, "dockerImages": {}}))
        (folder / "t.json").write_text(json.dumps(document))
        stacks = choose_stacks(folder, "", every=True)
        found = stacks if isinstance(stacks, Verdict) else pack_stack(stacks[0], folder, rollout=(RolloutWish("F"),))
    assert isinstance(found, Packed) or found.reasons
