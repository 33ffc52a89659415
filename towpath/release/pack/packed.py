"""What packing one stack gives: everything that the artifact of a release will hold, but for the manifest's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from towpath.release.manifest import Rollout
from towpath.template.loading import Template
from towpath.verdict import Reason


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the artifact, named by its content. `content` is the bytes or the file that holds them."""

    sha256: str
    size: int
    content: bytes | Path
    source: str

    @property
    def path(self) -> str:
        """The asset's path in the artifact."""
        return f"assets/{self.sha256}"


@dataclass(frozen=True, slots=True)
class MovedReference:
    """A reference to a function that now names its alias: where it stands, what is now there, and who moved it."""

    function: str
    place: str
    now: str
    by_us: bool = True
    """False for what the SAM transform has moved."""

    def __str__(self) -> str:
        return f"{self.place}: {self.function} → {self.now}"


@dataclass(frozen=True, slots=True)
class Packed:
    """One stack, ready to be written into an artifact."""

    document: Template
    """The template as it will be deployed, with the places of its source."""
    template: bytes
    assets: tuple[Asset, ...]
    capabilities: tuple[str, ...]
    rollout: tuple[Rollout, ...] = ()
    moved: tuple[MovedReference, ...] = ()
    notices: tuple[Reason, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tags that the source itself gives the stack."""
