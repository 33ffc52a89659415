"""Compares policy documents: what `towpath.privilege` answers when it is asked about policies.

Old and New are each a document, several documents of one principal or resource, or nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import nsmallest
from typing import Any, Final

from towpath.privilege import catalogue
from towpath.privilege.access import AccessPolicies, Cause
from towpath.privilege.comparison import Comparison, Finding, FindingClass, Location, Reach, Removal, together
from towpath.privilege.engine import Engine
from towpath.privilege.escalation import Escalations
from towpath.privilege.expansion import Expansion, Outcome
from towpath.privilege.exposure import exposures
from towpath.privilege.language.work import DEFAULT_STEPS, BudgetExceededError, Work
from towpath.privilege.parse import parse_policy
from towpath.privilege.severity import severity
from towpath.privilege.statement import Kind, Place, Policy, Statement
from towpath.verdict import Reason

Document = str | bytes | Mapping[str, Any]

_SHOWN_ACTIONS: Final = 10
_REMOVAL_STEPS: Final = 100_000
_GRANTS: Final = {
    Kind.IDENTITY: "identity policy",
    Kind.RESOURCE: "resource policy",
    Kind.TRUST: "trust policy",
    Kind.BOUNDARY: "permissions boundary",
}
NO_LIMIT: Final[Document] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def compare_documents(
    old: Document | Sequence[Document] | None,
    new: Document | Sequence[Document] | None,
    kind: str = "identity",
    *,
    old_name: str = "old",
    new_name: str = "new",
    account: str | None = None,
    steps: int = DEFAULT_STEPS,
) -> Comparison:
    """Does `new` allow a request that `old` does not?

    A document is JSON or YAML text or an object; several documents are judged together; None is no document, which for
    a boundary means no limit. `kind` is `identity`, `resource`, `trust` or `boundary`. `account` is the 12-digit number
    of the account at home, `steps` the work budget. Raises PolicyError when something is no policy of this kind.
    """
    sort = Kind(kind)
    missing = [NO_LIMIT] if sort is Kind.BOUNDARY else []
    before = policies(missing if old is None else old, sort, old_name)
    after = policies(missing if new is None else new, sort, new_name)
    return compare_access(AccessPolicies(before), AccessPolicies(after), sort, account=account, steps=steps)


def policies(documents: Document | Sequence[Document], kind: Kind, name: str) -> tuple[Policy, ...]:
    """The documents, read; several are called `name`[0], `name`[1] and so on. Raises PolicyError."""
    if isinstance(documents, (str, bytes, Mapping)):
        return (parse_policy(documents, kind=kind, name=name),)
    return tuple(parse_policy(item, kind=kind, name=f"{name}[{index}]") for index, item in enumerate(documents))


def compare_access(
    old: AccessPolicies,
    new: AccessPolicies,
    kind: Kind = Kind.IDENTITY,
    *,
    account: str | None = None,
    steps: int = DEFAULT_STEPS,
) -> Comparison:
    """Compares all that gives and limits the access of one principal, or to one resource.

    A boundary is judged twice: for what the policies in sight reach through it, and as a ceiling for others.
    """
    found = [_compare(*sides, account, steps) for sides in _sides(old, new, kind)]
    return _once_per_cause(together(found, kind=kind.value))


def allows_no_more(old: AccessPolicies, new: AccessPolicies, kind: Kind, *, steps: int = DEFAULT_STEPS) -> bool:
    """Whether `compare_access` would find nothing, for somebody who needs no findings."""
    return all(Engine(*sides, Work(steps), brief=True).finds_nothing() for sides in _sides(old, new, kind))


_Sides = tuple[AccessPolicies, AccessPolicies, Kind]


def _sides(old: AccessPolicies, new: AccessPolicies, kind: Kind) -> Iterator[_Sides]:
    yield old, new, kind
    if old.boundary is not None:
        unlimited = policies([NO_LIMIT], Kind.BOUNDARY, "no boundary")
        yield (
            AccessPolicies(old.boundary),
            AccessPolicies(unlimited if new.boundary is None else new.boundary),
            Kind.BOUNDARY,
        )


def _once_per_cause(comparison: Comparison) -> Comparison:
    """A widened boundary whose effect is found already is not told again as a ceiling."""
    effects = {item.location for item in comparison.findings if item.cause == Cause.BOUNDARY_WIDENED}
    ceiling = _GRANTS[Kind.BOUNDARY]
    kept = [item for item in comparison.findings if item.grant != ceiling or item.location not in effects]
    return replace(comparison, findings=tuple(kept))


def _compare(old: AccessPolicies, new: AccessPolicies, kind: Kind, account: str | None, steps: int) -> Comparison:
    engine = Engine(old, new, kind, Work(steps))
    outcome = engine.run()
    escalations = Escalations(engine)
    return together(
        [
            Comparison(
                findings=tuple(_finding(engine, item, escalations, account) for item in outcome.expansions),
                removed=tuple(_removals(engine, steps)),
                unknown=tuple(outcome.unknowns),
                kind=kind.value,
                catalogue=catalogue.dated() if outcome.expansions else "",
            )
        ],
        kind=kind.value,
    )


def _finding(engine: Engine, expansion: Expansion, escalations: Escalations, account: str | None) -> Finding:
    classes: list[FindingClass] = []
    paths = ()
    try:
        if engine.kind.names_principals:
            classes.extend(exposures(engine, expansion, account))
        elif engine.kind is Kind.IDENTITY:
            paths = tuple(escalations.completed_by(expansion))
    except BudgetExceededError:
        expansion.is_complete = False
    if paths:
        classes.append(FindingClass.ESCALATION)
    if engine.kind is Kind.BOUNDARY or expansion.cause is Cause.BOUNDARY_WIDENED:
        classes.append(FindingClass.CEILING)
    if not expansion.actions and expansion.is_complete:
        classes.append(FindingClass.NOT_CATALOGUE_VALID)
    reach = _reach(expansion)
    return Finding(
        title=_title(engine.kind, expansion, reach),
        severity=severity(classes, reach.by_level),
        cause=expansion.cause.value,
        grant=_GRANTS[engine.kind],
        witness=expansion.request,
        before=expansion.before.explanation,
        after=expansion.after.explanation,
        location=_location(expansion.responsible, engine),
        classes=tuple(classes),
        reach=reach,
        escalations=paths,
    )


def _reach(expansion: Expansion) -> Reach:
    counted = Counter(action.level for action in expansion.actions.values())
    levels = {level: counted[level] for level in catalogue.LEVELS if counted[level]}
    gravest = nsmallest(_SHOWN_ACTIONS, expansion.actions.values(), key=lambda action: action.gravity)
    return Reach(levels, tuple(action.name for action in gravest), expansion.is_complete)


def _location(statement: Statement | None, engine: Engine) -> Location:
    if statement is None:
        boundary = engine.old.boundary or ()
        return Location(Place(boundary[0].name if boundary else "boundary"))
    return Location(statement.place, statement.sid, statement.index)


def _title(kind: Kind, expansion: Expansion, reach: Reach) -> str:
    statement = expansion.responsible
    named = "The permissions boundary" if statement is None else f"Statement {statement.title}"
    what = {
        Cause.GRANT_ADDED: f"{named} newly allows",
        Cause.DENY_WEAKENED: f"{named}, a Deny, is gone or narrower: newly allowed is",
        Cause.BOUNDARY_WIDENED: f"{named} {'is gone' if statement is None else 'limits less'}: newly allowed is",
    }[expansion.cause]
    if kind is Kind.BOUNDARY and expansion.cause is Cause.GRANT_ADDED:
        what = f"{named} of the boundary newly permits"
    request, others = expansion.request, reach.total - 1
    more = f" and {others} more action{'s' if others > 1 else ''}" if others > 0 else ""
    on = "" if kind is Kind.TRUST else f" on {request.resource}"
    who = request.principal
    if who is not None and what.endswith(" newly allows"):
        return f"{what.removesuffix('allows')}lets {who} do {request.action}{on}{more}"
    by = "" if who is None else f" by {who}"
    return f"{what} {request.action}{on}{more}{by}"


def _removals(engine: Engine, steps: int) -> Iterable[Removal]:
    """The same question the other way round, answered as far as a small budget goes: for information only."""
    outcome: Outcome = engine.backwards(Work(min(steps, _REMOVAL_STEPS))).run()
    for item in outcome.expansions:
        statement = item.responsible
        if statement is None:
            yield Removal("A permissions boundary was added.", item.request, Location(Place("boundary")))
            continue
        what = "gives less or is gone" if item.cause is Cause.GRANT_ADDED else "limits more than before"
        location = Location(statement.place, statement.sid, statement.index)
        yield Removal(f"Statement {statement.title} {what}.", item.request, location)


def undecided(code: str, message: str, where: str = "", remedy: str = "") -> Comparison:
    """A comparison that says only that something is not known, and why."""
    return Comparison(unknown=(Reason(code, message, where, remedy),))
