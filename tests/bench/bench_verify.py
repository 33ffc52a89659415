"""How fast an artifact is verified, against `sha256sum` on the same file in the same run, and in how much memory.

    python -m tests.bench.bench_verify [--gib 2] [--runs 3] [--folder DIR]

Each verification is a fresh process, so that its peak memory is its own. The file is read once beforehand: what is
compared is work, not the disk. Linux only: peak memory is the kernel's high-water mark of the process, which, unlike
that of getrusage, does not begin with the parent's.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.unit.release.artifact_builder import TEMPLATE, artifact_files, described
from towpath.release.archive import CHUNK, Member, write_archive

GIB: Final = 1 << 30
_CHILD: Final = """
import json, re, sys, time
def peak():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read()).group(1)) * 1024
bare = peak()
from towpath.release.verification import verify_artifact
imported = peak()
start = time.perf_counter()
with open(sys.argv[1], "rb") as stream:
    found = verify_artifact(stream)
seconds = time.perf_counter() - start
assert found.verdict.is_passed, found.verdict
print(json.dumps({"seconds": seconds, "bare": bare, "imported": imported, "peak": peak(), "digest": found.digest}))
"""


def make_artifact(folder: Path, size: int, assets: int = 8) -> Path:
    """A sound release of about this many bytes, in assets that do not compress."""
    files = artifact_files(template=TEMPLATE)
    described_assets: list[dict[str, Any]] = []
    members = [Member("template.json", files["template.json"])]
    for number in range(assets):
        source = folder / f"asset-{number}"
        with source.open("wb") as out:
            for _ in range(max(1, size // assets // CHUNK)):
                out.write(os.urandom(CHUNK))
        digest = _sha256sum(source)[0]
        path = f"assets/{digest}"
        described_assets.append({**described(path, b""), "sha256": digest, "size": source.stat().st_size})
        members.append(Member(path, source))
    manifest = {**json.loads(files["release.json"]), "assets": described_assets}
    members.append(Member("release.json", json.dumps(manifest).encode()))
    artifact = folder / "release.zip"
    with artifact.open("w+b") as out:
        write_archive(members, out)
    for member in members:
        if isinstance(member.content, Path):
            member.content.unlink()
    return artifact


def _sha256sum(file: Path) -> tuple[str, float]:
    start = time.perf_counter()
    found = subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True)
    return found.stdout.split()[0], time.perf_counter() - start


def _openssl(file: Path) -> float:
    start = time.perf_counter()
    subprocess.run(["openssl", "dgst", "-sha256", str(file)], capture_output=True, check=True)
    return time.perf_counter() - start


def _verify(file: Path) -> dict[str, Any]:
    found = subprocess.run([sys.executable, "-c", _CHILD, str(file)], capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def compare(size: int, runs: int, folder: Path) -> dict[str, Any]:
    """Medians over interleaved runs for one artifact of about this size."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        artifact = make_artifact(Path(scratch), size)
        expected = _sha256sum(artifact)[0]
        rounds = [(_sha256sum(artifact)[1], _openssl(artifact), _verify(artifact)) for _ in range(runs)]
        length = artifact.stat().st_size
    if any(found["digest"] != expected for _, _, found in rounds):
        raise AssertionError("verification and sha256sum disagree on the digest")
    rates = {
        "sha256sum": statistics.median(length / seconds for seconds, _, _ in rounds),
        "openssl": statistics.median(length / seconds for _, seconds, _ in rounds),
        "verify": statistics.median(length / found["seconds"] for _, _, found in rounds),
    }
    peak = max(found["peak"] for _, _, found in rounds)
    return {
        "bytes": length,
        "megabytes_per_second": {name: round(rate / 1e6) for name, rate in rates.items()},
        "verify_to_sha256sum": round(rates["verify"] / rates["sha256sum"], 2),
        "verify_to_openssl": round(rates["verify"] / rates["openssl"], 2),
        "seconds": round(length / rates["verify"], 3),
        "peak_mib_over_interpreter": round((peak - min(found["bare"] for *_, found in rounds)) / (1 << 20), 1),
        "of_that_imports_mib": round(
            (max(found["imported"] for *_, found in rounds) - min(found["bare"] for *_, found in rounds)) / (1 << 20), 1
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gib", type=float, default=2.0, help="size of the largest artifact")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    sizes = [int(arguments.gib * GIB / divisor) for divisor in (8, 4, 2, 1)]
    results = [compare(size, arguments.runs, arguments.folder) for size in sizes]
    print(
        json.dumps({"machine": platform.machine(), "python": platform.python_version(), "results": results}, indent=2)
    )


if __name__ == "__main__":
    main()
