"""Packing takes local files in, whatever property names them, and says what it cannot take."""

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from towpath.release.pack.packed import Packed
from towpath.release.pack.packing import pack_template
from towpath.verdict import Verdict

Files = Mapping[str, str | bytes]
CODE: Files = {"src/app.py": "def handler(event, context): return 1\n"}
FUNCTION = (
    "{Type: AWS::Lambda::Function, Properties: {Code: src, Handler: app.handler, Runtime: python3.12, Role: arn}}"
)


def lay_out(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / "template.yaml"


def pack(folder: Path, template: str, files: Files = CODE, **options: Any) -> Packed | Verdict:
    workspace = folder.parent / f"{folder.name}-workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    return pack_template(lay_out(folder, {"template.yaml": template, **files}), workspace, **options)


def packed(folder: Path, template: str, files: Files = CODE, **options: Any) -> Packed:
    found = pack(folder, template, files, **options)
    assert isinstance(found, Packed), found
    return found


def refusals(folder: Path, template: str, files: Files = CODE, **options: Any) -> list[str]:
    found = pack(folder, template, files, **options)
    assert isinstance(found, Verdict)
    assert all(reason.remedy and reason.where for reason in found.reasons)
    return [reason.code for reason in found.reasons]


def content(found: Packed, source: str) -> bytes:
    asset = next(asset for asset in found.assets if asset.source == source)
    return asset.content if isinstance(asset.content, bytes) else asset.content.read_bytes()


def properties(found: Packed, logical_id: str = "R") -> dict[str, Any]:
    return json.loads(found.template)["Resources"][logical_id]["Properties"]


def digest(found: Packed, source: str) -> str:
    return next(asset.sha256 for asset in found.assets if asset.source == source)


BUCKET = {"Ref": "TowpathAssetBucket"}


def key(sha: str) -> dict[str, str]:
    return {"Fn::Sub": f"${{TowpathAssetPrefix}}{sha}"}


ADDRESSES = {
    "AWS::ApiGateway::RestApi": ("BodyS3Location", ("Bucket", "Key")),
    "AWS::ApiGatewayV2::Api": ("BodyS3Location", ("Bucket", "Key")),
    "AWS::AppSync::GraphQLSchema": ("DefinitionS3Location", "s3"),
    "AWS::AppSync::Resolver": ("RequestMappingTemplateS3Location", "s3"),
    "AWS::AppSync::FunctionConfiguration": ("CodeS3Location", "s3"),
    "AWS::ElasticBeanstalk::ApplicationVersion": ("SourceBundle", ("S3Bucket", "S3Key")),
    "AWS::Glue::Job": ("Command.ScriptLocation", "s3"),
    "AWS::CodeCommit::Repository": ("Code.S3", ("Bucket", "Key")),
    "AWS::Lambda::Function": ("Code", ("S3Bucket", "S3Key")),
    "AWS::Lambda::LayerVersion": ("Content", ("S3Bucket", "S3Key")),
    "AWS::Serverless::Api": ("DefinitionUri", ("Bucket", "Key")),
    "AWS::Serverless::Function": ("CodeUri", ("Bucket", "Key")),
    "AWS::Serverless::GraphQLApi": ("Functions.one.CodeUri", "s3"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", ("Bucket", "Key")),
    "AWS::Serverless::LayerVersion": ("ContentUri", ("Bucket", "Key")),
    "AWS::Serverless::StateMachine": ("DefinitionUri", ("Bucket", "Key")),
    "AWS::StepFunctions::StateMachine": ("DefinitionS3Location", ("Bucket", "Key")),
    "AWS::CloudFormation::ModuleVersion": ("ModulePackage", "s3"),
}


@pytest.mark.parametrize(("kind", "case"), ADDRESSES.items())
def test_each_property_gets_the_address_in_its_own_shape(
    tmp_path: Path, kind: str, case: tuple[str, str | tuple[str, str]]
) -> None:
    place, shape = case
    value: Any = "file.zip"
    for name in reversed(place.split(".")):
        value = {name: value}
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    template = json.dumps({"Resources": {"R": {"Type": kind, "Properties": value}}})
    found = packed(tmp_path, template, {"file.zip": buffer.getvalue()})
    address: Any = properties(found)
    for name in place.split("."):
        address = address[name]
    sha = hashlib.sha256(buffer.getvalue()).hexdigest()
    if isinstance(shape, tuple):
        assert address == {shape[0]: BUCKET, shape[1]: key(sha)}
    else:
        assert address == {"Fn::Sub": f"s3://${{TowpathAssetBucket}}/${{TowpathAssetPrefix}}{sha}"}
    assert [asset.sha256 for asset in found.assets] == [sha]
    assert {"TowpathAssetBucket", "TowpathAssetPrefix"} <= json.loads(found.template)["Parameters"].keys()


def test_a_folder_is_one_zip_however_it_was_made(tmp_path: Path) -> None:
    first = packed(tmp_path / "one", f"Resources: {{R: {FUNCTION}}}", {**CODE, "src/b/c.txt": "c", "src/a.sh": "x"})
    (tmp_path / "two").mkdir()
    for name in ("src/a.sh", "src/b/c.txt"):
        lay_out(tmp_path / "two", {name: "x" if name.endswith("sh") else "c"})
    os.utime(tmp_path / "two/src/a.sh", (1, 1))
    (tmp_path / "two/src/a.sh").chmod(0o600)
    second = packed(tmp_path / "two", f"Resources: {{R: {FUNCTION}}}")
    assert first.template == second.template
    assert [asset.sha256 for asset in first.assets] == [asset.sha256 for asset in second.assets]
    (tmp_path / "two/src/a.sh").chmod(0o700)
    assert packed(tmp_path / "two", f"Resources: {{R: {FUNCTION}}}").template != first.template


def test_one_file_becomes_a_zip_where_only_a_zip_will_do_and_a_zip_is_taken_byte_for_byte(tmp_path: Path) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py", (2020, 1, 1, 0, 0, 0)), "x")
    resources = FUNCTION.replace("Code: src", "Code: app.py")
    both = f"Resources: {{A: {resources}, B: {FUNCTION.replace('Code: src', 'Code: lib.jar')}}}"
    found = packed(tmp_path, both, {"app.py": "x", "lib.jar": buffer.getvalue()})
    assert content(found, "lib.jar") == buffer.getvalue()
    with zipfile.ZipFile(BytesIO(content(found, "app.py"))) as archive:
        assert archive.namelist() == ["app.py"]


def test_the_same_content_is_one_asset_and_names_are_relative_to_the_template(tmp_path: Path) -> None:
    template = f"Resources: {{A: {FUNCTION}, B: {FUNCTION.replace('src', '../shared/code')}}}"
    found = packed(tmp_path / "app", template, {**CODE, "../shared/code/app.py": CODE["src/app.py"]})
    assert len(found.assets) == 1
    assert str(tmp_path) not in json.dumps([asset.source for asset in found.assets])
    other = packed(tmp_path / "app", template, {**CODE, "../shared/code/app.py": "x = 1"})
    assert sorted(asset.source for asset in other.assets) == ["../shared/code", "src"]


def test_what_is_not_local_stays_and_is_said_to_be_outside(tmp_path: Path) -> None:
    template = """
Resources:
  Layer: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://b/k, Layers: ["arn:aws:lambda:r:1:layer:x:1"]}}
  Map: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: b, S3Key: k}}}
  Inline: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: "x"}}}
  Stack: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://b.s3.amazonaws.com/t"}}
  Sub: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: !Sub "https://${B}/t"}}
"""
    found = packed(tmp_path, template, {})
    assert not found.assets
    assert "Parameters" not in json.loads(found.template)
    assert [reason.where.split(".")[-3] for reason in found.notices if reason.code == "asset-elsewhere"] == [
        "Layer",
        "Map",
        "Stack",
        "Sub",
    ]


def test_both_branches_of_a_condition_are_taken_in(tmp_path: Path) -> None:
    template = (
        "Conditions: {C: !Equals [a, b]}\nResources: {R: {Type: AWS::Serverless::Function, Properties: "
        "{CodeUri: !If [C, src, !If [C, src2, s3://b/k]], Policies: [!If [C, X, !Ref AWS::NoValue]]}}}"
    )
    found = packed(tmp_path, template, {**CODE, "src2/app.py": "x"})
    branches = properties(found)["CodeUri"]["Fn::If"]
    assert branches[1]["Key"] == key(digest(found, "src"))
    assert branches[2]["Fn::If"][1]["Key"] == key(digest(found, "src2"))
    assert branches[2]["Fn::If"][2] == "s3://b/k"
    assert properties(found)["Policies"] == [{"Fn::If": ["C", "X", {"Ref": "AWS::NoValue"}]}]


def test_functions_in_loops_have_their_code_taken_in(tmp_path: Path) -> None:
    loop = f"'Fn::ForEach::L': [N, [A, B], {{'F${{N}}': {FUNCTION}}}]"
    found = packed(tmp_path, f"Transform: AWS::LanguageExtensions\nResources:\n  {loop}")
    body = json.loads(found.template)["Resources"]["Fn::ForEach::L"][2]["F${N}"]
    assert body["Properties"]["Code"]["S3Key"] == key(digest(found, "src"))
    by_name = loop.replace("Code: src", "Code: 'src/${N}'")
    assert refusals(tmp_path, f"Resources:\n  {by_name}") == ["asset-missing"]


def test_globals_of_sam_count_and_the_transform_stays(tmp_path: Path) -> None:
    template = (
        "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {CodeUri: src, Runtime: python3.12}}\n"
        "Resources: {R: {Type: AWS::Serverless::Function, Properties: {Handler: app.handler}}}\n"
        "Outputs: {V: {Value: !Ref R.Version}}"
    )
    found = packed(tmp_path, template)
    document = json.loads(found.template)
    assert document["Globals"]["Function"]["CodeUri"] == {"Bucket": BUCKET, "Key": key(digest(found, "src"))}
    assert document["Transform"] == "AWS::Serverless-2016-10-31"
    assert found.capabilities == ("CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM")


def test_dates_tags_and_multi_line_texts_survive(tmp_path: Path) -> None:
    template = """
# a comment
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: x
      AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: []}
      Description: |
        two
        lines
"""
    found = packed(tmp_path, template, {})
    assert properties(found)["AssumeRolePolicyDocument"]["Version"] == "2012-10-17"
    assert properties(found)["Description"] == "two\nlines\n"
    assert found.capabilities == ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")


def test_nested_templates_take_their_files_along_from_their_own_folder(tmp_path: Path) -> None:
    parent = (
        "Resources:\n"
        "  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: deep/child.yaml, Parameters: {A: b}}}\n"
        "  App: {Type: AWS::Serverless::Application, Properties: {Location: plain.yaml}}\n"
    )
    files = {
        "deep/child.yaml": f"Resources: {{F: {FUNCTION.replace('src', '../src')}, R: {{Type: AWS::IAM::Role}}}}",
        "plain.yaml": "Resources: {Q: {Type: AWS::SQS::Queue}}",
        **CODE,
    }
    found = packed(tmp_path, parent, files)
    nested = properties(found, "N")
    assert nested["Parameters"] == {
        "A": "b",
        "TowpathAssetBucket": BUCKET,
        "TowpathAssetPrefix": {"Ref": "TowpathAssetPrefix"},
    }
    assert nested["TemplateURL"]["Fn::Sub"].endswith("/${TowpathAssetPrefix}" + digest(found, "deep/child.yaml"))
    child = json.loads(content(found, "deep/child.yaml"))
    assert child["Resources"]["F"]["Properties"]["Code"]["S3Key"] == key(digest(found, "src"))
    assert "TowpathAssetBucket" in child["Parameters"]
    application = json.loads(found.template)["Resources"]["App"]
    assert application["Type"] == "AWS::CloudFormation::Stack"
    assert "Parameters" not in application["Properties"]
    assert found.capabilities == ("CAPABILITY_IAM",)


def test_includes_are_taken_in_with_their_short_tags(tmp_path: Path) -> None:
    template = """
Transform: [AWS::Serverless-2016-10-31, {Name: AWS::Include, Parameters: {Location: top.yaml}}]
Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: more.yaml}}
  R:
    Type: AWS::Serverless::Api
    Properties:
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
  S:
    Type: AWS::Serverless::Api
    Properties: {DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://b/k}}}}
"""
    files = {
        "api.yaml": "openapi: 3.0.1\nx: !Sub '${AWS::Region}'\n",
        "more.yaml": f"F: {FUNCTION}",
        "top.yaml": "Metadata: {a: b}",
        **CODE,
    }
    found = packed(tmp_path, template, files)
    document = json.loads(found.template)
    assert properties(found)["DefinitionBody"] == {"openapi": "3.0.1", "x": {"Fn::Sub": "${AWS::Region}"}}
    assert document["Transform"] == ["AWS::Serverless-2016-10-31"]
    assert document["Metadata"] == {"a": "b"}
    assert properties(found, "F")["Code"]["S3Key"] == key(digest(found, "src"))
    assert [reason.code for reason in found.notices] == ["include-outside"]


def test_a_definition_that_is_no_json_before_its_substitutions_is_packed_as_it_is(tmp_path: Path) -> None:
    template = (
        "Resources: {R: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionS3Location: f.asl.json}}}"
    )
    found = packed(tmp_path, template, {"f.asl.json": '{"Seconds": ${Wait}}'})
    assert content(found, "f.asl.json") == b'{"Seconds": ${Wait}}'


def test_leavings_of_tools_excluded_files_and_the_output_stay_out(tmp_path: Path) -> None:
    files = {**CODE, "src/__pycache__/app.pyc": "1", "src/.git/config": "1", "src/tests/t.py": "1", "src/out.zip": "1"}
    found = packed(
        tmp_path, f"Resources: {{R: {FUNCTION}}}", files, exclude=("tests/*", "tests"), output=tmp_path / "src/out.zip"
    )
    with zipfile.ZipFile(BytesIO(content(found, "src"))) as archive:
        assert archive.namelist() == ["app.py"]
    assert any("__pycache__" in reason.message and "tests/" in reason.message for reason in found.notices)


def test_code_in_the_templates_own_folder_is_pointed_out(tmp_path: Path) -> None:
    found = packed(tmp_path, f"Resources: {{R: {FUNCTION.replace('src', '.')}}}")
    assert [reason.code for reason in found.notices] == ["asset-is-template-folder"]


def test_a_list_of_packages_is_never_installed_but_mentioned(tmp_path: Path) -> None:
    files = {**CODE, "src/requirements.txt": "-e .\nnot-a-package @ ./x\n"}
    found = packed(tmp_path, f"Resources: {{R: {FUNCTION}}}", files)
    assert [reason.code for reason in found.notices] == ["requirements-not-installed"]
    installed = packed(tmp_path, f"Resources: {{R: {FUNCTION}}}", {**files, "src/x-1.dist-info/METADATA": ""})
    assert not installed.notices


LAYER = "{Type: AWS::Serverless::LayerVersion, Metadata: {BuildMethod: python3.12}, Properties: {ContentUri: layer}}"
NEED_BUILDS: dict[str, tuple[str, Files]] = {
    "layer of requirements": (f"{{R: {LAYER}}}", {"layer/requirements.txt": "boto3"}),
    "layer of a package file": (f"{{R: {LAYER}}}", {"layer/package.json": "{}", "layer/package-lock.json": "{}"}),
    "java": (f"{{R: {FUNCTION.replace('python3.12', 'java21')}}}", {"src/pom.xml": "", "src/src/A.java": ""}),
    "go": (f"{{R: {FUNCTION.replace('python3.12', 'provided.al2023')}}}", {"src/go.mod": "", "src/main.go": ""}),
    "dotnet": (f"{{R: {FUNCTION.replace('python3.12', 'dotnet8')}}}", {"src/a.csproj": "", "src/bin/a.dll": ""}),
    "typescript": (
        f"{{R: {FUNCTION.replace('python3.12', 'nodejs22.x')}}}",
        {"src/a.ts": "", "src/node_modules/x.js": ""},
    ),
}


@pytest.mark.parametrize(("resources", "files"), NEED_BUILDS.values(), ids=NEED_BUILDS.keys())
def test_what_must_be_built_first_is_refused_not_packed(tmp_path: Path, resources: str, files: Files) -> None:
    assert refusals(tmp_path, f"Resources: {resources}", files) == ["needs-build"]


def test_a_list_of_packages_that_names_none_is_no_notice(tmp_path: Path) -> None:
    for text in ("", "# none yet\n\n"):
        assert not packed(tmp_path, f"Resources: {{R: {FUNCTION}}}", {**CODE, "src/requirements.txt": text}).notices
    (notice,) = packed(tmp_path, f"Resources: {{R: {FUNCTION}}}", {**CODE, "src/requirements.txt": "boto3\n"}).notices
    assert notice.code == "requirements-not-installed"


SAM_FUNCTION = "{Type: AWS::Serverless::Function, Properties: {Handler: src/app.handler, Runtime: python3.12%s}}"


def test_a_sam_function_without_code_uri_has_the_folder_of_its_template(tmp_path: Path) -> None:
    # As `sam init` writes it and as `sam package` and `aws cloudformation package` take it.
    template = "{Transform: AWS::Serverless-2016-10-31, Resources: {R: " + SAM_FUNCTION % "" + "}}"
    found = packed(tmp_path, template, CODE)
    assert [notice.code for notice in found.notices] == ["code-uri-default"]
    with zipfile.ZipFile(BytesIO(content(found, "."))) as code:
        assert set(code.namelist()) == {"src/app.py", "template.yaml"}
    assert set(properties(found)["CodeUri"]) == {"Bucket", "Key"}


@pytest.mark.parametrize("more", [", CodeUri: src", ", InlineCode: x", ", PackageType: Image, ImageUri: r@sha256:0"])
def test_a_sam_function_that_says_where_its_code_is_gets_no_other(tmp_path: Path, more: str) -> None:
    template = "{Transform: AWS::Serverless-2016-10-31, Resources: {R: " + SAM_FUNCTION % more + "}}"
    found = packed(tmp_path, template, CODE)
    assert "code-uri-default" not in {notice.code for notice in found.notices}


def test_code_of_all_sam_functions_is_code(tmp_path: Path) -> None:
    shared = "{Transform: AWS::Serverless-2016-10-31, Globals: {Function: {CodeUri: src}}, Resources: {R: "
    found = packed(tmp_path, shared + SAM_FUNCTION % "" + "}}", CODE)
    assert "code-uri-default" not in {notice.code for notice in found.notices}


def test_an_empty_section_is_refused_as_cloudformation_does(tmp_path: Path) -> None:
    found = pack(tmp_path, f"Parameters:\nResources: {{R: {FUNCTION}}}")
    assert isinstance(found, Verdict)
    (reason,) = found.reasons
    assert (reason.code, reason.remedy) == ("template-section", "Remove it.")
    assert "Parameters is empty" in reason.message


def test_the_output_of_sam_build_is_code(tmp_path: Path) -> None:
    resources = "{R: " + FUNCTION.replace("Properties", "Metadata: {SamResourceId: R}, Properties") + "}"
    found = packed(tmp_path, f"Resources: {resources}", {**CODE, "src/tsconfig.json": "{}", "src/requirements.txt": ""})
    assert not found.notices
    built = tmp_path / "x" / ".aws-sam" / "build"
    assert not packed(built, f"Resources: {{R: {FUNCTION}}}", {**CODE, "src/requirements.txt": ""}).notices


IMAGE = "{Type: AWS::Lambda::Function, Properties: {PackageType: Image, Code: {ImageUri: %s}}}"
REFUSED: dict[str, tuple[str, Files, str]] = {
    "missing file": (f"{{R: {FUNCTION}}}", {}, "asset-missing"),
    "empty path": (f"{{R: {FUNCTION.replace('Code: src', 'Code: ' + repr(''))}}}", {}, "asset-missing"),
    "folder for a file": (
        "{R: {Type: AWS::Glue::Job, Properties: {Command: {ScriptLocation: src}}}}",
        CODE,
        "asset-not-a-file",
    ),
    "function without code": (
        "{R: {Type: AWS::Lambda::Function, Properties: {Handler: x}}}",
        {},
        "function-without-code",
    ),
    "empty folder": (f"{{R: {FUNCTION}}}", {"src/.git/x": ""}, "asset-empty"),
    "nested template missing": (
        "{N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}}",
        {},
        "asset-missing",
    ),
    "nested folder": (
        "{N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: src}}}",
        CODE,
        "asset-not-a-file",
    ),
    "nested template broken": (
        "{N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}}",
        {"n.yaml": "a: 1\na: 2"},
        "template-duplicate-key",
    ),
    "nested in itself": (
        "{N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}}",
        {"n.yaml": "Resources: {N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: n.yaml}}}"},
        "nested-circle",
    ),
    "image not pushed": ("{R: {Type: AWS::Serverless::Function, Properties: {PackageType: Image}}}", {}, "image-asset"),
    "include missing": ("{Fn::Transform: {Name: AWS::Include, Parameters: {Location: x.yaml}}}", {}, "include-missing"),
    "include twice": (
        "{A: {Type: X}, Fn::Transform: {Name: AWS::Include, Parameters: {Location: x.yaml}}}",
        {"x.yaml": "A: {Type: Y}"},
        "include-duplicate",
    ),
    "include in circles": (
        "{A: {Type: X, P: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: x.yaml}}}}}",
        {"x.yaml": "A: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: x.yaml}}}"},
        "include-too-deep",
    ),
    "stack set": (
        "{N: {Type: AWS::CloudFormation::StackSet, Properties: {TemplateURL: n.yaml}}}",
        {"n.yaml": f"Resources: {{F: {FUNCTION}}}", **CODE},
        "stack-set-assets",
    ),
    "too large": ("{A: {Type: X, Properties: {P: " + "x" * 1_000_001 + "}}}", {}, "template-too-large"),
}


@pytest.mark.parametrize(("resources", "files", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_packed_is_refused_with_a_remedy(
    tmp_path: Path, resources: str, files: Files, code: str
) -> None:
    assert code in refusals(tmp_path, f"Resources: {resources}", files)


def test_images_are_taken_by_name_with_a_warning_unless_pinned(tmp_path: Path) -> None:
    by_tag = packed(tmp_path, f"Resources: {{R: {IMAGE % '1.dkr.ecr.eu-west-1.amazonaws.com/a:latest'}}}", {})
    assert [reason.code for reason in by_tag.notices] == ["image-not-pinned"]
    assert not packed(
        tmp_path, f"Resources: {{R: {IMAGE % ('1.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:' + '0' * 64)}}}", {}
    ).notices


def test_all_refusals_come_at_once(tmp_path: Path) -> None:
    template = f"Resources: {{A: {FUNCTION}, B: {FUNCTION.replace('src', 'other')}}}"
    assert refusals(tmp_path, template, {}) == ["asset-missing", "asset-missing"]


def test_a_template_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    found = pack(tmp_path, "a: 1\na: 2")
    assert isinstance(found, Verdict)
    assert found.reasons[0].where == "template.yaml:2:1"
