"""A plan as plain text that reads well on a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from towpath.review.rendering.block import Block
from towpath.review.rendering.page import page_of

_WIDTH = 80


def render_text(plan: Mapping[str, Any]) -> str:
    """The plan document as text; long paragraphs are wrapped, values and digests never are."""
    return "\n".join(line for block in page_of(plan) for line in _lines(block)) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block.kind:
        case "title":
            yield from (block.text, "=" * min(len(block.text), _WIDTH), "")
        case "heading":
            yield from ("", block.text, "-" * len(block.text))
        case "paragraph":
            yield from textwrap.wrap(block.text, _WIDTH, break_long_words=False, break_on_hyphens=False)
        case "list":
            for (text,) in block.rows:
                yield from textwrap.wrap(
                    text, _WIDTH, initial_indent="  - ", subsequent_indent="    ",
                    break_long_words=False, break_on_hyphens=False,
                )  # fmt: skip
        case "command":
            yield f"  {block.text}"
        case "changes":
            for path, old, new in block.rows:
                yield from (f"    {path}", f"      - {old}", f"      + {new}")
