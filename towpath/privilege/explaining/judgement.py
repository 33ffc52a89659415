"""Whether one statement speaks of one request, element by element: yes, no (what does not match), or not known.

Each element is asked of the point evaluator on its own. A part of it that is not known before deployment is first taken
for nothing but itself and then for any text; where the two answers differ, the element hangs on that part.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from towpath.privilege.evaluator import matches
from towpath.privilege.explaining.kleene import every
from towpath.privilege.request import Request
from towpath.privilege.statement import Condition, Element, Kind, Statement, TextValue
from towpath.template.conditions import Truth
from towpath.template.value import Symbol, SymbolKind, Text

_ANY: Final = Element(("*",))
_OWN: Final = (SymbolKind.RESOURCE, SymbolKind.ATTRIBUTE)
_SHOWN: Final = 3
_MAYBE: Final = {Truth.FALSE: "", Truth.UNKNOWN: " (these may be the same once the template is deployed)"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A statement, whether it matches the request, and why it does not, or what that hangs on."""

    statement: Statement
    truth: Truth
    because: tuple[str, ...] = ()
    misses: int = 0
    """How many of its elements do not match."""

    @property
    def speaks_of_action(self) -> bool:
        return not any(text.startswith(("Action", "NotAction")) for text in self.because)


def judge(request: Request, statement: Statement, kind: Kind, applies: Truth = Truth.TRUE) -> Judged:
    """The judgement; `applies` says whether the policy stands at the resource that is asked for."""
    parts = list(_parts(request, statement, kind))
    because = tuple(text + _MAYBE[truth] for truth, text in parts if truth is not Truth.TRUE)
    if applies is Truth.UNKNOWN:
        because = (*because, "it is not known whether the policy stands at this resource")
    misses = sum(truth is Truth.FALSE for truth, _ in parts)
    return Judged(statement, every([applies, *(truth for truth, _ in parts)]), because, misses)


def _parts(request: Request, statement: Statement, kind: Kind) -> Iterator[tuple[Truth, str]]:
    bare = replace(statement, actions=_ANY, resources=None, principals=None, conditions=())
    actions = replace(bare, actions=statement.actions)
    name = "NotAction" if statement.actions.negated else "Action"
    yield (
        _asked(request, actions, replace(bare, actions=_loose_element(statement.actions, request.action)), kind),
        _mismatch(name, statement.actions.texts, request.action),
    )
    if statement.resources is not None:
        name = "NotResource" if statement.resources.negated else "Resource"
        loose = replace(bare, resources=_loose_element(statement.resources, request.resource))
        yield (
            _asked(request, replace(bare, resources=statement.resources), loose, kind),
            _mismatch(name, statement.resources.texts, request.resource),
        )
    if statement.principals is not None:
        name = "NotPrincipal" if statement.principals.negated else "Principal"
        who = "" if request.principal is None else request.principal.value
        values = [value for _, value in statement.principals.entries]
        entries = tuple((kind_of, _loose(value, who)) for kind_of, value in statement.principals.entries)
        loose = replace(bare, principals=replace(statement.principals, entries=entries))
        shown = str(request.principal) if request.principal is not None else "nobody that the request names"
        yield (
            _asked(request, replace(bare, principals=statement.principals), loose, kind),
            _mismatch(name, values, shown),
        )
    for condition in statement.conditions:
        loose = replace(bare, conditions=(_loose_condition(condition, request),))
        truth = _asked(request, replace(bare, conditions=(condition,)), loose, kind)
        yield truth, _unmet(condition, request)


def _asked(request: Request, exact: Statement, loose: Statement, kind: Kind) -> Truth:
    first, second = (matches(request, statement, kind) for statement in (exact, loose))
    return Truth.of(first) if first is second else Truth.UNKNOWN


def _loose_element(element: Element, asked: str) -> Element:
    return replace(element, texts=tuple(_loose(text, asked) for text in element.texts))


def _loose(value: TextValue, asked: str) -> TextValue:
    """The pattern with `*` where a part is not known. What the request itself calls by name stays what it is."""
    parts = value.parts if isinstance(value, Text) else (value,)
    if not any(isinstance(part, Symbol) and _is_open(part, asked) for part in parts):
        return value
    return "".join("*" if isinstance(part, Symbol) and _is_open(part, asked) else str(part) for part in parts)


def _is_open(symbol: Symbol, asked: str) -> bool:
    return symbol.text not in asked and not (symbol.kind in _OWN and "${" in asked)


def _loose_condition(condition: Condition, request: Request) -> Condition:
    """The condition as one on likeness, where values are not known in part; it is then true of more."""
    context = {key.lower(): value for key, value in request.context.items()}
    given = str(context.get(condition.key, ""))
    values = tuple(_loose(value, given) for value in condition.values)
    if values == condition.values:
        return condition
    qualifier, colon, base = condition.operator.rpartition(":")
    lower = base.lower()
    like = "StringNotLike" if "not" in lower else "StringLike"
    suffix = "IfExists" if lower.endswith("ifexists") else ""
    return replace(condition, operator=f"{qualifier}{colon}{like}{suffix}", values=values)


def _mismatch(name: str, texts: Iterable[TextValue], asked: str) -> str:
    return f"{name} {_listed(texts)} against {asked}"


def _unmet(condition: Condition, request: Request) -> str:
    context = {key.lower(): value for key, value in request.context.items()}
    given = context.get(condition.key)
    shown = given if isinstance(given, str) or given is None else "{" + ", ".join(given) + "}"
    key = condition.written_key or condition.key
    says = f"has {shown}" if shown is not None else "has no such key"
    return f"Condition {condition.operator} {key} = {_listed(condition.values)}; the request {says}"


def _listed(texts: Iterable[TextValue]) -> str:
    listed = [str(text) for text in texts]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
