"""What a policy says once it is read: its statements as plain values, each with the place where it stands.

Nothing is interpreted here: actions and resources are still texts with wildcards and variables in them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from towpath.template.position import NOWHERE, Path, Position, json_path
from towpath.template.value import Symbol, Text

TextValue = str | Symbol | Text
"""A text of a policy: known, unknown, or known in part."""


class Kind(StrEnum):
    """What a policy is attached to, which decides its elements and what they mean."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    BOUNDARY = "boundary"

    @property
    def names_principals(self) -> bool:
        return self in {Kind.RESOURCE, Kind.TRUST}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement stands: the document's name, the path in it, and the line if the text is known."""

    document: str
    path: Path = ()
    position: Position = NOWHERE

    def __str__(self) -> str:
        line = f":{self.position}" if self.position else ""
        return f"{self.document}{line} {json_path(self.path)}".strip()


@dataclass(frozen=True, slots=True)
class Element:
    """`Action` or `NotAction`, `Resource` or `NotResource`: some texts, and whether all others are meant."""

    texts: tuple[TextValue, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Principals:
    """`Principal` or `NotPrincipal`: pairs of type (`AWS`, `Service`, `Federated`, `CanonicalUser`, `*`) and value."""

    entries: tuple[tuple[str, TextValue], ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a `Condition` block: the operator as written, the key in lower case, the values to compare with."""

    operator: str
    key: str
    values: tuple[TextValue, ...]
    written_key: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `allows` is false for a Deny. `variables` says whether `${...}` is a variable (Version 2012)."""

    allows: bool
    actions: Element
    resources: Element | None
    principals: Principals | None
    conditions: tuple[Condition, ...]
    variables: bool
    index: int = field(default=0, compare=False)
    sid: str = field(default="", compare=False)
    place: Place = field(default=Place(""), compare=False)

    @property
    def title(self) -> str:
        """How people call the statement: its Sid, or its number from 1."""
        return f'"{self.sid}"' if self.sid else f"#{self.index + 1}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document: its name and its statements in order."""

    name: str
    statements: tuple[Statement, ...]
