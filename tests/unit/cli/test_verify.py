"""`towpath verify` says what the pipeline would say."""

import json
from pathlib import Path

import pytest

from tests.unit.release.artifact_builder import artifact, artifact_files, sha256
from towpath.cli.main import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "release.zip"
    path.write_bytes(artifact())
    return path


def test_a_sound_release(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file), "--key", "releases/orders/1.2.0.zip"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{file} is a sound release: orders 1.2.0",
        f"sha256 {sha256(artifact())}, {len(artifact()):,} bytes, 1 asset",
    ]


def test_a_refusal_names_each_reason_with_place_and_remedy(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file), "--digest", "0" * 64, "--key", "releases/orders/1.0.0.zip"]) == 1
    shown = capsys.readouterr()
    assert not shown.out
    lines = shown.err.splitlines()
    assert lines[0] == f"towpath: {file} is refused:"
    assert lines[1].endswith("[digest-mismatch]")
    assert lines[3].startswith('  - "releases/orders/1.0.0.zip": The manifest is of version 1.2.0')
    assert lines[4].startswith("    Upload it as releases/orders/1.2.0.zip")


def test_environments_of_the_path(file: Path, tmp_path: Path) -> None:
    file.write_bytes(artifact(artifact_files(parameters={"production": {"LogLevel": "INFO"}})))
    assert main(["verify", str(file)]) == 0
    assert main(["verify", str(file), "--environment", "preview", "--environment", "production"]) == 1


def test_as_json(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file), "--json"]) == 0
    sound = json.loads(capsys.readouterr().out)
    assert (sound["outcome"], sound["service"], sound["digest"]) == ("passed", "orders", sha256(artifact()))
    file.write_bytes(b"text")
    assert main(["verify", str(file), "--json"]) == 1
    refused = json.loads(capsys.readouterr().out)
    assert refused["reasons"][0]["code"] == "archive-not-a-zip"


def test_no_control_character_of_a_release_reaches_the_terminal(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = {"Resources": {"\x1b[2J": {"Properties": "none"}}}
    file.write_bytes(artifact(artifact_files(template=template)))
    assert main(["verify", str(file)]) == 1
    assert "\x1b" not in capsys.readouterr().err
