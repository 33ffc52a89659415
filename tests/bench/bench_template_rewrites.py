"""Ten thousand rewrites of templates that change nothing, and ten thousand widenings: what is said about each.

`python -m tests.bench.bench_template_rewrites [PAIRS [FIRST]]` prints a table for `docs/performance.md`, and every pair
whose answer is wrong with the seed that makes it again. It ends with 1 if there is one.
"""

import os
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.unit.privilege.gathering.generated import harmless_pair, widened_pair
from towpath.privilege import compare_templates

_PAIRS: Final = 10_000
_WRONG: Final = {("harmless", "EXPANSION"), ("harmless", "UNKNOWN"), ("widened", "NO_EXPANSION")}
_BATCH: Final = 50
Answer = tuple[str, int, str, str, float]


def answer(job: tuple[str, int]) -> Answer:
    """Kind, seed, verdict, how the pair was made, and milliseconds."""
    kind, seed = job
    old, new, names = (harmless_pair if kind == "harmless" else widened_pair)(seed)
    start = time.perf_counter()
    verdict = compare_templates(old, new).verdict.value
    return kind, seed, verdict, ", ".join(names), (time.perf_counter() - start) * 1000


def main(pairs: int = _PAIRS, first: int = 0) -> int:
    """Runs all pairs from a first seed on, on all processors, and reports."""
    jobs = [(kind, seed) for seed in range(first, first + pairs) for kind in ("harmless", "widened")]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(answer, jobs, chunksize=_BATCH))
    wrong = [item for item in answers if (item[0], item[2]) in _WRONG]
    for kind, seed, verdict, names, _ in wrong:
        print(f"wrong: {kind} pair {seed} is {verdict}: {names}")
    print("| pairs | no expansion | expansion | unknown | median ms | p95 ms |\n|---|---|---|---|---|---|")
    for kind in ("harmless", "widened"):
        found = [item for item in answers if item[0] == kind]
        verdicts = Counter(item[2] for item in found)
        shown = " | ".join(f"{verdicts[name]:,}" for name in ("NO_EXPANSION", "EXPANSION", "UNKNOWN"))
        times = sorted(item[4] for item in found)
        middle, late = statistics.median(times), times[len(times) * 95 // 100]
        print(f"| {len(found):,} {kind} | {shown} | {middle:.0f} | {late:.0f} |")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
