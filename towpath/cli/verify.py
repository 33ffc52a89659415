"""`towpath verify`: whether a file is a sound release, by the same rules as in the pipeline."""

from argparse import Namespace
from pathlib import Path

from towpath.cli.command import OK, REFUSED, Subparsers, print_json, print_refusal
from towpath.cli.layout import counted
from towpath.release.verification import Verification, verify_artifact


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    description = "Check an artifact as the pipeline will: zip, manifest, files, template. Nothing is unpacked or sent."
    parser = subparsers.add_parser("verify", help="check that an artifact is a sound release", description=description)
    parser.add_argument("file", type=Path, metavar="FILE", help="the artifact")
    parser.add_argument("--digest", metavar="SHA256", help="the SHA-256 that the file must have")
    parser.add_argument("--key", help="the key that it is to be uploaded under, such as releases/orders/1.2.0.zip")
    environment = "an environment that it will be promoted to; repeatable; default: those that it names"
    parser.add_argument("--environment", action="append", dest="environments", metavar="NAME", help=environment)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Verify and report."""
    with arguments.file.open("rb") as stream:
        found = verify_artifact(
            stream, expected_digest=arguments.digest, key=arguments.key, environments=arguments.environments
        )
    if arguments.json:
        print_json(_document(found))
    elif found.manifest is None:
        print_refusal(str(arguments.file), found.verdict)
    else:
        print(f"{arguments.file} is a sound release: {found.manifest.service} {found.manifest.version}")
        print(f"sha256 {found.digest}, {found.size:,} bytes, {counted(len(found.assets), 'asset')}")
    return OK if found.verdict.is_passed else REFUSED


def _document(found: Verification) -> dict[str, object]:
    release = {"service": found.manifest.service, "version": found.manifest.version} if found.manifest else {}
    return {**found.verdict.to_json(), **release, "digest": found.digest, "size": found.size}
