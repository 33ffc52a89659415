"""What a principal may do, or what may be done to a resource: the union of the Allows without the Denies, within the
boundary. And the questions whose answers decide whether one such access has anything that another has not.

Everything that New allows and Old does not is in at least one of these places:
- in a New Allow and in no Old Allow (a grant was added),
- in a New Allow and in an Old Deny (a Deny was removed or narrowed),
- in a New Allow and outside the Old boundary (the boundary was widened or removed).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from towpath.privilege.boxes import Box, Meaning, Test
from towpath.privilege.statement import Policy, Statement


class Cause(StrEnum):
    """Why a request that was denied is allowed now."""

    GRANT_ADDED = "grant-added"
    DENY_WEAKENED = "deny-weakened"
    BOUNDARY_WIDENED = "boundary-widened"


@dataclass(frozen=True)
class AccessPolicies:
    """The documents that give and limit access: policies, and the permissions boundary if there is one."""

    policies: tuple[Policy, ...]
    boundary: tuple[Policy, ...] | None = None

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """All statements, those of the boundary last."""
        every = [*self.policies, *(self.boundary or ())]
        return tuple(statement for policy in every for statement in policy.statements)


@dataclass(frozen=True)
class Access:
    """The same as boxes. `ceilings` is None when there is no boundary; `denies` holds those of the boundary too."""

    allows: tuple[Box, ...]
    denies: tuple[Box, ...]
    ceilings: tuple[Box, ...] | None = None

    @classmethod
    def of(cls, documents: AccessPolicies, meaning: Meaning) -> "Access":
        """The access that documents give under one reading of them."""
        own = [meaning.box(item) for policy in documents.policies for item in policy.statements]
        if documents.boundary is None:
            return cls(_distinct(own, allows=True), _distinct(own, allows=False))
        limits = [meaning.box(item) for policy in documents.boundary for item in policy.statements]
        denies = _distinct([*own, *limits], allows=False)
        return cls(_distinct(own, allows=True), denies, _distinct(limits, allows=True))


def _distinct(boxes: Sequence[Box], *, allows: bool) -> tuple[Box, ...]:
    found: dict[frozenset[tuple[str, Test]], Box] = {}
    for box in boxes:
        if box.statement.allows is allows:
            found.setdefault(box.key, box)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Question:
    """Is there a request in all of `inside` and in none of `outside`?

    `responsible` is the statement to name when there is: the one that allows now, or the Old Deny that no longer does
    its work; None when the whole boundary is gone.
    """

    cause: Cause
    inside: tuple[Box, ...]
    outside: tuple[Box, ...]
    responsible: Statement | None


@dataclass(frozen=True)
class Questions:
    """The questions about one pair of accesses. Boxes that stand on both sides are never asked about."""

    old: Access
    new: Access
    _by_service: dict[int, "ServiceIndex"] = field(default_factory=dict[int, "ServiceIndex"], repr=False)

    def __iter__(self) -> Iterator[Question]:
        yield from self._grants_added()
        yield from self._denies_weakened()
        yield from self._boundary_widened()

    def _grants_added(self) -> Iterator[Question]:
        known = {box.key for box in self.old.allows}
        for allow in self.new.allows:
            if allow.key not in known:
                yield from self._ask(Cause.GRANT_ADDED, (allow,), self.old.allows, allow.statement)

    def _denies_weakened(self) -> Iterator[Question]:
        still_denied = {box.key for box in self.new.denies}
        for deny in self.old.denies:
            if deny.key not in still_denied:
                for allow in self._near(self.new.allows, (deny,)):
                    for before in self._allowed_before(allow):
                        yield from self._ask(Cause.DENY_WEAKENED, (*before, deny), (), deny.statement)

    def _boundary_widened(self) -> Iterator[Question]:
        if self.old.ceilings is None:
            return
        known = {box.key for box in self.old.ceilings}
        outside = (*self.old.ceilings, *self.old.denies)
        ceilings = [None] if self.new.ceilings is None else [box for box in self.new.ceilings if box.key not in known]
        for ceiling in ceilings:
            for allow in self.new.allows if ceiling is None else self._near(self.new.allows, (ceiling,)):
                responsible = None if ceiling is None else ceiling.statement
                for before in self._allowed_before(allow):
                    inside = before if ceiling is None else (*before, ceiling)
                    yield from self._ask(Cause.BOUNDARY_WIDENED, inside, outside, responsible, limited=True)

    def _allowed_before(self, allow: Box) -> Iterator[tuple[Box, ...]]:
        """What of a New Allow some Old Allow gave already, as intersections."""
        if any(box.key == allow.key for box in self.old.allows):
            yield (allow,)
            return
        for before in self._near(self.old.allows, (allow,)):
            yield (allow, before)

    def _ask(
        self,
        cause: Cause,
        inside: tuple[Box, ...],
        outside: tuple[Box, ...],
        responsible: Statement | None,
        *,
        limited: bool = False,
    ) -> Iterator[Question]:
        """The question, once for each part of the New boundary that can matter."""
        ceilings: Sequence[Box | None] = [None]
        if self.new.ceilings is not None and not limited:
            ceilings = self._near(self.new.ceilings, inside)
        for ceiling in ceilings:
            within = inside if ceiling is None else (*inside, ceiling)
            apart = (*self._near(self.new.denies, within), *self._near(outside, within))
            yield Question(cause, within, apart, responsible)

    def _near(self, boxes: tuple[Box, ...], others: tuple[Box, ...]) -> list[Box]:
        """The boxes that share a service with all of the others."""
        index = self._by_service.get(id(boxes))
        if index is None or index.boxes is not boxes:
            index = self._by_service[id(boxes)] = ServiceIndex(boxes)
        return index.near(others)


class ServiceIndex:
    """Finds boxes by the service prefixes of their actions, keeping their order."""

    def __init__(self, boxes: tuple[Box, ...]) -> None:
        self.boxes = boxes
        self._of_any = {number for number, box in enumerate(boxes) if box.services is None}
        self._of: dict[str, set[int]] = {}
        for number, box in enumerate(boxes):
            for service in box.services or ():
                self._of.setdefault(service, set()).add(number)

    def near(self, others: Sequence[Box]) -> list[Box]:
        services: frozenset[str] | None = None
        for other in others:
            if other.services is not None:
                services = other.services if services is None else services & other.services
        if services is None:
            return list(self.boxes)
        numbers = self._of_any.union(*(self._of.get(service, ()) for service in services)) if services else ()
        return [self.boxes[number] for number in sorted(numbers)]
