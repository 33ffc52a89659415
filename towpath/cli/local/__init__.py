"""`towpath local`: the embedded AWS on this machine, with Towpath deployed into it and three people who use it."""

from towpath.cli.local.verbs import add_parser

__all__ = ["add_parser"]
