"""Towpath's own cloud assembly, for this version and for the next one that the pipeline will replace itself with."""

from pathlib import Path

from examples.demo.world import SETTINGS
from towpath.cli.local.synthesis import Wanted, synthesise


def assemblies(build: Path) -> tuple[Path, Path]:
    """The assemblies of this version and the next, both synthesised with the settings of the demonstration."""
    this, following = build / "demo-assembly", build / "demo-assembly-next"
    synthesise([Wanted(this, SETTINGS, "0.1.0"), Wanted(following, SETTINGS, "0.2.0")])
    return this, following
