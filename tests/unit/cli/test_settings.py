"""`towpath settings check` says what settings mean, or what is wrong with them and where."""

import json
from pathlib import Path

import pytest

from towpath.cli.main import main

WINDOW = "mon-fri 08:00-16:00 UTC"
SETTINGS = """
format = 1
[paths]
default = ["staging", "production"]
[environments.staging]
execution_policies = ["arn:aws:iam::aws:policy/PowerUserAccess"]
[environments.production]
stack = "{stack}-production"
execution_policies = ["arn:aws:iam::aws:policy/PowerUserAccess"]
approvers = ["arn:aws:iam::111111111111:role/Reviewer"]
bake_minutes = 30
windows = ["{WINDOW}"]
""".replace("{WINDOW}", WINDOW)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "towpath.toml"
    path.write_text(SETTINGS)
    return path


def test_settings_that_can_be_used(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "check", str(file)]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{file} can be used; functions carry it in ")
    assert rest == [
        "path default: staging → production",
        "environment staging: beside the pipeline, at least all-at-once, bakes 0 min, always open, 0 approvers",
        f"environment production: beside the pipeline, at least all-at-once, bakes 30 min, open {WINDOW}, 1 approvers",
    ]


def test_errors_name_their_keys(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SETTINGS.replace("bake_minutes", "bake_minute").replace("format = 1", "format = 2"))
    assert main(["settings", "check", str(file)]) == 1
    shown = capsys.readouterr()
    assert not shown.out
    assert shown.err.splitlines() == [
        f"towpath: {file} is refused:",
        "  - format: must be 1, not 2. [settings-value-invalid]",
        "  - environments.production.bake_minute: no such key. [settings-key-unknown]",
        "    Did you mean 'bake_minutes'?",
    ]


def test_json_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "check", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcome"] == "passed"
    assert found["settings"]["paths"] == {"default": ["staging", "production"]}
    file.write_text("format = ")
    assert main(["settings", "check", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "refused"


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "check", str(tmp_path / "none.toml")]) == 2
    assert "No such file" in capsys.readouterr().err
