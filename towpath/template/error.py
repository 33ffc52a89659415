"""What it means that a text is not a template: one terminal error with a reason, its line and column, and a remedy."""

from typing import Self

from towpath.template.position import Position
from towpath.verdict import Reason


class TemplateError(ValueError):
    """A text that CloudFormation would not take as a template, or not as this template.

    `reason.where` reads `name:line:column`, so that editors and terminals can jump to it. Terminal: reading the same
    text again gives the same answer.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason

    @classmethod
    def at(cls, name: str, position: Position, code: str, message: str, remedy: str) -> Self:
        """The error for one place in the text called `name`."""
        return cls(Reason(code=code, message=message, where=place(name, position), remedy=remedy))


def place(name: str, position: Position) -> str:
    """`name:line:column`, or only the name when the position is not known."""
    return f"{name}:{position}" if position else name
