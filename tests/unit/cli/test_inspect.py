"""`towpath inspect` shows everything that a release says of itself, and no secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.release.artifact_builder import CODE, TEMPLATE, artifact, artifact_files, described, sha256
from towpath.cli.main import main

FULL: dict[str, Any] = {
    "source": {"revision": "abc123", "time": "2026-11-23T07:00:00Z"},
    "stack": "orders-api",
    "assets": [{**described(f"assets/{sha256(CODE)}", CODE), "source": "src/api"}],
    "parameters": {"*": {"LogLevel": "INFO"}, "production": {"LogLevel": "WARN", "Password": "hunter2"}},
    "capabilities": ["CAPABILITY_IAM"],
    "tags": {"team": "orders\x1b[2J"},
    "rollout": [
        {"function": "ApiFunction", "alias": "Live", "alias_name": "live", "strategy": "canary-10-percent-5-minutes",
         "alarms": ["ApiErrors"]},
    ],
    "probes": [{"name": "answers", "kind": "lambda", "function": "ApiFunction", "environments": ["staging"]}],
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    resources = {**TEMPLATE["Resources"], "Live": {"Type": "AWS::Lambda::Alias"}}
    resources["ApiErrors"] = {"Type": "AWS::CloudWatch::Alarm"}
    secret = {"Type": "String", "NoEcho": True, "Default": "x"}
    template = {"Parameters": {**TEMPLATE["Parameters"], "Password": secret}, "Resources": resources}
    path = tmp_path / "release.zip"
    path.write_bytes(artifact(artifact_files(template=template, **FULL)))
    return path


def test_for_people(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "orders 1.2.0"
    assert f"digest        {sha256(file.read_bytes())}" in lines
    assert "source        abc123, 2026-11-23T07:00:00Z" in lines
    assert "stack         orders-api" in lines
    assert "resources     1 AWS::CloudWatch::Alarm, 1 AWS::Lambda::Alias, 1 AWS::Lambda::Function" in lines
    assert "parameter     LogLevel = INFO  (every environment)" in lines
    assert "parameter     Password = (hidden)  (production)" in lines
    assert "tag           team = orders?[2J" in lines
    assert any(line.startswith(f"asset         {sha256(CODE)[:12]}") and line.endswith("src/api") for line in lines)
    assert "rollout       ApiFunction behind live: canary-10-percent-5-minutes, alarms ApiErrors" in lines
    assert "probe         answers: lambda, before and after the shift, in staging" in lines


def test_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(file), "--json"]) == 0
    shown = capsys.readouterr().out
    assert "hunter2" not in shown
    assert json.loads(shown)["manifest"]["tags"] == {"team": "orders\x1b[2J"}


def test_what_is_no_release_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.zip").write_bytes(b"text")
    assert main(["inspect", str(tmp_path / "a.zip")]) == 1
    assert "archive-not-a-zip" in capsys.readouterr().err
