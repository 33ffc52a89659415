"""Releases: where one came from, which of two is the newer one, and how far it has come as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property, total_ordering
from typing import Any, Self

import semver

from towpath.promotion.records.moments import NEVER, to_moment, to_text


@total_ordering
@dataclass(frozen=True)
class ReleaseOrder:
    """The place of a release among those of its service: later uploads are newer, then the higher version.

    S3 tells the time in whole seconds, so three uploads in one second are ordered by SemVer precedence. Build metadata
    has no precedence in SemVer 2 (section 10); its text decides last, so that two releases are never equal by accident.
    """

    uploaded: datetime
    version: str

    @cached_property
    def _key(self) -> tuple[datetime, semver.Version, str]:
        return (self.uploaded, semver.Version.parse(self.version), self.version)

    def __lt__(self, other: ReleaseOrder) -> bool:
        mine, theirs = self._key, other._key
        if mine[0] != theirs[0]:
            return mine[0] < theirs[0]
        precedence = mine[1].compare(theirs[1])
        return precedence < 0 if precedence else mine[2] < theirs[2]

    def to_json(self) -> dict[str, str]:
        return {"uploaded": to_text(self.uploaded), "version": self.version}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(to_moment(str(document["uploaded"])), str(document["version"]))


@dataclass(frozen=True, slots=True)
class Upload:
    """The one object version that a release came from."""

    bucket: str
    key: str
    version_id: str
    size: int
    uploaded: datetime

    def to_json(self) -> dict[str, Any]:
        return {
            "bucket": self.bucket,
            "key": self.key,
            "version_id": self.version_id,
            "size": self.size,
            "uploaded": to_text(self.uploaded),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            bucket=str(document["bucket"]),
            key=str(document["key"]),
            version_id=str(document["version_id"]),
            size=int(document["size"]),
            uploaded=to_moment(str(document["uploaded"])),
        )


@dataclass(frozen=True, slots=True)
class Release:
    """One verified version of a service: what travels. `manifest` is the key of its manifest among the documents."""

    service: str
    version: str
    digest: str
    chain: str
    upload: Upload
    stack: str = ""
    manifest: str = ""

    @property
    def order(self) -> ReleaseOrder:
        return ReleaseOrder(self.upload.uploaded, self.version)

    def to_json(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "version": self.version,
            "digest": self.digest,
            "chain": self.chain,
            "upload": self.upload.to_json(),
            "stack": self.stack or self.service,
            "manifest": self.manifest,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            service=str(document["service"]),
            version=str(document["version"]),
            digest=str(document["digest"]),
            chain=str(document["chain"]),
            upload=Upload.from_json(document["upload"]),
            stack=str(document.get("stack", "")),
            manifest=str(document.get("manifest", "")),
        )


class ReleaseState(StrEnum):
    """Where a release stands as a whole."""

    PROMOTING = "promoting"
    PROMOTED = "promoted"
    STOPPED = "stopped"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A release in the ledger and the execution that claims to promote it. `revision` counts its writes."""

    release: Release
    execution: str
    state: ReleaseState = ReleaseState.PROMOTING
    says: str = ""
    updated: datetime = NEVER
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Rejection:
    """An upload that did not become a release. It leaves the version free for an upload that does."""

    service: str
    version: str
    chain: str
    time: datetime
    says: str
