"""A plan as Markdown (CommonMark with tables) for a pull request or a chat."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from towpath.review.rendering.block import Block
from towpath.review.rendering.page import page_of

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


def render_markdown(plan: Mapping[str, Any]) -> str:
    """The plan document as Markdown. All text from templates is escaped: it cannot add markup of its own."""
    return "\n".join(line for block in page_of(plan) for line in _lines(block)) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block.kind:
        case "title":
            yield from (f"# {_escaped(block.text)}", "")
        case "heading":
            yield from ("", f"## {_escaped(block.text)}", "")
        case "paragraph":
            yield from (_escaped(block.text), "")
        case "list":
            yield from (f"- {_escaped(text)}" for (text,) in block.rows)
            yield ""
        case "command":
            yield from ("", f"    {block.text}", "")
        case "changes":
            yield from ("| property | before | after |", "| --- | --- | --- |")
            yield from (f"| {' | '.join(_code(cell) for cell in row)} |" for row in block.rows)
            yield ""


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def _code(text: str) -> str:
    """Inline code inside a table cell: the fence is longer than any run of backticks in it; bars are escaped."""
    flat = text.replace("\r", "").replace("\n", "⏎").replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    padding = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{fence}{padding}{flat}{padding}{fence}"
