"""What a release through three environments takes: time, state transitions, Lambda, money; alone and many at once.

    python -m tests.bench.bench_release [--services 1,10,50] [--json FILE]

Alone, it is an ordinary second release of the example service `orders` (a function behind an alias that CodeDeploy
shifts, probes before and after). Many at once are services of one queue each; with more than one version, all versions
of a service are uploaded within a second, and the newest must be live in the end. The embedded AWS waits one second
between looks and has no bake; on AWS the waiting is CloudFormation's and CodeDeploy's own time, and Lambda is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from examples.demo import service
from examples.demo.scenarios.looks import ENVIRONMENTS, live_digest
from examples.demo.world import World, make_client
from tests.bench.pipeline_world import world
from tests.bench.usage import Meter
from tests.end_to_end.bad_uploads import files
from tests.unit.release.artifact_builder import artifact, sha256

_ENDS = ("Release Promoted", "Release Superseded", "Release Stopped", "Release Rejected")


def one_release(here: World) -> dict[str, Any]:
    """The second release of `orders`, after a first one that a person approved."""
    service.publish(here, service.pack(here, "1.0.0"))
    asked = here.inbox.wait("orders", "1.0.0", "Approval Requested", seconds=300)
    here.must("approve", asked.detail["plan"], person="reviewer")
    here.inbox.wait("orders", "1.0.0", "Release Promoted", seconds=600)
    packed, meter = service.pack(here, "1.1.0"), Meter(here)
    began = time.monotonic()
    service.publish(here, packed)
    here.inbox.wait("orders", "1.1.0", "Release Promoted", seconds=600)
    seconds = time.monotonic() - began
    usage = meter.read()
    waiting = round(seconds - usage.lambda_seconds, 1)
    return {"seconds": round(seconds, 1), "waiting_seconds": waiting, **usage.to_json(meter.architecture)}


def many(here: World, services: int, versions: int, patience: float) -> dict[str, Any]:
    """That many services at once, each with that many versions."""
    names = [f"depot-{services}-{number:02}" for number in range(services)]
    sound = {
        (name, f"1.{minor}.0"): artifact(files(f"1.{minor}.0", name, seconds=30 + minor))
        for minor in range(versions)
        for name in names
    }
    s3: Any = make_client("s3", here.people["uploader"])
    meter, began, uploaded = Meter(here), time.monotonic(), time.time()
    for (name, version), content in sound.items():
        s3.put_object(Bucket=here.outputs["ReleaseBucketName"], Key=f"releases/{name}/{version}.zip", Body=content,
                      IfNoneMatch="*")  # fmt: skip
    uploading = time.monotonic() - began
    ended = _await_ends(here, set(sound), patience)
    seconds = time.monotonic() - began
    newest = f"1.{versions - 1}.0"
    live = sum(
        live_digest(here, environment, name) == sha256(sound[name, newest])
        for name in names
        for environment in ENVIRONMENTS
    )
    usage = meter.read()
    return {
        "services": services, "versions": versions, "uploaded_at": uploaded, "uploading_seconds": round(uploading, 1),
        "seconds": round(seconds, 1), "ends": dict(Counter(ended.values())), "lost": len(sound) - len(ended),
        "live": live, "should_be_live": services * len(ENVIRONMENTS), "out_of_order": _out_of_order(here, names),
        "releases_per_minute": round(len(ended) / seconds * 60, 1),
        **usage.to_json(meter.architecture),
    }  # fmt: skip


def _await_ends(here: World, wanted: set[tuple[str, str]], patience: float) -> dict[tuple[str, str], str]:
    """How each release ended, as far as it did in time."""
    ended: dict[tuple[str, str], str] = {}
    until = time.monotonic() + patience
    while len(ended) < len(wanted) and time.monotonic() < until:
        here.inbox.read()
        for event in here.inbox.events:
            release = (str(event.detail["service"]), str(event.detail["version"]))
            if event.kind in _ENDS and release in wanted:
                ended[release] = event.kind
    return ended


def _out_of_order(here: World, names: list[str]) -> int:
    """How often an older version went live in an environment after a newer one of the same service."""
    lives: dict[tuple[str, str], list[str]] = {}
    seen = [event for event in here.inbox.events if event.kind == "Promotion Succeeded"]
    for event in sorted(seen, key=lambda event: str(event.detail["time"])):
        if event.detail["service"] in names:
            place = (str(event.detail["service"]), str(event.detail["environment"]))
            lives.setdefault(place, []).append(str(event.detail["version"]))
    return sum(versions != sorted(versions) for versions in lives.values())


def main() -> int:
    """Measure, print, and fail when a release was lost or overtaken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", default="1,10,50", help="how many at once; 1 is the release of `orders`")
    parser.add_argument("--versions", type=int, default=1, help="versions of each service, all at once")
    parser.add_argument("--patience", type=float, default=1800, help="seconds to wait for all of them")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    arguments = parser.parse_args()
    machine = {"python": platform.python_version(), "processors": os.cpu_count(), "load": os.getloadavg()[0]}
    results: dict[str, Any] = {"machine": machine}
    with world() as here:
        for count in map(int, arguments.services.split(",")):
            found = one_release(here) if count == 1 else many(here, count, arguments.versions, arguments.patience)
            results[str(count)] = {**found, "load_afterwards": os.getloadavg()[0]}
            print(json.dumps({count: results[str(count)]}, indent=1), flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps(results, indent=1))
    crowds = [found for key, found in results.items() if key not in ("machine", "1")]
    whole = all(found["lost"] == found["out_of_order"] == 0 for found in crowds)
    return 0 if whole and all(found["live"] == found["should_be_live"] for found in crowds) else 1


if __name__ == "__main__":
    sys.exit(main())
