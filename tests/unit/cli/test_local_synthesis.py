"""When Towpath's assembly is made, when a kept one will do, and what is said when it cannot be made."""

from __future__ import annotations

from pathlib import Path

import pytest

from towpath.cli.local import synthesis
from towpath.cli.local.synthesis import SynthesisError, Wanted, fingerprint, synthesise

APP = """
import os, pathlib
folder = pathlib.Path(os.environ["CDK_OUTDIR"])
folder.mkdir(parents=True)
(folder / "says").write_text(os.environ["TOWPATH_VERSION"] + " " + os.environ["TOWPATH_SETTINGS_FILE"])
with (folder.parent / "runs").open("a") as runs:
    runs.write("x")
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose app counts how often it runs."""
    folder = tmp_path / "checkout"
    for name in synthesis._SOURCES:  # pyright: ignore[reportPrivateUsage] - a checkout has all of them
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if "." in name:
            (folder / name).write_text("")
        else:
            (folder / name).mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "handlers" / "one.py").write_text("1")
    (folder / "towpath" / "cli").mkdir()
    (folder / "settings.toml").write_text("a = 1")
    monkeypatch.setattr(synthesis, "CHECKOUT", folder)
    monkeypatch.setattr(synthesis, "_LEFT_OUT", folder / "towpath" / "cli")
    return folder


def wanted(checkout: Path, version: str = "") -> Wanted:
    return Wanted(checkout / "build" / f"assembly{version}", checkout / "settings.toml", version)


def runs(checkout: Path) -> int:
    return len((checkout / "build" / "runs").read_text())


def test_it_is_made_once_and_again_when_a_source_changes(checkout: Path) -> None:
    one = wanted(checkout)
    synthesise([one])
    synthesise([one])
    assert runs(checkout) == 1
    (checkout / "handlers" / "one.py").write_text("2")
    synthesise([one])
    assert runs(checkout) == 2


def test_the_app_is_told_the_settings_and_the_version(checkout: Path) -> None:
    synthesise([wanted(checkout, "1.0.0"), wanted(checkout, "2.0.0")])
    said = {(checkout / "build" / f"assembly{version}" / "says").read_text() for version in ("1.0.0", "2.0.0")}
    assert said == {f"{version} {checkout / 'settings.toml'}" for version in ("1.0.0", "2.0.0")}


def test_what_an_assembly_is_made_of(checkout: Path) -> None:
    before = fingerprint(wanted(checkout))
    assert fingerprint(wanted(checkout, "1.0.0")) != before
    (checkout / "towpath" / "cli" / "new.py").write_text("the command is not deployed")
    assert fingerprint(wanted(checkout)) == before
    (checkout / "settings.toml").write_text("a = 2")
    assert fingerprint(wanted(checkout)) != before


def test_what_the_app_says_when_it_fails_is_told(checkout: Path) -> None:
    (checkout / "app.py").write_text("raise SystemExit('there is no such key')")
    with pytest.raises(SynthesisError, match="there is no such key"):
        synthesise([wanted(checkout)])


def test_an_installed_package_has_nothing_to_synthesise(checkout: Path) -> None:
    (checkout / "app.py").unlink()
    with pytest.raises(SynthesisError, match="towpath local up --bare"):
        synthesise([wanted(checkout)])
