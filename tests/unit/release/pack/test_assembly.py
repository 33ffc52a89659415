"""CDK cloud assemblies of old and new schema become releases; what a release cannot carry is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from towpath.release.pack.assembly.packing import choose_stacks, pack_stack
from towpath.release.pack.assembly.pointing import Places, point_at_release
from towpath.release.pack.assembly.reading import AssemblyStack
from towpath.release.pack.packed import Packed
from towpath.release.pack.rollout.wish import RolloutWish
from towpath.template.loading import Template
from towpath.template.resolution import resolve
from towpath.verdict import Verdict

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
CODE_KEY, NESTED_KEY = "a" * 64 + ".zip", "b" * 64 + ".json"


def function(bucket: Any, key: Any = CODE_KEY) -> dict[str, Any]:
    code = {"S3Bucket": bucket, "S3Key": key}
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": code, "Handler": "a.b", "Role": "r"}}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def assembly(folder: Path, bucket: str = BUCKET, **changes: Any) -> Path:
    named = {"Fn::Sub": bucket} if "${" in bucket else bucket
    nested_url = {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/", named,
                                    f"/{NESTED_KEY}"]]}  # fmt: skip
    template: dict[str, Any] = {
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/x"}},
        "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
        "Conditions": {"CDKMetadataAvailable": {"Fn::Equals": ["a", "a"]}},
        "Resources": {
            "Fn": function(named),
            "Copy": {
                "Type": "Custom::CDKBucketDeployment",
                "Properties": {"SourceBucketNames": [named], "SourceObjectKeys": [CODE_KEY]},
            },
            "Policy": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"Resource": {"Fn::Join": ["", ["arn:aws:s3:::", named, "/*"]]}},
            },
            "Nested": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": nested_url}},
            "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Condition": "CDKMetadataAvailable", "Properties": {}},
        },
    }
    destinations = {"current": {"bucketName": bucket, "objectKey": CODE_KEY}}
    assets: dict[str, Any] = {
        "version": "36.0.0",
        "files": {
            "a" * 64: {"source": {"path": "asset.a", "packaging": "zip"}, "destinations": destinations},
            "b" * 64: {
                "source": {"path": "Nested.nested.template.json", "packaging": "file"},
                "destinations": {"current": {"bucketName": bucket, "objectKey": NESTED_KEY}},
            },
            "c" * 64: {
                "source": {"path": "Orders.template.json", "packaging": "file"},
                "destinations": {"current": {"bucketName": bucket, "objectKey": "c" * 64 + ".json"}},
            },
        },
        "dockerImages": {},
    }
    manifest: dict[str, Any] = {
        "version": "41.0.0",
        "artifacts": {
            "Orders.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Orders.assets.json"}},
            "Orders": {
                "type": "aws:cloudformation:stack",
                "properties": {"templateFile": "Orders.template.json", "stackName": "orders-stack", "tags": {"t": "v"}},
                "dependencies": ["Orders.assets"],
                "displayName": "Stage/Orders",
            },
            "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
        },
    }
    assets |= changes.pop("assets", {})
    manifest |= changes
    return write(
        folder,
        {
            "manifest.json": manifest,
            "Orders.assets.json": assets,
            "Orders.template.json": template,
            "Nested.nested.template.json": {
                "Resources": {"Inner": function(named), "Role": {"Type": "AWS::IAM::Role"}}
            },
            "asset.a/app.py": "x",
            "asset.a/__pycache__/kept.pyc": "y",
        },
    )


def only(folder: Path, name: str = "") -> AssemblyStack:
    stacks = choose_stacks(folder, name, every=False)
    assert not isinstance(stacks, Verdict), stacks
    return stacks[0]


def packed(folder: Path, **options: Any) -> Packed:
    workspace = folder.parent / "workspace"
    workspace.mkdir(exist_ok=True)
    found = pack_stack(only(folder), workspace, **options)
    assert isinstance(found, Packed), found
    return found


def content(found: Packed, source: str) -> bytes:
    asset = next(asset for asset in found.assets if asset.source == source)
    return asset.content if isinstance(asset.content, bytes) else asset.content.read_bytes()


@pytest.mark.parametrize("bucket", [BUCKET, "cdk-hnb659fds-assets-111122223333-eu-west-1"])
def test_every_reference_to_an_asset_is_found_in_the_release(tmp_path: Path, bucket: str) -> None:
    found = packed(assembly(tmp_path / "cdk.out", bucket))
    document = json.loads(found.template)
    resources = document["Resources"]
    digest = next(asset.sha256 for asset in found.assets if asset.source == "asset.a")
    key = {"Fn::Sub": f"${{TowpathAssetPrefix}}{digest}"}
    place = {"Ref": "TowpathAssetBucket"}
    assert resources["Fn"]["Properties"]["Code"] == {"S3Bucket": place, "S3Key": key}
    assert resources["Copy"]["Properties"] == {"SourceBucketNames": [place], "SourceObjectKeys": [key]}
    assert resources["Policy"]["Properties"]["Resource"]["Fn::Join"][1][1] == place
    assert "cdk-hnb659fds" not in found.template.decode()
    assert CODE_KEY not in found.template.decode()
    assert found.capabilities == ("CAPABILITY_IAM",)
    assert found.tags == {"t": "v"}
    assert len(found.assets) == 2


def test_what_serves_only_cdks_own_deployment_goes(tmp_path: Path) -> None:
    document = json.loads(packed(assembly(tmp_path / "cdk.out")).template)
    assert "Rules" not in document
    assert "Conditions" not in document
    assert "BootstrapVersion" not in document["Parameters"]
    assert "CDKMetadata" not in document["Resources"]


def test_nested_stacks_are_pointed_at_the_release_too(tmp_path: Path) -> None:
    found = packed(assembly(tmp_path / "cdk.out"))
    nested = json.loads(content(found, "Nested.nested.template.json"))
    assert nested["Resources"]["Inner"]["Properties"]["Code"]["S3Bucket"] == {"Ref": "TowpathAssetBucket"}
    assert set(nested["Parameters"]) == {"TowpathAssetBucket", "TowpathAssetPrefix"}
    parent = json.loads(found.template)["Resources"]["Nested"]["Properties"]
    assert parent["Parameters"]["TowpathAssetBucket"] == {"Ref": "TowpathAssetBucket"}
    digest = next(asset.sha256 for asset in found.assets if asset.source == "Nested.nested.template.json")
    resolved = resolve(found.document, {"TowpathAssetBucket": "b", "TowpathAssetPrefix": "assets/"})
    assert str(resolved.resources["Nested"].properties["TemplateURL"]).endswith(f"/b/assets/{digest}")
    assert not resolved.problems


def test_a_staged_folder_is_taken_whole(tmp_path: Path) -> None:
    found = packed(assembly(tmp_path / "cdk.out"))
    assert b"__pycache__/kept.pyc" in content(found, "asset.a")
    assert not found.notices


def test_functions_of_an_assembly_go_under_rollout(tmp_path: Path) -> None:
    found = packed(assembly(tmp_path / "cdk.out"), rollout=(RolloutWish("Fn"),))
    assert found.rollout[0].alias == "FnLive"


def test_an_old_assembly_passes_its_assets_by_parameters(tmp_path: Path) -> None:
    names = {"s3BucketParameter": "PBucket", "s3KeyParameter": "PKey", "artifactHashParameter": "PHash"}
    split = {"Fn::Split": ["||", {"Ref": "PKey"}]}
    key = {"Fn::Join": ["", [{"Fn::Select": [0, split]}, {"Fn::Select": [1, split]}]]}
    template = {
        "Parameters": {name: {"Type": "String"} for name in names.values()},
        "Resources": {
            "Fn": function({"Ref": "PBucket"}, key),
        },
        "Outputs": {"Hash": {"Value": {"Ref": "PHash"}}},
    }
    data = {"path": "asset.a", "id": "x", "packaging": "zip", "sourceHash": "x", **names}
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Old.template.json"},
        "metadata": {"/Old": [{"type": "aws:cdk:asset", "data": data}, {"type": "aws:cdk:logicalId", "data": "Fn"}]},
    }
    folder = write(
        tmp_path / "cdk.out",
        {
            "manifest.json": {"version": "1.10.0", "artifacts": {"Old": stack}},
            "Old.template.json": template,
            "asset.a/app.py": "x",
        },
    )
    found = packed(folder)
    assert set(json.loads(found.template)["Parameters"]) == {"TowpathAssetBucket", "TowpathAssetPrefix"}
    resolved = resolve(found.document, {"TowpathAssetBucket": "b", "TowpathAssetPrefix": "assets/"})
    (asset,) = found.assets
    assert resolved.resources["Fn"].properties["Code"] == {"S3Bucket": "b", "S3Key": f"assets/{asset.sha256}"}
    assert resolved.outputs["Hash"].value == asset.sha256


def test_a_stack_is_chosen_by_id_name_or_display_name(tmp_path: Path) -> None:
    folder = assembly(tmp_path / "cdk.out")
    for name in ("", "Orders", "orders-stack", "Stage/Orders"):
        assert only(folder, name).id == "Orders"
    refused = choose_stacks(folder, "Nope", every=False)
    assert isinstance(refused, Verdict)
    assert "Stage/Orders" in refused.reasons[0].remedy


def test_stacks_of_nested_assemblies_count_and_several_need_a_choice(tmp_path: Path) -> None:
    folder = assembly(tmp_path / "cdk.out")
    inner = assembly(folder / "assembly-Stage")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"]["Stage"] = {"type": "cdk:cloud-assembly", "properties": {"directoryName": inner.name}}
    manifest["artifacts"]["Orders"]["displayName"] = "Outer"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert isinstance(choose_stacks(folder, "", every=False), Verdict)
    assert only(folder, "Stage/Orders").template.parent == inner
    every = choose_stacks(folder, "", every=True)
    assert not isinstance(every, Verdict)
    assert len(every) == 2


def test_lookups_images_and_made_assets_are_not_supported_yet_and_say_why(tmp_path: Path) -> None:
    executable = {"source": {"executable": ["make"]}, "destinations": {}}
    folder = assembly(
        tmp_path / "cdk.out",
        missing=[{"key": "vpc-provider:account=1", "provider": "vpc-provider", "props": {}}],
        assets={"dockerImages": {"d" * 64: {}}, "files": {"e" * 64: executable}},
    )
    refused = choose_stacks(folder, "", every=False)
    assert isinstance(refused, Verdict)
    assert [reason.code for reason in refused.reasons] == ["assembly-lookup", "image-asset", "assembly-asset"]
    assert all("because" in reason.remedy for reason in refused.reasons)


@pytest.mark.parametrize(
    "broken", ["Orders.assets.json", "Orders.template.json", "asset.a", "Nested.nested.template.json"]
)
def test_a_broken_assembly_is_refused(tmp_path: Path, broken: str) -> None:
    folder = assembly(tmp_path / "cdk.out")
    (folder / broken).rename(folder / "gone")
    stacks = choose_stacks(folder, "", every=False)
    refused = stacks if isinstance(stacks, Verdict) else pack_stack(stacks[0], tmp_path)
    assert isinstance(refused, Verdict)
    assert refused.reasons[0].remedy.startswith("Run cdk synth")


def test_a_text_with_dollar_signs_becomes_a_substitution_without_changing_them() -> None:
    places = Places(digests={CODE_KEY: "d"}, buckets={"the-bucket"})
    document = {"Resources": {"R": {"Type": "T", "Properties": {"P": f"${{x}} the-bucket/{CODE_KEY}", "Q": "${x}"}}}}
    pointed = point_at_release(document, places)["Resources"]["R"]["Properties"]
    assert pointed["P"] == {"Fn::Sub": "${!x} ${TowpathAssetBucket}/${TowpathAssetPrefix}d"}
    assert pointed["Q"] == "${x}"
    values = {"TowpathAssetBucket": "b", "TowpathAssetPrefix": "p/"}
    template = Template.from_document(
        {
            "Parameters": {name: {"Type": "String"} for name in values},
            "Resources": {"R": {"Type": "T", "Properties": pointed}},
        }
    )
    assert resolve(template, values).resources["R"].properties["P"] == "${x} b/p/d"
