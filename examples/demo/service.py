"""The versions of the order desk: the source of 1.0.0, and on top of it what each later version changes."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from examples.demo.world import ROOT, World

ORDERS = ROOT / "examples" / "orders"
# What each version changes stands in `changes/<version>`, on top of the version before it in its line.
LINES = (
    ("1.1.0", "1.1.1"),
    ("1.1.0", "1.2.0"),
    ("1.1.0", "1.3.0"),
    ("1.1.0", "1.4.0", "1.5.0", "1.6.0"),
)


@dataclass(frozen=True, slots=True)
class Packed:
    """An artifact on disk and the SHA-256 of its bytes."""

    version: str
    path: Path

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def pack(world: World, version: str) -> Packed:
    """Lay out the source of one version and pack it with the command line, as a team's build would."""
    source = world.folder / "source" / f"orders-{version}"
    shutil.copytree(ORDERS, source, ignore=shutil.ignore_patterns("changes", "__pycache__"), dirs_exist_ok=True)
    for earlier in _line_to(version):
        changes = ORDERS / "changes" / earlier
        if changes.is_dir():
            shutil.copytree(changes, source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    release = source / "src" / "api" / "release.py"
    release.write_text(release.read_text().replace("1.0.0", version))
    artifact = world.folder / f"orders-{version}.zip"
    world.must("pack", str(source / "template.yaml"), "--version", version, "-o", str(artifact))
    return Packed(version, artifact)


def _line_to(version: str) -> tuple[str, ...]:
    """The versions whose changes make up this one, oldest first."""
    line = next((line for line in LINES if version in line), ())
    return line[: line.index(version) + 1] if line else ()


def publish(world: World, packed: Packed) -> None:
    """Upload as the uploader, who may do nothing else."""
    world.must("publish", str(packed.path), "--bucket", world.outputs["ReleaseBucketName"], person="uploader")
