"""A folder's bundle: the same tree gives the same bytes, all of it is in there, and what cannot be packed is named."""

import os
import shutil
import socket
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from towpath.release.folder import Bundle, bundle_folder
from towpath.verdict import Verdict


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "code"
    (root / "lib" / "empty").mkdir(parents=True)
    (root / "app.py").write_text("x = 1\n")
    (root / ".hidden").write_text("")
    (root / "lib" / "bootstrap").write_text("#!/bin/sh\n")
    (root / "lib" / "bootstrap").chmod(0o700)
    return root


def _bundle(folder: Path) -> tuple[Bundle, bytes]:
    buffer = BytesIO()
    result = bundle_folder(folder, buffer)
    assert isinstance(result, Bundle)
    return result, buffer.getvalue()


def _refusal(folder: Path) -> Verdict:
    result = bundle_folder(folder, BytesIO())
    assert isinstance(result, Verdict)
    assert result.is_refused
    return result


def test_everything_is_in_it(folder: Path) -> None:
    result, content = _bundle(folder)
    with zipfile.ZipFile(BytesIO(content)) as opened:
        assert opened.namelist() == [".hidden", "app.py", "lib/bootstrap", "lib/empty/"]
        modes = [stat.S_IMODE(info.external_attr >> 16) for info in opened.infolist()]
    assert modes == [0o644, 0o644, 0o755, 0o755]
    assert result.members == (".hidden", "app.py", "lib/bootstrap", "lib/empty/")
    assert (result.left_out, result.outside) == ((), ())


def test_time_mask_and_creation_order_leave_no_trace(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = _bundle(folder)
    copy = tmp_path / "elsewhere"
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    for name in ("lib/empty", "lib"):
        (copy / name).mkdir(parents=True, exist_ok=True)
    for name in ("lib/bootstrap", "app.py", ".hidden"):
        shutil.copyfile(folder / name, copy / name)
        (copy / name).chmod(0o711 if name == "lib/bootstrap" else 0o666)
        os.utime(copy / name, (2_000_000_000, 2_000_000_000))
    after, _ = _bundle(copy)
    assert after.digest == before.digest


@pytest.mark.parametrize("change", ["content", "name", "executable", "empty folder"])
def test_any_change_of_the_tree_changes_the_digest(folder: Path, change: str) -> None:
    before, _ = _bundle(folder)
    match change:
        case "content":
            (folder / "app.py").write_text("x = 2\n")
        case "name":
            (folder / "app.py").rename(folder / "App.py")
        case "executable":
            (folder / "app.py").chmod(0o755)
        case _:
            (folder / "lib" / "empty").rmdir()
    after, _ = _bundle(folder)
    assert after.digest != before.digest


def test_what_is_left_out_is_said(folder: Path) -> None:
    result = bundle_folder(folder, BytesIO(), keep=lambda path: path not in ("lib/", ".hidden"))
    assert isinstance(result, Bundle)
    assert result.members == ("app.py",)
    assert result.left_out == (".hidden", "lib/")


def test_links_are_followed_and_those_that_lead_out_are_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "util.py").write_text("y = 1\n")
    (folder / "alias.py").symlink_to("app.py")
    (folder / "shared").symlink_to("../shared")
    result, content = _bundle(folder)
    assert result.outside == ("shared/",)
    with zipfile.ZipFile(BytesIO(content)) as opened:
        assert opened.read("alias.py") == b"x = 1\n"
        assert opened.read("shared/util.py") == b"y = 1\n"
        assert all(not stat.S_ISLNK(info.external_attr >> 16) for info in opened.infolist())


def test_a_link_that_circles_is_refused(folder: Path) -> None:
    (folder / "lib" / "up").symlink_to("..")
    (folder / "self").symlink_to("self")
    assert [(reason.code, reason.where) for reason in _refusal(folder).reasons] == [
        ("link-circle", f"{folder}/lib/up"),
        ("dangling-link", f"{folder}/self"),
    ]


def test_what_no_zip_can_carry_is_refused_with_its_path(folder: Path) -> None:
    (folder / "nowhere").symlink_to("missing")
    os.mkfifo(folder / "pipe")
    (folder / "a\\b").write_text("")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_text("")
    reasons = {reason.code: reason.where for reason in _refusal(folder).reasons}
    assert reasons["dangling-link"] == f"{folder}/nowhere"
    assert reasons["special-file"] == f"{folder}/pipe"
    assert reasons["unportable-name"] == f"{folder}/\\udcff"


def test_a_special_file_that_is_left_out_is_no_trouble(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        result = bundle_folder(folder, BytesIO(), keep=lambda path: path != "s")
    assert isinstance(result, Bundle)
    assert result.left_out == ("s",)
