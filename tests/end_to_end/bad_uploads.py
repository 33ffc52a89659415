"""What must never become a release: for each kind of bad upload its bytes, and the reason that has to be given.

Every artifact is of the service `depot`; all but the one thing that is wrong with it is as it should be.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.release.artifact_builder import artifact, artifact_files, sha256
from tests.unit.release.unpack.test_hostile import moded, named, patched, zipped

SERVICE = "depot"
# Nothing but a queue: its promotion asks for no permission, and so for no person.
QUEUE: Mapping[str, Any] = {
    "Parameters": {
        "TowpathAssetBucket": {"Type": "String", "Default": ""},
        "TowpathAssetPrefix": {"Type": "String", "Default": ""},
        "Seconds": {"Type": "String"},
    },
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}}},
    },
}


def files(version: str, service: str = SERVICE, **manifest: Any) -> dict[str, bytes]:
    """A sound release of one queue. `seconds` is its visibility time-out, so that releases differ."""
    parameters = {"*": {"Seconds": str(manifest.pop("seconds", 30))}}
    told: dict[str, Any] = {"service": service, "version": version, "parameters": parameters, **manifest}
    return artifact_files(template=told.pop("template_content", QUEUE), code=b"# nothing to run\n", **told)


@dataclass(frozen=True)
class Bad:
    """One bad upload: the code of its refusal, and what makes its bytes from the version that its key names."""

    code: str
    make: Callable[[str], bytes]
    key: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


def _with(**changes: bytes | None) -> Callable[[str], bytes]:
    """Files replaced or, where None is given, left out; `asset` stands for the only asset."""

    def make(version: str) -> bytes:
        found = files(version)
        asset = next(name for name in found if name.startswith("assets/"))
        changed = {
            **found,
            **{asset if name == "asset" else name.replace("_", "."): content for name, content in changes.items()},
        }
        return artifact({name: content for name, content in changed.items() if content is not None})

    return make


def _saying(**manifest: Any) -> Callable[[str], bytes]:
    return lambda version: artifact(files(version, **manifest))


def _and(name: str | zipfile.ZipInfo, content: bytes = b"x") -> Callable[[str], bytes]:
    return lambda version: zipped(*files(version).items(), (name, content))


def _sound(version: str) -> bytes:
    return artifact(files(version))


def _constant(content: bytes) -> Callable[[str], bytes]:
    return lambda _version: content


def _link(mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("assets/entry")
    info.create_system, info.external_attr = 3, mode << 16
    return info


def _bomb_by_total(_version: str) -> bytes:
    """Each entry stays below the ratio; together they claim more than four gigabytes."""
    claimed = 0xFFFF_FFF0
    archive = zipped(("a", bytes(22_000_000)), ("b", bytes(1000)))
    return patched(archive, central_method=8, local_method=8, central_size=claimed, local_size=claimed)


def _not_in(version: str) -> bytes:
    return artifact(files(version, parameters={}))


BAD: dict[str, Bad] = {
    "truncated zip": Bad("archive-truncated", lambda version: _sound(version)[:-9]),
    "not a zip": Bad("archive-not-a-zip", _constant(b"this is a text and no zip at all")),
    "empty": Bad("archive-not-a-zip", _constant(b"")),
    "zip64": Bad("archive-zip64", lambda version: patched(_sound(version), end_count=0xFFFF)),
    "encrypted": Bad("archive-encrypted", lambda version: patched(_sound(version), central_flags=1, local_flags=1)),
    "path traversal": Bad("archive-path-traversal", _constant(named("../../etc/passwd"))),
    "absolute path": Bad("archive-absolute-path", _constant(named("/etc/passwd"))),
    "link": Bad("archive-link", _and(_link(stat.S_IFLNK | 0o777))),
    "device file": Bad("archive-special-file", _constant(moded(stat.S_IFCHR | 0o666))),
    "duplicate name": Bad(
        "archive-duplicate-name",
        lambda version: _and("release.jsox")(version).replace(b"release.jsox", b"release.json"),
    ),
    "case-colliding name": Bad("archive-case-collision", _and("Release.JSON")),
    "bomb by ratio": Bad("archive-bomb-ratio", _constant(zipped(("a", bytes(5_000_000)), method=zipfile.ZIP_DEFLATED))),
    "bomb by count": Bad(
        "archive-too-many-entries", lambda _version: zipped(*((f"f{number}", b"") for number in range(10_001)))
    ),
    "bomb by total": Bad("archive-bomb-total", _bomb_by_total),
    "manifest missing": Bad("manifest-missing", _with(release_json=None)),
    "manifest not JSON": Bad("manifest-not-json", _with(release_json=b"service: depot")),
    "unknown field": Bad("manifest-invalid", _saying(approved=True)),
    "wrong type": Bad("manifest-invalid", _saying(capabilities="CAPABILITY_IAM")),
    "unsupported format": Bad("manifest-format-unsupported", _saying(format=2)),
    "asset missing": Bad("asset-missing", _with(asset=None)),
    "asset extra": Bad("asset-extra", _and(f"assets/{'0' * 64}")),
    "asset with other bytes": Bad("asset-wrong-digest", _with(asset=b"# nothing to RUN\n")),
    "asset of another size": Bad("asset-wrong-size", _with(asset=b"# nothing to run, and more\n")),
    "template over 1 MB": Bad("template-too-large", _saying(template_content=bytes(1_000_001))),
    "no template": Bad("template-without-resources", _saying(template_content={"Description": "nothing"})),
    "parameter that no environment sets": Bad("parameter-missing", _not_in),
    "version not SemVer": Bad(
        "version-not-semver", lambda _version: artifact(files("1.2.x")), "releases/depot/1.2.x.zip"
    ),
    "service of another key": Bad("key-service-mismatch", _saying(service="other-depot")),
    "version of another key": Bad("key-version-mismatch", lambda _version: _sound("9.9.9")),
    "key of no release": Bad("key-misplaced", lambda _version: _sound("9.9.8"), "releases/readme.txt"),
    "wrong declared digest": Bad("digest-mismatch", _sound, metadata={"towpath-sha256": sha256(b"other bytes")}),
}
