"""How results look on a terminal: lines that fit, columns that align, times that sort; one line each when piped."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from towpath.cli.command import plain

_WIDTH = 80


def width() -> int | None:
    """The columns of the terminal, at least 40; None when the output is no terminal and lines are not folded."""
    if not sys.stdout.isatty():
        return None
    return max(40, shutil.get_terminal_size((_WIDTH, 24)).columns)


def folded(head: str, text: str, columns: int | None) -> str:
    """`head` and then the text, folded under itself."""
    text = plain(text)
    if columns is None or len(head) + len(text) <= columns:
        return f"{head}{text}"
    return textwrap.fill(text, columns, initial_indent=head, subsequent_indent=" " * len(head))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], columns: int | None) -> str:
    """Rows in aligned columns; the last column is folded when the terminal is narrow."""
    lines = [list(header), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header) - 1)]

    def line(cells: list[str]) -> str:
        head = "".join(f"{cell:<{size}}  " for cell, size in zip(cells[:-1], widths, strict=True))
        return folded(head, cells[-1], columns).rstrip()

    return "\n".join(line(cells) for cells in lines)


def clock(moment: datetime) -> str:
    """`09:12:03`, UTC."""
    return f"{moment.astimezone(UTC):%H:%M:%S}"


def day(moment: datetime) -> str:
    """`2026-11-23 09:12`, UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def counted(count: int, noun: str) -> str:
    """`1 asset`, `2 assets`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
