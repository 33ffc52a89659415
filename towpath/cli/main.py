"""The command `towpath`: which commands there are, and what becomes of errors.

Exit codes: 0 done, 1 refused (the reasons are on standard error), 2 wrong usage or unusable input, 130 interrupted.
Only the module of the command that was asked for is imported, so that `towpath --help` answers at once.
"""

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Final

from towpath.cli.advice import advice
from towpath.cli.command import BAD_INPUT, INTERRUPTED, OK, Subparsers
from towpath.errors import TowpathError

# In the order in which a release meets them. The module is the name with `-` written as `_`.
COMMANDS: Final[Mapping[str, str]] = {
    "pack": "make a release artifact of a template or a CDK cloud assembly",
    "verify": "check that an artifact is a sound release",
    "inspect": "show what is in an artifact",
    "publish": "upload an artifact, which starts its promotion",
    "self-release": "pack Towpath itself, to be released through itself",
    "watch": "follow a release on its way",
    "status": "show what is live, on its way and waiting for approval",
    "history": "show what became of a service's releases",
    "plan": "show a plan: what would change, and why it waits",
    "approve": "let the promotion of a plan go on",
    "reject": "end the promotion of a plan; its release stops",
    "privileges": "say whether a new policy or template allows more",
    "settings": "check the pipeline's settings (towpath.toml)",
    "retry": "promote a stopped or superseded release again",
    "local": "the embedded AWS on this machine",
}
_EPILOG: Final = "exit codes: 0 done, 1 refused, 2 wrong usage or unusable input"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        parsed = _parser(arguments).parse_args(arguments)
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except SystemExit as exit_request:  # argparse leaves this way, for help and for wrong usage
        return exit_request.code if isinstance(exit_request.code, int) else BAD_INPUT
    except BrokenPipeError:
        # The reader has what it wanted; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except (TowpathError, OSError) as error:
        print(f"towpath: error: {_sentence(error)}", file=sys.stderr)
        for line in filter(None, [advice(error)]):
            print(f"  {line}", file=sys.stderr)
        return BAD_INPUT
    return code


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _parser(arguments: Sequence[str]) -> ArgumentParser:
    parser = ArgumentParser(
        prog="towpath",
        description="Promotes one release through preview, staging and production: the same bytes each time.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version of towpath and stop")

    def without_command(options: Namespace) -> int:
        if options.version:
            print(f"towpath {version('towpath')}")
            return OK
        parser.print_help(sys.stderr)
        return BAD_INPUT

    parser.set_defaults(run=without_command)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, summary in COMMANDS.items():
        if name == wanted:
            _load(name, subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    return parser


def _load(name: str, subparsers: Subparsers) -> None:
    import_module(f"towpath.cli.{name.replace('-', '_')}").add_parser(subparsers)
