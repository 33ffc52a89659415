"""The command as a whole: which commands answer, what exit codes mean, and what a person sees when something fails."""

import subprocess
import sys
from argparse import Namespace
from importlib import import_module
from pathlib import Path

import pytest

from towpath.cli import verify
from towpath.cli.main import COMMANDS, main
from towpath.errors import RefusedByAws


def test_every_listed_command_has_a_module_that_declares_it() -> None:
    for name in COMMANDS:
        assert callable(import_module(f"towpath.cli.{name.replace('-', '_')}").add_parser)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"usage: towpath {name}" in capsys.readouterr().out


def test_help_names_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown and summary in shown for name, summary in COMMANDS.items())
    assert "exit codes" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("towpath ")


@pytest.mark.parametrize("arguments", [[], ["fly"], ["verify"], ["verify", "a", "b"], ["verify", "--nothing", "a"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert "usage: towpath" in shown.err
    assert not shown.out


def test_a_missing_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "nothing.zip")]) == 2
    assert capsys.readouterr().err == f"towpath: error: {tmp_path}/nothing.zip: No such file or directory\n"


def test_a_folder_is_no_artifact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (RefusedByAws("while publishing: denied", "AccessDenied"), 2, "towpath: error: while publishing: denied\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_expected_errors_leave_no_traceback(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_arguments: Namespace) -> int:
        raise error

    monkeypatch.setattr(verify, "run", fail)
    assert main(["verify", "a.zip"]) == code
    assert capsys.readouterr().err == said


def test_a_surprise_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_arguments: Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(verify, "run", fail)
    with pytest.raises(ZeroDivisionError):
        main(["verify", "a.zip"])


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)


def test_help_imports_no_command_and_no_aws_client() -> None:
    code = (
        "import sys; from towpath.cli.main import main; main(['--help'])\n"
        "print(sorted(set(sys.modules) & {'boto3', 'botocore', 'rich', 'yaml', 'fastjsonschema', 'towpath.cli.pack'}))"
    )
    assert run_python(code).stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = (
        "import os, sys; from towpath.cli.main import main\n"
        "reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1)\n"
        "sys.exit(main(['--version']))"
    )
    found = run_python(code)
    assert (found.returncode, found.stderr) == (130, "")
