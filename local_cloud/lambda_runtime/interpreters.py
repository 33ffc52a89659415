"""Which interpreter runs a declared runtime, and what a function may import besides its bundle and layers.

A function declared for `python3.12` runs on `python3.12` or not at all, unless the server was told to take the nearest.
The runtime folder holds what AWS's Python runtime brings (boto3 and what it needs, awslambdaric) and nothing else of
the environment that the server runs in (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html).
"""

from __future__ import annotations

import functools
import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

RUNTIME_DISTRIBUTIONS = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)
_NOT_LINKED = {"runtime_client", "__pycache__", ".."}


class InterpreterMissingError(RuntimeError):
    """The declared runtime is not on this machine; the message says what to do."""


@functools.cache
def interpreter(runtime: str, *, nearest: bool) -> str:
    """The executable for `runtime` ("python3.12")."""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime == own:
        return sys.executable
    found = shutil.which(runtime)
    if found is not None and _runs(found, runtime):
        return found
    if nearest:
        return sys.executable
    raise InterpreterMissingError(
        f"The declared runtime {runtime} is not on this machine: there is no working '{runtime}' on PATH. Install it, "
        f"declare {own}, or start the embedded AWS with --nearest-python to run every Python function on {own}."
    )


def _runs(executable: str, runtime: str) -> bool:
    """A name on PATH may be a shim of a version manager with nothing behind it, or another version altogether."""
    program = "import sys; print(f'python{sys.version_info.major}.{sys.version_info.minor}')"
    answer = subprocess.run(  # noqa: S603 -- an interpreter found on PATH by its exact name
        [executable, "-S", "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    return answer.returncode == 0 and answer.stdout.strip() == runtime


def build_runtime_folder(folder: Path) -> Path:
    """Link what the runtime brings into `folder`, freshly; our two files are copied, since a link would be resolved."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in RUNTIME_DISTRIBUTIONS:
        _link(importlib.metadata.distribution(name), folder)
    for source in (Path(__file__).parent / "child").glob("*.py"):
        shutil.copy(source, folder)
    return folder


def _link(distribution: importlib.metadata.Distribution, folder: Path) -> None:
    entries = {file.parts[0] for file in distribution.files or ()}
    for entry in sorted(entries):
        if entry.split(".")[0] in _NOT_LINKED or entry in _NOT_LINKED:
            continue
        (folder / entry).symlink_to(Path(str(distribution.locate_file(entry))).resolve())
