"""What a plan page is made of, whatever it is rendered to."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Block:
    """One part of the page. A change block has rows of (path, old, new); a list block has rows of one cell each."""

    kind: Literal["title", "heading", "paragraph", "list", "command", "changes"]
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
