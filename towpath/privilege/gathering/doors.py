"""Who passes at one door of an API: a verb and a path, whose word counts there, and what a caller must bring besides.

A lock is a set of ways through: every user pool, every audience of an issuer, every authorizer function is one whose
word is taken. A door lets nobody new in when each of its ways was there before. A door that is new as such was open
before as far as every more general one (`ANY`, `{id}`, `{proxy+}`, `$default`) was, whichever of them answered.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

OPEN: Final = "NONE"
IAM: Final = "AWS_IAM"
CONNECTED: Final = "an open connection's"
API_KEY: Final = "an API key"
_DEFAULT: Final = "$default"


@dataclass(frozen=True, slots=True)
class Door:
    """One way through one door. `who` is whose word counts, no `scope` is any, `needs` are headers and keys."""

    verb: str
    path: str
    kind: str
    who: str = ""
    scope: str | None = None
    needs: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The verb and the path as they are written."""
        return f"{self.verb} {self.path}" if self.verb else self.path

    @property
    def is_public(self) -> bool:
        """Whether a caller with nothing in hand passes."""
        return self.kind == OPEN and not self.needs

    @property
    def lock(self) -> str:
        """The way through in words, the same on both sides for the same way."""
        scope = "" if self.scope is None else f" with scope {self.scope}"
        needs = "".join(f" and {item}" for item in sorted(self.needs))
        if self.kind == OPEN:
            return " and ".join(sorted(self.needs)) or OPEN
        return f"{self.kind} {self.who}".rstrip() + scope + needs

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether everybody who passes here passed before, given all doors of the API before."""
        before: defaultdict[str, list[Door]] = defaultdict(list)
        for rule in rules:
            if isinstance(rule, Door):
                before[rule.name].append(rule)
        if self.name in before:
            return any(door.admits(self) for door in before[self.name])
        wider = [doors for doors in before.values() if doors[0].includes(self)]
        return bool(wider) and all(any(door.admits(self) for door in doors) for doors in wider)

    def admits(self, other: "Door") -> bool:
        """Whether whoever passes by the other way passes by this one too, wherever the two doors are."""
        if not self.needs <= other.needs:
            return False
        return self.kind == OPEN or (
            (self.kind, self.who) == (other.kind, other.who) and self.scope in (None, other.scope)
        )

    def includes(self, other: "Door") -> bool:
        """Whether a request for the other door would come to this one if there were no other."""
        if self.name == _DEFAULT:
            return not other.path.startswith("$")
        return self.verb in ("ANY", other.verb) and _reaches(self.path.split("/"), other.path.split("/"))


def door_at(name: str) -> tuple[str, str]:
    """Verb and path of a route key; a key without a space is a path."""
    verb, _, path = name.partition(" ")
    return (verb, path) if path else ("", verb)


def _reaches(general: list[str], special: list[str]) -> bool:
    for index, part in enumerate(general):
        if index >= len(special) or (special[index] == "" and part.startswith("{")):
            return False
        if part.startswith("{") and part.endswith("+}"):
            return True
        is_one = part.startswith("{") and not special[index].endswith("+}")
        if part != special[index] and not is_one:
            return False
    return len(general) == len(special)
