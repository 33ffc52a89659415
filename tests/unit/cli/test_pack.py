"""`towpath pack` writes an artifact that verifies, tells what it did, and refuses in words."""

import hashlib
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from towpath.cli.main import main
from towpath.release.verification import verify_artifact

TEMPLATE = """
Parameters: {Env: {Type: String}}
Resources:
  Fn:
    Type: AWS::Lambda::Function
    Properties:
      {Code: src, Handler: app.handler, Runtime: python3.12, Role: arn, Environment: {Variables: {E: !Ref Env}}}
  Map: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Fn}}
"""
RELEASE = """
service = "orders"
version = "1.0.0"
[parameters."*"]
Env = "dev"
[[contracts]]
path = "contracts/order.json"
kind = "json-schema"
"""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "service"
    for name, content in {
        "template.yaml": TEMPLATE,
        "release.toml": RELEASE,
        "src/app.py": "def handler(event, context): return 1\n",
        "contracts/order.json": "{}",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    monkeypatch.chdir(tmp_path)
    return folder


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("release.json"))


def test_it_packs_what_release_toml_declares(service: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", str(service), "--source-revision", "abc"]) == 0
    artifact = Path("orders-1.0.0.zip")
    said = capsys.readouterr()
    assert hashlib.sha256(artifact.read_bytes()).hexdigest() in said.out
    with artifact.open("rb") as file:
        assert verify_artifact(file, key="releases/orders/1.0.0.zip").verdict.is_passed
    manifest = manifest_of(artifact)
    assert manifest["source"] == {"revision": "abc"}
    assert manifest["parameters"] == {"*": {"Env": "dev"}}
    assert manifest["contracts"][0]["path"] == "contracts/order.json"
    assert manifest["assets"][0]["source"] == "src"


def test_the_command_line_goes_over_the_declaration(service: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("more.json").write_text('{"production": {"Env": "prod"}}')
    options = [
        "--version",
        "2.0.0-rc.1",
        "--rollout",
        "Fn=all-at-once",
        "--parameters",
        "more.json",
        "--stack",
        "orders-eu",
    ]
    assert main(["pack", str(service / "template.yaml"), "-o", "r.zip", "--json", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rollout"] == ["Fn"]
    assert result["moved"] == ["Resources.Map.Properties.FunctionName: Fn → FnLive (alias live)"]
    manifest = manifest_of(Path("r.zip"))
    assert manifest["version"] == "2.0.0-rc.1"
    assert manifest["stack"] == "orders-eu"
    assert manifest["parameters"]["production"] == {"Env": "prod"}
    assert manifest["rollout"][0]["strategy"] == "all-at-once"


def test_packing_again_elsewhere_gives_the_same_bytes(service: Path, tmp_path: Path) -> None:
    options = ["--rollout", "Fn", "--source-revision", "x"]
    assert main(["pack", str(service), "-o", "one.zip", *options]) == 0
    other = tmp_path / "elsewhere"
    previous = os.umask(0o077)
    try:
        for path in sorted((path for path in service.rglob("*") if path.is_file()), reverse=True):
            copy = other / path.relative_to(service)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
            os.utime(copy, (86400, 86400))
    finally:
        os.umask(previous)
    assert main(["pack", str(other), "-o", str(other / "src/two.zip"), *options]) == 0
    assert main(["pack", str(other), "-o", str(other / "src/two.zip"), *options]) == 0
    assert Path("one.zip").read_bytes() == (other / "src/two.zip").read_bytes()


def test_the_revision_comes_from_git(service: Path) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=service, check=True)
    assert main(["pack", str(service), "-o", "r.zip"]) == 0
    source = manifest_of(Path("r.zip"))["source"]
    assert len(source["revision"]) == 40
    (service / "src/app.py").write_text("changed")
    assert main(["pack", str(service), "-o", "r.zip"]) == 0
    assert manifest_of(Path("r.zip"))["source"] == {**source, "revision": source["revision"] + "-modified"}


def test_a_folder_that_is_not_there_is_named(service: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", str(service), "-o", "nowhere/r.zip"]) == 2
    assert "There is no folder nowhere for the artifact" in capsys.readouterr().err


def test_a_version_that_is_too_short_is_told_what_a_version_is(
    service: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(service), "-o", "r.zip", "--version", "1"]) == 1
    told = capsys.readouterr().err
    assert 'release.json $.version: Found "1".' in told
    assert "It must have at least 5 characters. Semantic Versioning 2.0.0, such as 1.4.0." in told


def test_outside_of_git_there_is_no_revision(service: Path) -> None:
    assert main(["pack", str(service), "-o", "r.zip"]) == 0
    assert "source" not in manifest_of(Path("r.zip"))


REFUSED: dict[str, tuple[dict[str, str], list[str], str]] = {
    "parameter without value": ({"release.toml": RELEASE.replace('Env = "dev"', "")}, [], "parameter-missing"),
    "unknown parameter": ({"release.toml": RELEASE.replace("Env", "Envy")}, [], "parameter-unknown"),
    "version": ({}, ["--version", "one.two"], "version-not-semver"),
    "service": ({}, ["--service", "Orders"], "manifest-invalid"),
    "stack": ({}, ["--stack", "payments"], "stack-name"),
    "strategy": ({}, ["--rollout", "Fn=quickly"], "manifest-invalid"),
    "probe": ({"release.toml": RELEASE + '[[probes]]\nname = "a"\nkind = "guess"'}, [], "manifest-invalid"),
    "probe of nothing": (
        {"release.toml": RELEASE + '[[probes]]\nname = "a"\nkind = "lambda"\nfunction = "Nope"'}, [], "resource-unknown"
    ),
    "contract": ({"release.toml": RELEASE.replace("order.json", "gone.json")}, [], "contract-missing"),
    "declaration": ({"release.toml": "servise = 1"}, [], "declaration-invalid"),
    "template": ({"template.yaml": "a: &a [*a]"}, [], "template-alias"),
    "no resources": ({"template.yaml": "a: 1"}, [], "template-without-resources"),
    "missing code": ({"template.yaml": TEMPLATE.replace("src", "source")}, [], "asset-missing"),
    "function": ({}, ["--rollout", "Nope"], "rollout-unknown-function"),
    "several templates": ({"template.json": "{}"}, [], "source-ambiguous"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "options", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_names_the_reason_and_leaves_no_artifact(
    service: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], options: list[str], code: str
) -> None:
    for name, content in files.items():
        (service / name).write_text(content)
    assert main(["pack", str(service), "-o", "r.zip", *options]) == 1
    assert f"[{code}]" in capsys.readouterr().err
    assert not Path("r.zip").exists()
    assert not list(Path().glob(".towpath-*"))


def test_a_release_without_service_or_version_is_a_question_to_the_user(service: Path) -> None:
    (service / "release.toml").write_text("[parameters.'*']\nEnv = 'x'")
    assert main(["pack", str(service)]) == 2
    assert main(["pack", str(service), "--service", "orders", "-o", "r.zip"]) == 2
    assert main(["pack", str(service / "nowhere")]) == 1


def test_release_toml_of_the_project_counts_for_what_a_build_wrote(service: Path) -> None:
    built = service / ".aws-sam" / "build"
    built.mkdir(parents=True)
    (service / "template.yaml").rename(built / "template.yaml")
    (service / "src").rename(built / "src")
    assert main(["pack", str(built)]) == 0
    assert manifest_of(Path("orders-1.0.0.zip"))["parameters"] == {"*": {"Env": "dev"}}


def test_every_stack_of_an_assembly_becomes_a_service_of_its_own(service: Path) -> None:
    folder = service / "cdk.out"
    folder.mkdir()
    stacks = {
        name: {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}
        for name in ("OrdersApi", "Web")
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "41.0.0", "artifacts": stacks}))
    (folder / "t.json").write_text('{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}')
    shared = 'version = "1.0.0"\n[parameters."*"]\nElsewhere = "x"\n'
    (service / "release.toml").write_text(shared)
    assert main(["pack", str(folder), "--all", "-o", "out"]) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["orders-api-1.0.0.zip", "web-1.0.0.zip"]
    assert main(["pack", str(folder), "--all", "--service", "x"]) == 2
    assert main(["pack", str(folder), "--all", "-o", "out", "--rollout", "Nowhere"]) == 2
    (service / "release.toml").write_text('version = "1.0.0"')
    assert main(["pack", str(folder), "--stack", "Web", "--service", "web", "-o", "w.zip"]) == 0
    assert "stack" not in manifest_of(Path("w.zip"))
