"""S4: wrong digest, altered asset, hostile zips, the same version with other bytes: refused, and nothing deployed."""

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from examples.demo import service
from examples.demo.checks import Checks
from examples.demo.scenarios.looks import ENVIRONMENTS, stack
from examples.demo.world import World, make_client

Entries = dict[str, bytes]


def run(world: World, checks: Checks) -> None:
    untouched = _updates(world)
    good = service.pack(world, "1.1.1").path.read_bytes()
    for number, (name, tamper) in enumerate(TAMPERED.items(), start=2):
        version = f"1.1.{number}"
        content = tamper(good, version)
        path = world.folder / f"tampered-{version}.zip"
        path.write_bytes(content)
        refused = world.towpath("publish", str(path), "--bucket", world.outputs["ReleaseBucketName"], person="uploader")
        checks.equal(f"the command line refuses {name}", "towpath publish", 1, refused.status)
        _put(world, version, content)
        event = world.inbox.wait("orders", version, "Release Rejected", "Release Promoted")
        checks.equal(f"the pipeline refuses {name}", "EventBridge → SQS", "Release Rejected", event.kind)
        checks.equal(f"the event says why: {name}", "EventBridge → SQS", True, bool(event.detail.get("verdict")))
    _declared_digest(world, checks, good)
    _same_version(world, checks)
    checks.equal("nothing was deployed", "DescribeStacks", untouched, _updates(world))


def _declared_digest(world: World, checks: Checks, good: bytes) -> None:
    """Sound bytes whose uploader declared another digest."""
    content = _rewritten(good, "1.1.20")
    _put(world, "1.1.20", content, {"towpath-sha256": "0" * 64})
    event = world.inbox.wait("orders", "1.1.20", "Release Rejected", "Release Promoted")
    checks.equal("the pipeline refuses a wrong declared digest", "EventBridge → SQS", "Release Rejected", event.kind)


def _same_version(world: World, checks: Checks) -> None:
    """Other bytes for a version that is taken: S3 refuses the upload, and whoever gets around S3 meets the ledger."""
    other = _rewritten(service.pack(world, "1.1.1").path.read_bytes(), "1.1.0")
    try:
        _put(world, "1.1.0", other)
        answer = "accepted"
    except ClientError as error:
        answer = error.response.get("Error", {}).get("Code", "")
    checks.equal("a key is written once", "PutObject", "PreconditionFailed", answer)
    s3, bucket = world.client("s3"), world.outputs["ReleaseBucketName"]
    s3.delete_object(Bucket=bucket, Key="releases/orders/1.1.0.zip")
    _put(world, "1.1.0", other)
    event = world.inbox.wait("orders", "1.1.0", "Release Rejected", ended_before=True)
    checks.equal("the ledger keeps the version's first bytes", "EventBridge → SQS", "Release Rejected", event.kind)


def _put(world: World, version: str, content: bytes, metadata: dict[str, str] | None = None) -> None:
    """A plain S3 PUT by the uploader, without the command line and its checks."""
    s3: Any = make_client("s3", world.people["uploader"])
    s3.put_object(
        Bucket=world.outputs["ReleaseBucketName"], Key=f"releases/orders/{version}.zip", Body=content,
        IfNoneMatch="*", Metadata=metadata or {},
    )  # fmt: skip


def _updates(world: World) -> dict[str, str]:
    client = world.client("cloudformation")
    found = {name: client.describe_stacks(StackName=stack(name))["Stacks"][0] for name in ENVIRONMENTS}
    return {name: str(state.get("LastUpdatedTime", state["CreationTime"])) for name, state in found.items()}


def _entries(content: bytes) -> Entries:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(entries: Entries, *more: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(content, "w") as archive:
        warnings.simplefilter("ignore")  # a duplicate name is what one of these zips is about
        for name, data in (*entries.items(), *more):
            archive.writestr(name, data)
    return content.getvalue()


def _with_manifest(entries: Entries, **changes: Any) -> Entries:
    manifest = {**json.loads(entries["release.json"]), **changes}
    return {**entries, "release.json": json.dumps(manifest).encode()}


def _rewritten(content: bytes, version: str) -> bytes:
    """A sound artifact of another version: the same files, told otherwise in the manifest."""
    return _zip(_with_manifest(_entries(content), version=version))


def _altered_asset(content: bytes, version: str) -> bytes:
    entries = _with_manifest(_entries(content), version=version)
    asset = next(name for name in entries if name.startswith("assets/"))
    data = entries[asset]
    return _zip({**entries, asset: data[:-1] + bytes([data[-1] ^ 1])})


def _added(name: str, data: bytes = b"x") -> Callable[[bytes, str], bytes]:
    return lambda content, version: _zip(_with_manifest(_entries(content), version=version), (name, data))


def _bomb(content: bytes, version: str) -> bytes:
    filled = io.BytesIO()
    with zipfile.ZipFile(filled, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _with_manifest(_entries(content), version=version).items():
            archive.writestr(name, data)
        archive.writestr("assets/bomb", b"\0" * (64 << 20))
    return filled.getvalue()


TAMPERED: dict[str, Callable[[bytes, str], bytes]] = {
    "an altered asset": _altered_asset,
    "a path that leaves the artifact": _added("../../etc/passwd"),
    "a name that is there twice": _added("release.json"),
    "a file that the manifest does not name": _added("assets/extra"),
    "an unknown field in the manifest": lambda content, version: _zip(
        _with_manifest(_entries(content), version=version, approved=True)
    ),
    "a truncated zip": lambda content, version: _rewritten(content, version)[:-40],
    "a bomb": _bomb,
    "no zip at all": lambda _content, version: f"this is release {version}".encode(),
}
