"""What a template grants, before anything is compared: documents, policies known by name only, facts, uses of roles.

Everything is keyed by its subject: the effective principal or resource, in words (`role ${Worker}`, `bucket logs`).
Guards are the conditions, not known before deployment, under which the grant is there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.circumstances import Circumstances
from towpath.privilege.request import Request
from towpath.privilege.statement import Kind
from towpath.template.position import Path
from towpath.template.value import NO_VALUE, Either, canonical
from towpath.verdict import Reason

Guards = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document that holds for a subject. `limits` says that it is its permissions boundary.

    `by_default` says that no template wrote it: it is what AWS does where there is none.
    """

    subject: str
    kind: Kind
    value: Any
    path: Path
    guards: Guards = ()
    limits: bool = False
    by_default: bool = False

    @property
    def key(self) -> tuple[str, Guards, bool]:
        """Equal for documents that say the same under the same conditions."""
        return canonical(self.value), self.guards, self.limits


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy that is attached to a subject by name and whose content is not in the template."""

    subject: str
    name: str
    path: Path
    guards: Guards = ()
    limits: bool = False


class Rule(Protocol):
    """What a grant lets through, where that can be compared: traffic, callers of an API, a claim of an identity."""

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether other rules of the same subject and kind of grant, all of Old's, let everything of it through."""
        ...


@dataclass(frozen=True, slots=True)
class Fact:
    """A grant that no policy document says. `what` is the same on both sides for the same grant.

    A `rule` is covered when the rules of Old together let the same through.
    """

    subject: str
    grant: str
    what: str
    title: str
    request: Request
    path: Path
    severity: Severity = Severity.MEDIUM
    classes: tuple[FindingClass, ...] = ()
    guards: Guards = ()
    rule: Rule | None = None
    replaces: str = ""
    """A fact of Old's with this subject and an equal `replaces` is the lock that was on the same door before."""


@dataclass(frozen=True, slots=True)
class RoleUse:
    """A workload that acts with a role: the function, task or rule, the property, and the role's subject.

    `only_instead` says that a role where there was none before is a fact of its own.
    """

    workload: str
    slot: str
    role: str
    path: Path
    guards: Guards = ()
    only_instead: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """A user in a group."""

    user: str
    group: str
    path: Path
    guards: Guards = ()


@dataclass(frozen=True, slots=True)
class GroupUse:
    """A workload whose network interfaces belong to a security group; the group by its subject."""

    workload: str
    group: str
    path: Path
    guards: Guards = ()


@dataclass(slots=True)
class Grants:
    """Everything that one template grants. `subjects` are those that the template itself creates."""

    documents: list[Document] = field(default_factory=list[Document])
    named: list[NamedPolicy] = field(default_factory=list[NamedPolicy])
    facts: list[Fact] = field(default_factory=list[Fact])
    uses: list[RoleUse] = field(default_factory=list[RoleUse])
    members: list[Membership] = field(default_factory=list[Membership])
    group_uses: list[GroupUse] = field(default_factory=list[GroupUse])
    opaque: dict[str, tuple[str, Path]] = field(default_factory=dict[str, tuple[str, Path]])
    """Parts that bear permissions and that nobody here understands: a canonical text and a place for each."""
    defaults: dict[str, list[Fact]] = field(default_factory=dict[str, list["Fact"]])
    """What is left at AWS's default: harmless for a new resource, but these facts when it was set before."""
    explicit: set[str] = field(default_factory=set[str])
    """What the template sets instead of leaving it at AWS's default; named as in `defaults`."""
    subjects: set[str] = field(default_factory=set[str])
    in_sight: set[str] = field(default_factory=set[str])
    """Managed policies that the template itself attaches: they count where they are attached."""
    unwritten: dict[str, Document] = field(default_factory=dict[str, Document])
    """What AWS has the policy of a resource say where the template says nothing, by subject."""
    circumstances: Circumstances = field(default_factory=Circumstances)
    """Which combinations of open conditions there can be; the same for both sides."""
    problems: list[Reason] = field(default_factory=list[Reason])


def options(value: Any, guards: Guards = (), path: Path = ()) -> Iterator[tuple[Any, Guards, Path]]:
    """The items of a value or list that are or may be there, with the conditions for each and its path."""
    if isinstance(value, Either):
        yield from options(value.when_true, (*guards, (value.condition, True)), path)
        yield from options(value.when_false, (*guards, (value.condition, False)), path)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from options(item, guards, (*path, index))
    elif value is not NO_VALUE and value is not None:
        yield value, guards, path


def entries(value: Any, guards: Guards = (), path: Path = ()) -> Iterator[tuple[dict[str, Any], Guards, Path]]:
    """The same for mappings; anything else in their place is passed over."""
    for item, when, place in options(value, guards, path):
        if isinstance(item, dict):
            yield cast("dict[str, Any]", item), when, place
