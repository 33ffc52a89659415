"""What every command shares: how it registers, the exit codes, and how it tells a person that something is refused.

A command is a module of this room with `add_parser(subparsers)`, which names itself, declares its arguments and sets
`run`, a function from the parsed arguments to an exit code. Results go to standard output, everything else to standard
error.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, Final, Protocol

from towpath.errors import Terminal
from towpath.verdict import Verdict

OK: Final = 0
REFUSED: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130


class Subparsers(Protocol):
    """What `ArgumentParser.add_subparsers` returns, as far as commands use it."""

    def add_parser(
        self,
        name: str,
        *,
        help: str | None = ...,  # noqa: A002  argparse calls it so
        description: str | None = ...,
    ) -> ArgumentParser: ...


class BadInput(Terminal):
    """What was given to the command cannot be used; the message says what and why. Exit code 2."""


def plain(text: str) -> str:
    """Text from a release for a terminal: control characters of its own must not get there."""
    return "".join(character if character.isprintable() else "?" for character in text)


def print_json(document: Mapping[str, Any]) -> None:
    """A result for programs."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def print_refusal(subject: str, verdict: Verdict) -> None:
    """Why the subject is refused or undecided, one reason after the other, on standard error."""
    print(f"towpath: {subject} is {verdict.outcome}:", file=sys.stderr)
    for reason in verdict.reasons:
        place = f"{reason.where}: " if reason.where else ""
        print(f"  - {plain(place + reason.message)} [{reason.code}]", file=sys.stderr)
        if reason.remedy:
            print(f"    {plain(reason.remedy)}", file=sys.stderr)
