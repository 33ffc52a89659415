"""How long a handler takes to wake up: a fresh process imports it as Lambda does, from the bundle and boto3 alone.

    python -m tests.bench.bench_cold_start [--runs 7] [--json FILE]

Two layouts are measured: the bundle as it is deployed, compiled ahead; and the same without its `.pyc` files, which is
what every cold start would have to compile, because Lambda's code folder cannot be written to.
"""

import argparse
import compileall
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pipeline_stack.bundle import write_bundle
from pipeline_stack.handler_table import HANDLERS

# What Lambda's Python brings: boto3 and what it needs.
_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_CHILD: Final = """
import sys, time
sys.path[:0] = sys.argv[2:]
start = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - start)
"""


def measure(code: Path, runtime: Path, runs: int) -> dict[str, float]:
    """Milliseconds by handler: the median of `runs` fresh processes."""
    found: dict[str, list[float]] = {module: [] for module in HANDLERS}
    # Round by round, so that a slow moment of the machine does not hit one handler only.
    for _ in range(runs):
        for module, times in found.items():
            times.append(_import_milliseconds(f"handlers.{module}", code, runtime))
    return {module: statistics.median(times) for module, times in found.items()}


def _import_milliseconds(module: str, *folders: Path) -> float:
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": os.environ["PATH"], "AWS_LAMBDA_FUNCTION_NAME": "bench"}
    command = [sys.executable, "-I", "-S", "-B", "-c", _CHILD, module, *map(str, folders)]
    done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    return float(done.stdout) * 1000


def _runtime_folder(folder: Path) -> Path:
    """The packages of Lambda's runtime, compiled as they are there, and nothing else."""
    folder.mkdir()
    for name in _RUNTIME:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{name} is not installed; run: make setup")
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name, ignore=shutil.ignore_patterns("data", "__pycache__"))
        else:
            shutil.copy(origin, folder)
    compileall.compile_dir(folder, quiet=2)
    return folder


def _layouts(folder: Path) -> Iterator[tuple[str, Path, int]]:
    """Name, folder and zipped size of each layout of the bundle."""
    bundle = write_bundle(folder / "bundle.zip")
    deployed, sources = folder / "deployed", folder / "sources"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(deployed)
    shutil.copytree(deployed, sources, ignore=shutil.ignore_patterns("__pycache__"))
    yield "deployed", deployed, bundle.stat().st_size
    yield "sources", sources, Path(shutil.make_archive(str(sources), "zip", sources)).stat().st_size


def _table(sizes: Mapping[str, int], times: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield f"Python {platform.python_version()}, {os.cpu_count()} processors, milliseconds, fresh processes"
    yield f"{'':24}" + "".join(f"{name:>12}" for name in times)
    yield f"{'bundle, bytes':24}" + "".join(f"{sizes[name]:>12,}" for name in times)
    for module in sorted(HANDLERS):
        yield f"{module:24}" + "".join(f"{found[module]:>12.0f}" for found in times.values())
    medians = [statistics.median(found.values()) for found in times.values()]
    yield f"{'median of handlers':24}" + "".join(f"{value:>12.0f}" for value in medians)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the cold start of every handler.")
    parser.add_argument("--runs", type=int, default=7, help="fresh processes for each handler and layout")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    arguments = parser.parse_args()
    sizes: dict[str, int] = {}
    times: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        runtime = _runtime_folder(Path(temporary) / "runtime")
        for name, code, size in _layouts(Path(temporary)):
            sizes[name], times[name] = size, measure(code, runtime, arguments.runs)
    sys.stdout.write("\n".join(_table(sizes, times)) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps({"bytes": sizes, "milliseconds": times}, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
