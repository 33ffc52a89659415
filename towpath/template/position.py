"""Where a value stands in the text it was read from.

Positions are kept beside the document, never inside it, so the document stays plain JSON. The position of a mapping's
entry is that of its key; the position of a list's entry is that of its first character.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PathPart = str | int
Path = tuple[PathPart, ...]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text; lines and columns count from 1. Line 0 means that the place is not known (and is false)."""

    line: int
    column: int

    def __bool__(self) -> bool:
        return self.line > 0

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


NOWHERE = Position(0, 0)


@dataclass(slots=True)
class PositionTree:
    """The positions of a value and of everything below it, in the shape of the value."""

    position: Position
    children: "dict[PathPart, PositionTree]" = field(default_factory=dict["PathPart", "PositionTree"])

    def find(self, path: Sequence[PathPart]) -> Position:
        """The position at `path`, or of the nearest place above it that stands in the text."""
        node = self
        for part in path:
            below = node.children.get(part)
            if below is None:
                break
            node = below
        return node.position

    def also_at(self, others: Mapping[PathPart, PathPart], section: PathPart) -> "PositionTree":
        """The tree with further entries of a section, each where the entry stands that it came of."""
        known = self.children.get(section)
        if known is None:
            return self
        places = {name: PositionTree(known.find((origin,))) for name, origin in others.items()}
        below = PositionTree(known.position, {**places, **known.children})
        return PositionTree(self.position, {**self.children, section: below})


def json_path(path: Sequence[PathPart]) -> str:
    """A path for people: `Resources.Queue.Properties.Tags[0].Key`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
