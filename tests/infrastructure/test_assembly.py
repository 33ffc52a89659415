"""What is synthesised is the same each time, breaks no rule, and can be deployed without anything that is not in it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from pipeline_stack.interfaces import service
from pipeline_stack.permission import permit
from tests.infrastructure.templates import ROOT, Assembly, Template

# The construct library repeats what a reference already says.
REPEATED_DEPENDENCY = "W3005"
# cfn-lint takes only numbers for TimeoutSeconds; in JSONata it may be an expression:
# https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
EXPRESSION = "'{% ${ApprovalSeconds} %}' is not of type 'number'"


def test_another_process_in_another_place_synthesises_the_same(
    assembly: Assembly, elsewhere: Path, tmp_path: Path
) -> None:
    variables = {**os.environ, "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "TOWPATH_OUTDIR": str(tmp_path / "out")}
    command = f"umask 077; exec '{sys.executable}' app.py"
    subprocess.run(["/bin/sh", "-c", command], cwd=elsewhere, env=variables, check=True, timeout=120)
    for path in sorted(assembly.folder.iterdir()):
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes(), path.name


def test_settings_that_cannot_be_used_are_told_with_their_keys(tmp_path: Path) -> None:
    settings = tmp_path / "towpath.toml"
    settings.write_text("format = 1\n[pathes]\n")
    variables = {**os.environ, "TOWPATH_SETTINGS_FILE": str(settings)}
    ended = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert "pathes: no such key. Did you mean 'paths'?" in ended.stderr
    assert "environments: the key is missing." in ended.stderr


def test_cfn_lint_finds_nothing(assembly: Assembly) -> None:
    for name in ("towpath-pipeline", "towpath-environment-production"):
        text = assembly.template(name).path.read_text("utf-8")
        found = lint(text, config=ManualArgs(ignore_checks=[REPEATED_DEPENDENCY], regions=["eu-west-1"]))
        assert [str(match) for match in found if EXPRESSION not in match.message] == []


def test_validations_ran_and_left_nothing_open(assembly: Assembly, plain: Assembly) -> None:
    for folder in (assembly.folder, plain.folder):
        report = json.loads((folder / "validation-report.json").read_text("utf-8"))
        assert report["pluginReports"] == []


def test_a_wildcard_that_nobody_explained_stops_the_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    role = iam.Role(Stack(app, "stack"), "Role", assumed_by=service("lambda.amazonaws.com"))
    with pytest.raises(ValueError, match="need a reason"):
        permit(role, ["s3:GetObject"], ["arn:aws:s3:::some/*"])
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()


def test_an_explained_wildcard_lets_it_pass(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    role = iam.Role(Stack(app, "stack"), "Role", assumed_by=service("lambda.amazonaws.com"))
    permit(role, ["s3:GetObject"], ["arn:aws:s3:::some/*"], wildcard="It is a test.")
    app.synth()


def test_nothing_outside_the_templates_is_needed(assembly: Assembly) -> None:
    for template in assembly.templates():
        assert "Parameters" not in template.document, template.path.name
        assert "Rules" not in template.document, template.path.name
        assert "Fn::ImportValue" not in json.dumps(template.document), template.path.name
    manifest = json.loads((assembly.folder / "manifest.json").read_text("utf-8"))
    assert not manifest.get("missing")


def test_the_pipeline_can_be_submitted_to_cloudformation(pipeline: Template) -> None:
    assert len(json.dumps(pipeline.document)) < 1_000_000
    assert len(pipeline.document["Resources"]) < 500


def test_every_promotion_event_has_a_registered_schema(pipeline: Template) -> None:
    registered = {
        item["Properties"]["SchemaName"]: json.loads(item["Properties"]["Content"])
        for item in pipeline.of_type("AWS::EventSchemas::Schema").values()
    }
    files = {path.name.removesuffix(".schema.json") for path in (ROOT / "docs" / "events").glob("*.schema.json")}
    assert {name.removeprefix("towpath@") for name in registered} == {
        "".join(word.capitalize() for word in name.split("-")) for name in files
    }
    for content in registered.values():
        assert content["properties"]["source"] == {"enum": ["towpath"]}
        assert content["properties"]["detail-type"] == {"enum": [content["title"]]}
        assert "const" not in json.dumps(content)
