"""`towpath self-release`: packs Towpath's own pipeline as a release of the service `towpath`; publishes it if asked.

The cloud assembly is what `make synth` or `cdk synth` wrote; which stack, and what else is declared, is release.toml.
"""

from argparse import Namespace
from pathlib import Path
from typing import Final

from towpath.cli.command import OK, BadInput, Subparsers

_STACK: Final = "towpath-pipeline"
_ASSEMBLY: Final = Path("build/cdk.out")
_DECLARATION: Final = Path("release.toml")


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "self-release", help="pack Towpath itself, to be released through itself", description=__doc__
    )
    parser.add_argument("--version", required=True, help="the release's version (SemVer)")
    parser.add_argument("--assembly", type=Path, default=_ASSEMBLY, help=f"the cloud assembly (default: {_ASSEMBLY})")
    parser.add_argument("--declaration", type=Path, default=_DECLARATION, help=f"default: {_DECLARATION}")
    parser.add_argument("-o", "--output", type=Path, help="the artifact (default: towpath-VERSION.zip)")
    parser.add_argument("--publish", action="store_true", help="upload it too, which starts its promotion")
    parser.add_argument("--bucket", default="", help="the release bucket, as for publish")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Pack, and publish if asked."""
    from towpath.cli.main import main

    if not (arguments.assembly / "manifest.json").is_file():
        raise BadInput(f"{arguments.assembly} is not a cloud assembly. Make one with: make synth")
    if not arguments.declaration.is_file():
        raise BadInput(f"{arguments.declaration} is not there. Run this in Towpath's own folder, or name it.")
    output = arguments.output or Path(f"towpath-{arguments.version}.zip")
    packed = main(
        ["pack", str(arguments.assembly), "--stack", _STACK, "--declaration", str(arguments.declaration),
         "--version", arguments.version, "--output", str(output)]
    )  # fmt: skip
    if packed != OK or not arguments.publish:
        return packed
    return main(["publish", str(output), *(["--bucket", arguments.bucket] if arguments.bucket else [])])
