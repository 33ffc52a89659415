"""The command around the embedded AWS, with the real one behind it."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud, status
from towpath.cli import local


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "cloud"
    yield folder
    if status(folder).running:
        LocalCloud.attach(folder).purge()


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    local.add_parser(parser.add_subparsers())
    args = parser.parse_args(["local", *arguments])
    return args.run(args)


@pytest.mark.embedded
def test_up_status_env_down_purge(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--folder", str(folder))
    assert run("status", *at) == 1
    assert run("up", "--bare", "--port", "0", *at) == 0
    said = capsys.readouterr().out
    assert f'eval "$(towpath local env --folder {folder})"' in said
    assert run("status", *at) == 0
    assert "answers at http://127.0.0.1:" in capsys.readouterr().out

    assert run("env", *at) == 0
    assignments = capsys.readouterr().out
    shell = subprocess.run(  # a shell must be able to take it as it is
        ["sh", "-c", f"{assignments}\nprintf %s $AWS_ENDPOINT_URL"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert shell.stdout == status(folder).endpoint

    assert "export AWS_PROFILE=administrator" in assignments
    assert run("env", "--as", "reviewer", *at) == 1
    assert "Towpath is not deployed" in capsys.readouterr().err

    assert run("logs", *at) == 0
    assert "Ready" in capsys.readouterr().out
    assert run("up", "--bare", "--port", "0", *at) == 1
    assert "already running" in capsys.readouterr().err
    assert run("down", *at) == 0
    assert folder.exists()
    assert run("status", *at) == 1
    assert run("down", "--purge", *at) == 0
    assert not folder.exists()


def test_what_is_not_running_cannot_be_stopped_or_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("down", "logs", "env"):
        assert run(verb, "--folder", str(folder)) == 1
        assert "towpath local up" in capsys.readouterr().err


def test_a_folder_with_other_things_in_it_is_neither_used_nor_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text("mine")
    assert run("down", "--purge", "--folder", str(tmp_path)) == 1
    assert "it holds app.py. Nothing is removed" in capsys.readouterr().err
    assert run("up", "--bare", "--port", "0", "--folder", str(tmp_path)) == 1
    assert "Name a new or an empty one with --folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]


def test_what_a_server_left_that_never_came_up_is_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "state").mkdir(parents=True)
    (folder / "server.log").write_text("")
    assert run("down", "--purge", "--folder", str(folder)) == 0
    assert not folder.exists()
    assert run("down", "--purge", "--folder", str(folder)) == 0
    assert "there is no folder" in capsys.readouterr().out


@pytest.mark.embedded
def test_settings_of_another_account_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("up", "--port", "0", "--account", "111111111111", "--folder", str(folder)) == 1
    said = capsys.readouterr().err
    assert "names the account 000000000000" in said
    assert "--settings" in said
