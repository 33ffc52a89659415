"""`towpath reject PLAN`: a person's no to one plan; its release goes no further."""

from towpath.cli.approve import declare
from towpath.cli.command import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Declare the command."""
    declare(subparsers, "reject", "rejected", "end the promotion of a plan; its release stops")
