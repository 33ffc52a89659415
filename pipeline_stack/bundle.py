"""The code of all handlers as one zip: pure Python, the same bytes from the same files, without what Lambda brings.

boto3 and what it needs come with the runtime. Modules are compiled ahead, for the Python that builds the bundle and
that it will run on: Lambda cannot keep what it compiles, so every cold start would compile all again (ADR 0031).
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline_stack.bundle_content import ROOT, BundleContent

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")
# Where Lambda unpacks a bundle.
_TASK = "/var/task"
# The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)


def write_bundle(target: Path, content: BundleContent | None = None, root: Path = ROOT) -> Path:
    """Write the zip and return its path. Its bytes depend on the files and on the Python that builds it, only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and then put in place: somebody may be reading the bundle of the same name.
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    files = (content or BundleContent.read()).files(root)
    _write_zip(aside, {**files, **_compiled(files)})
    return aside.replace(target)


def digest_of(bundle: Path) -> str:
    """The SHA-256 of the bundle's sources: the same for the same files, whatever compiled or compressed them."""
    hashed = hashlib.sha256()
    with zipfile.ZipFile(bundle) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".pyc"):
                content = archive.read(name)
                hashed.update(f"{name}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


def this_runtime() -> str:
    """The Lambda runtime of the Python that builds the bundle: what was tested is what runs. Raises ValueError."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if name not in RUNTIMES:
        raise ValueError(f"Lambda has no runtime {name}; build with one of {', '.join(RUNTIMES)}")
    return name


def _compiled(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The `.pyc` of every module, by its name in the bundle, without docstrings: nobody reads them where it runs.

    A process of its own compiles them, with nothing else in it and fixed hashes: what marshal writes depends on both.
    Lambda does not keep times, so the files are never compared with their sources.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, content in files.items():
            if name.endswith(".py"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        command = [sys.executable, "-OO", "-S", "-m", "compileall", "-q", "-s", str(folder), "-p", _TASK,
                   "--invalidation-mode", "unchecked-hash", str(folder)]  # fmt: skip
        subprocess.run(command, env={"PYTHONHASHSEED": "0"}, check=True, timeout=120)  # noqa: S603 - a fixed command
        compiled = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.pyc")}
        # Lambda's interpreter is not told to optimise, so it looks for the plain names.
        return {name.replace(".opt-2.pyc", ".pyc"): content for name, content in compiled.items()}


def _write_zip(target: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name], compresslevel=9)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m pipeline_stack.bundle [PATH]` writes the bundle and says how large it is."""
    parser = argparse.ArgumentParser(description="Write the Lambda bundle.")
    parser.add_argument("target", nargs="?", type=Path, default=ROOT / "build" / "bundle.zip")
    target = write_bundle(parser.parse_args(arguments).target)
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes, {this_runtime()}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
