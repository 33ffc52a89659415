"""Is one concrete request allowed? AWS's evaluation order, point by point, with no code of the engine.

An explicit Deny wins; then some Allow must match; then the boundary, where there is one, must allow it as well.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
This is the second opinion on every witness, so it is written to be read, not to be fast.
"""

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address, ip_network

from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.privilege.statement import Condition, Element, Kind, Policy, Principals, Statement, TextValue
from towpath.template.value import Symbol, Text

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one request, the sentence that explains it, and the statement that decided (None if none did)."""

    allowed: bool
    explanation: str
    statement: Statement | None = None


def evaluate(
    request: Request, policies: Sequence[Policy], *, boundary: Sequence[Policy] | None = None, kind: Kind
) -> Decision:
    """Whether the policies (and the boundary, if there is one) allow the request, and which statement decides."""
    return Evaluator(policies, boundary, kind).decide(request)


class Evaluator:
    """Documents made ready to judge many requests: statements by effect, by service, by how resources begin."""

    def __init__(self, policies: Sequence[Policy], boundary: Sequence[Policy] | None, kind: Kind) -> None:
        self._kind = kind
        self._allows = _sorted(policies, allows=True)
        self._denies = _sorted([*policies, *(boundary or ())], allows=False)
        self._limits = None if boundary is None else _sorted(boundary, allows=True)

    def decide(self, request: Request) -> Decision:
        """The decision on one request."""
        denying = self._first(request, self._denies)
        if denying is not None:
            return Decision(False, f"Denied explicitly by statement {denying.title} of {denying.place}.", denying)
        allowing = self._first(request, self._allows)
        if allowing is None:
            return Decision(False, "Denied implicitly: no Allow matches the request.")
        if self._limits is not None and self._first(request, self._limits) is None:
            return Decision(False, "Denied implicitly: the permissions boundary does not allow the request.", allowing)
        return Decision(True, f"Allowed by statement {allowing.title} of {allowing.place}.", allowing)

    def _first(self, request: Request, statements: "_Sorted") -> Statement | None:
        service = request.action.lower().partition(":")[0]
        context = _context_of(request)
        for beginnings, statement in (*statements.get(service, ()), *statements.get("", ())):
            if request.resource.startswith(beginnings) and _matches(request, statement, self._kind, context):
                return statement
        return None


_Sorted = dict[str, list[tuple[tuple[str, ...], Statement]]]


def _sorted(policies: Iterable[Policy], *, allows: bool) -> _Sorted:
    """Statements by service prefix, each with what its resources begin with; under "" those of any service."""
    found: _Sorted = {}
    for statement in (item for policy in policies for item in policy.statements if item.allows is allows):
        services = {str(text).lower().partition(":")[0] for text in statement.actions.texts}
        anything = statement.actions.negated or any("*" in name or "?" in name for name in services)
        for service in {""} if anything else services:
            found.setdefault(service, []).append((_beginnings(statement.resources), statement))
    return found


def _beginnings(resources: Element | None) -> tuple[str, ...]:
    if resources is None or resources.negated or not all(isinstance(text, str) for text in resources.texts):
        return ("",)
    return tuple(re.split(r"[*?$]", str(text), maxsplit=1)[0] for text in resources.texts)


def matches(request: Request, statement: Statement, kind: Kind) -> bool:
    """Whether the statement speaks of the request."""
    return _matches(request, statement, kind, _context_of(request))


def _context_of(request: Request) -> "_Context":
    return {key.lower(): (value,) if isinstance(value, str) else value for key, value in request.context.items()}


def _matches(request: Request, statement: Statement, kind: Kind, context: "_Context") -> bool:
    if not _names(statement.actions, request.action.lower(), None, str.lower):
        return False
    known = context if statement.variables else None
    return (
        (statement.resources is None or _names(statement.resources, request.resource, known, str))
        and (statement.principals is None or _names_principal(statement.principals, request.principal, kind))
        and all(_holds(condition, context, known) for condition in statement.conditions)
    )


_Context = Mapping[str, tuple[str, ...]]


def _names(element: Element, text: str, variables: _Context | None, fold: Callable[[str], str]) -> bool:
    return element.negated != any(_like(item, text, variables, fold=fold) for item in element.texts)


def _like(
    pattern: TextValue,
    text: str,
    variables: _Context | None,
    *,
    fold: Callable[[str], str] = str,
    wildcards: bool = True,
) -> bool:
    """Whether a text matches a pattern; an unknown part of the pattern is a text like any other."""
    if isinstance(pattern, str) and (variables is None or "${" not in pattern):
        if not (wildcards and ("*" in pattern or "?" in pattern)):
            return fold(pattern) == fold(text)
        return _compiled(fold(pattern), wildcards).fullmatch(fold(text)) is not None
    expression = ""
    for part in pattern.parts if isinstance(pattern, Text) else (pattern,):
        if isinstance(part, Symbol):
            expression += re.escape(fold(part.text))
            continue
        done = 0
        for match in _VARIABLE.finditer(part) if variables is not None else ():
            value = _variable(match.group(1), variables or {})
            if value is None:
                return False
            expression += _expression(fold(part[done : match.start()]), wildcards) + re.escape(fold(value))
            done = match.end()
        expression += _expression(fold(part[done:]), wildcards)
    return re.fullmatch(expression, fold(text), re.DOTALL) is not None


@lru_cache(maxsize=65_536)
def _compiled(text: str, wildcards: bool) -> "re.Pattern[str]":
    return re.compile(_expression(text, wildcards), re.DOTALL)


def _expression(text: str, wildcards: bool) -> str:
    """A regular expression that does not backtrack over `*`: the first place where the next piece fits is good enough
    (what follows can only be reached more easily from there), so each piece is an atomic group."""
    if not wildcards:
        return re.escape(text)
    first, *others = (
        "".join("." if char == "?" else re.escape(char) for char in piece) for piece in re.split(r"\*+", text)
    )
    if not others:
        return first
    return first + "".join(f"(?>.*?{piece})" for piece in others[:-1]) + ".*" + others[-1]


def _variable(name: str, context: _Context) -> str | None:
    """A variable's value, else its default, else None; `${*}`, `${?}` and `${$}` are those characters."""
    if name.strip() in {"*", "?", "$"}:
        return name.strip()
    match = re.fullmatch(r"\s*(.+?)\s*(?:,\s*'(.*)'\s*)?", name, re.DOTALL)
    if match is None:
        return None
    values = context.get(match.group(1).lower(), ())
    return values[0] if len(values) == 1 else match.group(2)


def _names_principal(principals: Principals, who: Principal | None, kind: Kind) -> bool:
    if who is None:
        return False
    if principals.negated:
        return not any(_is_exactly(type_name, str(value), who, kind) for type_name, value in principals.entries)
    return any(_stands_for(type_name, str(value), who, kind) for type_name, value in principals.entries)


def _stands_for(type_name: str, value: str, who: Principal, kind: Kind) -> bool:
    if type_name == "*" or (type_name == "AWS" and value == "*" and kind is not Kind.TRUST):
        return True
    if type_name != who.type_name:
        return False
    if type_name == "AWS" and _is_account_of(value, who):
        return True
    if type_name == "AWS" and ":assumed-role/" in value:
        return bool(who.session) and _like(value, _session_arn(who), None)
    return _like(value, who.value, None)


def _is_account_of(value: str, who: Principal) -> bool:
    """Whether the value is the account (by number or root ARN) of an AWS principal."""
    account = who.account or (who.value.split(":")[4] if who.value.count(":") >= 5 else "")
    partition = who.value.removeprefix("arn:").partition(":iam::")[0].partition(":sts::")[0]
    return bool(account) and value in {
        account,
        f"arn:{partition}:iam::{account}:root",
        f"arn:${{AWS::Partition}}:iam::{account}:root",
    }


def _session_arn(who: Principal) -> str:
    head, _, name = who.value.rpartition("/")
    partition_and_account = head.split(":role")[0].replace(":iam:", ":sts:")
    return f"{partition_and_account}:assumed-role/{name}/{who.session}"


def _is_exactly(type_name: str, value: str, who: Principal, kind: Kind) -> bool:
    """In NotPrincipal: an account, a role and a session are three, and only what is listed is exempt."""
    if type_name == "*" or (type_name == "AWS" and value == "*" and kind is not Kind.TRUST):
        return True
    if type_name != who.type_name:
        return False
    if value.isdigit():
        value = f"arn:aws:iam::{value}:root"
    if ":assumed-role/" in value:
        return bool(who.session) and _like(value, _session_arn(who), None)
    return not who.session and _like(value, who.value, None)


def _holds(condition: Condition, context: _Context, variables: _Context | None) -> bool:
    """Whether one condition line is true of the request's context."""
    name = condition.operator.strip().lower()
    qualifier, _, base = name.rpartition(":")
    present = context.get(condition.key, ())
    if base.removesuffix("ifexists") == "null":
        return any(str(value).strip().lower() == ("false" if present else "true") for value in condition.values)
    negated = "not" in base.removesuffix("ifexists")
    if not present:
        return base.endswith("ifexists") or qualifier == "forallvalues" or (negated and not qualifier)
    compare = _comparison(base.removesuffix("ifexists"), condition.key)
    found = [any(compare(value, item, variables) for item in condition.values) != negated for value in present]
    return all(found) if qualifier == "forallvalues" or (negated and not qualifier) else any(found)


_Comparison = Callable[[str, TextValue, _Context | None], bool]


def _comparison(base: str, key: str) -> _Comparison:
    base = base.replace("not", "")
    if base.startswith("arn"):
        return _arn_like
    if base.startswith("string"):
        fold = str.lower if base.endswith("ignorecase") else str
        return lambda value, item, known: _like(item, value, known, fold=fold, wildcards=base == "stringlike")
    if base == "ipaddress":
        return lambda value, item, _: value == str(item) or _in_network(value, str(item))
    if base == "bool":
        return lambda value, item, _: _like(item, value, None, fold=str.lower, wildcards=False)
    if base == "binaryequals":
        return lambda value, item, _: _decoded(value) == _decoded(str(item))
    measure = _instant if base.startswith("date") or key == "aws:epochtime" else _decimal
    equality = base.endswith("equals")
    return lambda value, item, _: (
        (equality and value == str(item)) or _ordered(measure(value), measure(str(item)), base)
    )


def _arn_like(value: str, item: TextValue, variables: _Context | None) -> bool:
    """Segment by segment; a pattern with fewer than six segments has its last one for all the rest of the ARN."""
    if not isinstance(item, str):
        return _like(item, value, variables)
    asked = re.split(r":(?![^{}]*\})", item, maxsplit=5)
    given = value.split(":", len(asked) - 1)
    return len(given) == len(asked) and all(
        _like(pattern, text, variables) for pattern, text in zip(asked, given, strict=True)
    )


def _in_network(value: str, network: str) -> bool:
    try:
        return ip_address(value) in ip_network(network.strip(), strict=False)
    except ValueError:
        return False


def _decoded(text: str) -> bytes | str:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text


def _decimal(text: str) -> Decimal | None:
    return Decimal(text.strip()) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text.strip()) else None


def _instant(text: str) -> Decimal | None:
    if re.fullmatch(r"[+-]?\d{5,}(\.\d*)?", text.strip()):
        return Decimal(text.strip())
    try:
        at = datetime.fromisoformat(_padded(text.strip()))
    except ValueError:
        return None
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Decimal((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds().__repr__())


def _padded(text: str) -> str:
    """A year or a month as the day on which it begins."""
    return text + "-01" * (2 - text.count("-")) if re.fullmatch(r"\d{4}(-\d\d)?", text) else text


def _ordered(value: Decimal | None, item: Decimal | None, base: str) -> bool:
    if value is None or item is None:
        return False
    if base.endswith("greaterthanequals"):
        return value >= item
    if base.endswith("lessthanequals"):
        return value <= item
    if base.endswith("greaterthan"):
        return value > item
    return value < item if base.endswith("lessthan") else value == item
