"""`python -m examples.demo`: set up the world, tell the scenarios, check, report, and leave nothing behind.

Exit status 0 when every check of every scenario holds, 1 otherwise.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from functools import partial
from pathlib import Path

from examples.demo.assembly import assemblies
from examples.demo.checks import Checks
from examples.demo.inbox import Received
from examples.demo.report import Report, Told
from examples.demo.scenarios import SCENARIOS, Scenario
from examples.demo.world import OPTIONS, ROOT, World
from local_cloud.cloud import LocalCloud


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="S1", help="tell only these scenarios (S1 comes first anyway)"
    )
    arguments = parser.parse_args()
    began = time.monotonic()
    report = Report()
    say(began, "synthesising Towpath, this version and the next (kept until the source changes)")
    first, following = assemblies(ROOT / "build")
    with tempfile.TemporaryDirectory(prefix="towpath-demo-") as name:
        folder = Path(name)
        cloud = LocalCloud.start(folder / "aws", options=OPTIONS)
        try:
            say(began, f"the embedded AWS is up at {cloud.endpoint}, with IAM enforced; deploying Towpath")
            work = folder / "work"
            work.mkdir()
            world = World.build(cloud, work, first, following)
            world.inbox.listener = partial(tell, began)
            for title, scenario in SCENARIOS.items():
                if arguments.only and title.split()[0] not in (*arguments.only, "S1"):
                    continue
                say(began, f"--- {title}")
                report.told.append(run(title, world, scenario))
            report.events = [event.envelope for event in world.inbox.events]
        finally:
            cloud.purge()
    report.seconds = time.monotonic() - began
    report.write(ROOT / "build")
    print(report.text())
    return 0 if report.holds else 1


def run(title: str, world: World, scenario: Scenario) -> Told:
    """One scenario with its checks; whatever it raises is its failure, not the end of the demonstration."""
    checks, began = Checks(), time.monotonic()
    try:
        scenario(world, checks)
        error = ""
    except Exception:  # noqa: BLE001 - the report has to say what happened, whatever it was
        error = traceback.format_exc()
    return Told(title, checks, time.monotonic() - began, error)


def say(began: float, text: str) -> None:
    print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)


def tell(began: float, event: Received) -> None:
    """One event, as the consumer received it, on one line of a terminal."""
    detail = event.detail
    place = f" → {detail['environment']}" if detail.get("environment") else ""
    head = f"{event.kind}: {detail['service']} {detail['version']}{place}"
    say(began, head)
    if sys.stdout.isatty() or os.environ.get("CI"):
        print(f"            {str(detail['says'])[:200]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
