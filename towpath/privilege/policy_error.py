"""What it means that a document is no policy: one terminal error with a reason, its place, and a remedy."""

from typing import Self

from towpath.verdict import Reason


class PolicyError(ValueError):
    """A document that AWS would not take as a policy, or not as a policy of this kind.

    `reason.where` names the document and the JSON path. Terminal: reading it again gives the same answer.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason

    @classmethod
    def at(cls, where: str, code: str, message: str, remedy: str) -> Self:
        """The error for one place."""
        return cls(Reason(code=code, message=message, where=where, remedy=remedy))
