"""`--explain`: what one request is answered with, on templates and documents, and what bad requests are told."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from tests.unit.cli.test_privileges import TRUST, write
from tests.unit.release.artifact_builder import TEMPLATE, artifact, artifact_files
from towpath.cli.main import main

SCHEMA = json.loads(files("towpath.privilege").joinpath("schema", "explanation.schema.json").read_text("utf-8"))


def template(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    worker = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": [policy]}}
    return {"Resources": {"Worker": worker}}


@pytest.fixture
def sides(tmp_path: Path) -> tuple[str, str]:
    """A role that may read, and the same role that may do everything with objects."""
    return (
        write(tmp_path / "old.json", template("s3:GetObject")),
        write(tmp_path / "new.json", template("s3:*Object")),
    )


ASKED = {"principal": "Worker", "action": "s3:PutObject", "resource": "arn:aws:s3:::b/k"}


def test_templates_are_asked_with_exit_codes(sides: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    old, new = sides
    assert main(["privileges", old, new, "--explain", json.dumps(ASKED)]) == 0
    said = capsys.readouterr().out
    assert f"old ({old}): DENIED" in said
    assert f"new ({new}): ALLOWED" in said
    assert f"Allow #1 of the policies of role ${{Worker}} ({new}:" in said
    assert main(["privileges", new, old, "--explain", json.dumps(ASKED)]) == 3


def test_not_known_is_four(tmp_path: Path, sides: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    opaque = template("s3:GetObject")
    opaque["Resources"]["Worker"]["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::111122223333:policy/other"]
    new = write(tmp_path / "opaque.json", opaque)
    assert main(["privileges", sides[0], new, "--explain", json.dumps(ASKED)]) == 4
    assert "arn:aws:iam::111122223333:policy/other" in capsys.readouterr().out


def test_the_json_is_as_the_schema_says(sides: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privileges", *sides, "--explain", json.dumps(ASKED), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    validate(found, SCHEMA)
    assert (found["before"]["outcome"], found["after"]["outcome"]) == ("DENIED", "ALLOWED")
    assert found["after"]["deciding"][0]["statement"]["line"] > 1


def test_a_request_may_be_in_a_file(tmp_path: Path, sides: tuple[str, str]) -> None:
    assert main(["privileges", *sides, "--explain", write(tmp_path / "request.json", ASKED)]) == 0


def test_releases_and_assemblies_are_asked(tmp_path: Path, sides: tuple[str, str]) -> None:
    def assembly(folder: str, action: str) -> str:
        stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "One.template.json"}}
        write(tmp_path / folder / "manifest.json", {"version": "44.0.0", "artifacts": {"One": stack}})
        write(tmp_path / folder / "One.template.json", template(action))
        return str(tmp_path / folder)

    def release(name: str, action: str) -> str:
        packed = template(action) | {"Parameters": TEMPLATE["Parameters"]}
        values = {"*": {"LogLevel": "INFO"}}
        path = tmp_path / name
        path.write_bytes(artifact(artifact_files(template=packed, parameters=values, capabilities=["CAPABILITY_IAM"])))
        return str(path)

    asked = json.dumps(ASKED)
    for make, suffix in ((assembly, ""), (release, ".zip")):
        old, new = make(f"narrow{suffix}", "s3:GetObject"), make(f"wide{suffix}", "s3:*")
        assert main(["privileges", old, new, "--explain", asked]) == 0
        assert main(["privileges", new, old, "--explain", asked]) == 3


@pytest.mark.parametrize(
    ("request_text", "what", "remedy"),
    [
        ("nowhere.json", "neither a JSON object nor a file", "nowhere.json"),
        ("{nonsense", "no JSON", "line 1, column 2"),
        ("[]", "no JSON object", '"action"'),
        ('{"Action": "s3:GetObject"}', 'no key "Action"', "lower case"),
        ('{"principal": "Worker"}', "names no action", "s3:GetObject"),
        ('{"action": "GetObject"}', "is no action", "service:Action"),
        ('{"action": "s3:*"}', "has a wildcard", "Name one action"),
        ('{"action": ["s3:GetObject"]}', "is no string", "ask once for each"),
        ('{"action": "s3:GetObject", "context": "x"}', "context is no object", "aws:SourceVpc"),
        ('{"action": "s3:GetObject", "context": {"k": {}}}', "value of k", "list of strings"),
        ('{"action": "s3:GetObject", "principal": {"Role": "x"}}', "is no principal", "Federated"),
        ('{"action": "s3:GetObject"}', "not said who asks", "Worker"),
        ('{"action": "s3:GetObject", "principal": "Wroker"}', '"Wroker" is no role', "Worker"),
        ('{"action": "s3:GetObject", "principal": "Worker", "resource": "Bucket"}', '"Bucket" is neither', "an ARN"),
    ],
)
def test_bad_requests_are_told_what_and_what_to_do(
    request_text: str, what: str, remedy: str, sides: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privileges", *sides, "--explain", request_text]) == 2
    said = capsys.readouterr()
    assert what in said.err
    assert remedy in said.err
    assert said.out == ""


def test_an_action_that_aws_does_not_have_is_pointed_out(
    sides: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privileges", *sides, "--explain", json.dumps(ASKED | {"action": "s3:GetObjekt"})]) == 3
    assert "has no s3:GetObjekt. Did you mean s3:GetObject?" in capsys.readouterr().out
    assert main(["privileges", *sides, "--explain", json.dumps(ASKED | {"action": "s4:GetObject"})]) == 3
    assert 'no service "s4"' in capsys.readouterr().out


def test_other_formats_are_refused(sides: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privileges", *sides, "--explain", json.dumps(ASKED), "--format", "sarif"]) == 2
    assert "text and json" in capsys.readouterr().err


def test_documents_that_name_principals_want_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = write(tmp_path / "trust.json", TRUST)
    assert main(["privileges", trust, trust, "--explain", '{"action": "sts:AssumeRole"}']) == 2
    assert "not said who asks" in capsys.readouterr().err
    service = '{"action": "sts:AssumeRole", "principal": {"Service": "lambda.amazonaws.com"}}'
    assert main(["privileges", trust, trust, "--explain", service]) == 0
