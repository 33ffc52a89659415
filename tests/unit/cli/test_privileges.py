"""The command: which exit code means what, every format, and the answer to one request."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.release.artifact_builder import TEMPLATE, artifact, artifact_files
from towpath.cli.main import main

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
WIDE = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Sid": "Wide"}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Three documents by name: one narrow, one wide, one that is no policy."""
    documents: dict[str, Any] = {
        "narrow": {"Version": "2012-10-17", "Statement": READ},
        "wide": {"Version": "2012-10-17", "Statement": [READ, WIDE]},
        "broken": {"Version": "2012-10-17", "Statement": [{"Effect": "Permit"}]},
    }
    for name, document in documents.items():
        (tmp_path / name).write_text(json.dumps(document, indent=1), encoding="utf-8")
    return {name: str(tmp_path / name) for name in documents}


def test_no_expansion_is_zero(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privileges", files["wide"], files["narrow"]]) == 0
    assert capsys.readouterr().out.startswith("NO_EXPANSION")


def test_expansion_is_three_and_says_what_where_and_a_request(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privileges", files["narrow"], files["wide"]]) == 3
    said = capsys.readouterr().out
    assert said.startswith("EXPANSION")
    assert 'Statement "Wide" newly allows' in said
    assert f"{files['wide']}:" in said


def test_nothing_before_makes_everything_new(files: dict[str, str]) -> None:
    assert main(["privileges", "-", files["narrow"]]) == 3
    assert main(["privileges", files["narrow"], "-"]) == 0


def test_a_pipe_is_read_once_as_shells_give_it(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        stream.write(Path(files["narrow"]).read_bytes())
    try:
        assert main(["privileges", f"/dev/fd/{reading}", files["narrow"]]) == 0
    finally:
        os.close(reading)
    assert capsys.readouterr().out.startswith("NO_EXPANSION")


@pytest.mark.parametrize("name", ["broken", "absent"])
def test_bad_input_is_two(name: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privileges", files["narrow"], files.get(name, "absent")]) == 2
    assert "towpath: error:" in capsys.readouterr().err


def test_json_and_sarif_are_json(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privileges", files["narrow"], files["wide"], "--format", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "EXPANSION"
    assert main(["privileges", files["narrow"], files["wide"], "--format", "sarif"]) == 3
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1


def test_markdown(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privileges", files["narrow"], files["wide"], "--format", "markdown"]) == 3
    assert "| request |" in capsys.readouterr().out


def test_one_request_is_explained_on_both_sides(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    request = json.dumps({"action": "s3:PutObject", "resource": "arn:aws:s3:::b/k"})
    assert main(["privileges", files["narrow"], files["wide"], "--explain", request]) == 0
    before, after = capsys.readouterr().out.split("\nnew (")
    assert "Denied implicitly" in before
    assert 'Allowed by Allow "Wide"' in after
    assert main(["privileges", files["wide"], files["narrow"], "--explain", request]) == 3


def role(action: Any) -> dict[str, Any]:
    """A template with one role that may do one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    worker = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": [policy]}}
    return {"Parameters": {"Action": {"Type": "String", "Default": "s3:GetObject"}}, "Resources": {"Worker": worker}}


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def write(path: Path, document: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return str(path)


def test_templates_are_compared_with_the_parameters_of_each_side(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "template.json", role({"Ref": "Action"}))
    listed = write(tmp_path / "list.json", [{"ParameterKey": "Action", "ParameterValue": "s3:*"}])
    plain = write(tmp_path / "plain.json", {"Action": "s3:*"})
    assert main(["privileges", file, file]) == 0
    assert main(["privileges", file, file, "--new-parameters", "Action=s3:*"]) == 3
    said = capsys.readouterr().out
    assert "role ${Worker}" in said
    assert f"{file}:" in said
    assert main(["privileges", file, file, "--new-parameters", listed, "--old-parameters", plain]) == 0
    assert main(["privileges", file, file, "--new-parameters", "neither"]) == 2


def test_what_is_not_known_is_four(tmp_path: Path) -> None:
    template = role("s3:GetObject")
    old = write(tmp_path / "old.json", template)
    template["Resources"]["Worker"]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::111122223333:policy/other"]
    assert main(["privileges", old, write(tmp_path / "new.json", template)]) == 4


def test_yaml_and_sam_are_templates(tmp_path: Path) -> None:
    text = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Handler:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: a.b, CodeUri: ./src, Policies: [{%s: {TableName: orders}}]}
"""
    for name, policy in (("read", "DynamoDBReadPolicy"), ("crud", "DynamoDBCrudPolicy")):
        (tmp_path / name).write_text(text % policy, encoding="utf-8")
    assert main(["privileges", str(tmp_path / "read"), str(tmp_path / "crud")]) == 3
    assert main(["privileges", str(tmp_path / "crud"), str(tmp_path / "read")]) == 0


def test_a_stack_of_a_cloud_assembly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def assembly(folder: str, action: str) -> str:
        stacks = {
            name: {"type": "aws:cloudformation:stack", "properties": {"templateFile": f"{name}.template.json"}}
            for name in ("One", "Two")
        }
        write(tmp_path / folder / "manifest.json", {"version": "44.0.0", "artifacts": stacks})
        write(tmp_path / folder / "One.template.json", role(action))
        write(tmp_path / folder / "Two.template.json", role("s3:GetObject"))
        return str(tmp_path / folder)

    old, new = assembly("old", "s3:GetObject"), assembly("new", "s3:*")
    assert main(["privileges", old, new, "--stack", "One"]) == 3
    assert main(["privileges", old, new, "--stack", "Two"]) == 0
    assert main(["privileges", old, new]) == 2
    assert "One, Two" in capsys.readouterr().err


def test_packed_releases_bring_their_parameters(tmp_path: Path) -> None:
    def release(name: str, values: dict[str, dict[str, str]]) -> str:
        template = role({"Ref": "Action"})
        template["Parameters"] |= TEMPLATE["Parameters"]
        path = tmp_path / name
        path.write_bytes(
            artifact(artifact_files(template=template, parameters=values, capabilities=["CAPABILITY_IAM"]))
        )
        return str(path)

    both = {"Action": "s3:GetObject", "LogLevel": "INFO"}
    old = release("old.zip", {"*": both})
    new = release("new.zip", {"*": both, "production": {"Action": "s3:*"}})
    assert main(["privileges", old, new]) == 0
    assert main(["privileges", old, new, "--environment", "production"]) == 3
    (tmp_path / "broken.zip").write_bytes(Path(old).read_bytes()[:-40])
    assert main(["privileges", old, str(tmp_path / "broken.zip")]) == 2


def test_a_policy_is_no_template(tmp_path: Path, files: dict[str, str]) -> None:
    assert main(["privileges", files["narrow"], write(tmp_path / "t.json", role("s3:*"))]) == 2
