"""`towpath publish`: verify an artifact here, then upload it under its one key. The upload is the whole of one's power.

The bucket is the one given, or that of TOWPATH_RELEASE_BUCKET, or the one that the pipeline's stack names as an output.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from towpath.cli.command import OK, REFUSED, Subparsers, print_json, print_refusal
from towpath.cli.pipeline import RELEASES, own_runtime, setting
from towpath.release.verification import verify_artifact
from towpath.verdict import Verdict


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    summary = "upload an artifact, which starts its promotion"
    description = (
        "Verify an artifact, then upload it as releases/<service>/<version>.zip. A key is written once: the same bytes "
        "again are fine, others are refused."
    )
    parser = subparsers.add_parser("publish", help=summary, description=description)
    parser.add_argument("file", type=Path, metavar="FILE", help="the artifact")
    parser.add_argument("--bucket", help=f"the release bucket; {RELEASES}")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Verify, upload, report."""
    from towpath.aws.artifact_store import S3ArtifactStore
    from towpath.aws.errors import aws_errors

    file: Path = arguments.file
    size = file.stat().st_size
    with file.open("rb") as stream, _progress("verifying", size) as told:
        read = _Sum(told)
        found = verify_artifact(stream, progress=read.add)
    if found.manifest is None:
        print_refusal(str(file), found.verdict)
        return REFUSED
    runtime = own_runtime()
    with aws_errors("connecting to AWS"):
        bucket = setting(runtime, arguments.bucket, RELEASES)
        store = S3ArtifactStore(runtime.client("s3"), bucket)
    with _progress("uploading", size) as told:
        published = store.publish(found.manifest.key, file, found.digest, told)
    if isinstance(published, Verdict):
        print_refusal(found.manifest.key, published)
        return REFUSED
    release = {"service": found.manifest.service, "version": found.manifest.version, "digest": found.digest}
    if arguments.json:
        place = {"location": published.location, "version_id": published.version_id}
        print_json({**release, **place, "already_there": published.already_there})
    else:
        said = "was already published with these very bytes" if published.already_there else "is published"
        print(f"{found.manifest.service} {found.manifest.version} {said}: {published.location}")
        print(f"sha256 {found.digest}, {found.size:,} bytes, object version {published.version_id}")
    return OK


class _Sum:
    """Turns pieces into a running total."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._total = 0

    def add(self, count: int) -> None:
        self._total += count
        self._tell(self._total)


@contextmanager
def _progress(doing: str, size: int) -> Generator[Callable[[int], None]]:
    """A bar on standard error when that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=size)
        yield lambda done: bar.update(task, completed=done)
