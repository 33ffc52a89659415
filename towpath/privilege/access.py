"""What a principal may do, or what may be done to a resource: the union of the Allows without the Denies, within the
boundary. And the questions whose answers decide whether one such access has anything that another has not.

Everything that New allows and Old does not is in at least one of these places:
- in a New Allow and in no Old Allow (a grant was added),
- in a New Allow and in an Old Deny (a Deny was removed or narrowed),
- in a New Allow and outside the Old boundary (the boundary was widened or removed).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from towpath.privilege.box_index import BoxIndex
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

    @cached_property
    def _old_allows(self) -> BoxIndex:
        return BoxIndex(self.old.allows)

    @cached_property
    def _new_allows(self) -> BoxIndex:
        return BoxIndex(self.new.allows)

    @cached_property
    def _new_denies(self) -> BoxIndex:
        return BoxIndex(self.new.denies)

    @cached_property
    def _new_ceilings(self) -> BoxIndex | None:
        return None if self.new.ceilings is None else BoxIndex(self.new.ceilings)

    @cached_property
    def _old_keys(self) -> frozenset[frozenset[tuple[str, Test]]]:
        return frozenset(box.key for box in self.old.allows)

    def __iter__(self) -> Iterator[Question]:
        yield from self._grants_added()
        yield from self._denies_weakened()
        yield from self._boundary_widened()

    def _grants_added(self) -> Iterator[Question]:
        for allow in self.new.allows:
            if allow.key not in self._old_keys:
                yield from self._ask(Cause.GRANT_ADDED, (allow,), self._old_allows, allow.statement)

    def _denies_weakened(self) -> Iterator[Question]:
        still_denied = {box.key for box in self.new.denies}
        for deny in self.old.denies:
            if deny.key not in still_denied:
                for allow in self._new_allows.near([deny]):
                    for before in self._allowed_before(allow):
                        yield from self._ask(Cause.DENY_WEAKENED, (*before, deny), None, deny.statement)

    def _boundary_widened(self) -> Iterator[Question]:
        if self.old.ceilings is None:
            return
        known = {box.key for box in self.old.ceilings}
        outside = BoxIndex([*self.old.ceilings, *self.old.denies])
        ceilings = [None] if self.new.ceilings is None else [box for box in self.new.ceilings if box.key not in known]
        for ceiling in ceilings:
            responsible = None if ceiling is None else ceiling.statement
            for allow in self._new_allows.near([] if ceiling is None else [ceiling]):
                for before in self._allowed_before(allow):
                    inside = before if ceiling is None else (*before, ceiling)
                    yield from self._question(Cause.BOUNDARY_WIDENED, inside, outside, responsible)

    def _allowed_before(self, allow: Box) -> Iterator[tuple[Box, ...]]:
        """What of a New Allow some Old Allow gave already, as intersections."""
        if allow.key in self._old_keys:
            yield (allow,)
            return
        for before in self._old_allows.near([allow]):
            yield (allow, before)

    def _ask(
        self, cause: Cause, inside: tuple[Box, ...], outside: BoxIndex | None, responsible: Statement | None
    ) -> Iterator[Question]:
        """The question, once for each part of the New boundary that can matter."""
        if self._new_ceilings is None:
            yield from self._question(cause, inside, outside, responsible)
            return
        for ceiling in self._new_ceilings.near(inside):
            yield from self._question(cause, (*inside, ceiling), outside, responsible)

    def _question(
        self, cause: Cause, inside: tuple[Box, ...], outside: BoxIndex | None, responsible: Statement | None
    ) -> Iterator[Question]:
        """The question, unless the answer is plain: a box outside that matches all that one inside does."""
        apart = [*self._new_denies.near(inside), *(() if outside is None else outside.near(inside))]
        if not any(box.is_plainly_in(other) for other in apart for box in inside):
            yield Question(cause, inside, tuple(apart), responsible)
