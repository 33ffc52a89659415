"""Comparisons of two templates, OLD NEW RUNS, in one process; prints the figures of `bench_privileges`.

`warm` is the median of the runs after the first, in seconds; `peak` is the memory of the process in MiB.
"""

import json
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))


def main(old: str, new: str, runs: str) -> None:
    from towpath.privilege.compare_templates import compare_templates

    sides = [json.loads(Path(path).read_text()) for path in (old, new)]
    times: list[float] = []
    findings = 0
    for _ in range(int(runs)):
        began = time.perf_counter()
        findings = len(compare_templates(*sides).findings)
        times.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({
        "warm": statistics.median(times[1:] or times), "peak": peak, "findings": findings
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
