"""The command: which exit code means what, every format, and the answer to one request."""

import json
from pathlib import Path
from typing import Any

import pytest

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
    before, after = capsys.readouterr().out.splitlines()
    assert "Denied implicitly" in before
    assert 'Allowed by statement "Wide"' in after
    assert main(["privileges", files["wide"], files["narrow"], "--explain", request]) == 3
