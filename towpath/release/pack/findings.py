"""What packing has to tell people: why it refuses, and what they should know about what it did."""

from dataclasses import dataclass, field

from towpath.verdict import Reason


@dataclass(slots=True)
class Findings:
    """Collects all refusals and notices of one packing, so that a person sees every problem at once."""

    refusals: list[Reason] = field(default_factory=list[Reason])
    notices: list[Reason] = field(default_factory=list[Reason])

    def refuse(self, code: str, message: str, where: str, remedy: str) -> None:
        """Notes why the release cannot be packed."""
        self.refusals.append(Reason(code, message, where, remedy))

    def notice(self, code: str, message: str, where: str = "", remedy: str = "") -> None:
        """Notes something that people should know, once."""
        reason = Reason(code, message, where, remedy)
        if reason not in self.notices:
            self.notices.append(reason)
