"""What a request names, in the words of a side: a role or user by logical id, name or ARN; a resource likewise."""

import re
from collections.abc import Iterator
from typing import Final

from towpath.privilege.explaining.kleene import some
from towpath.privilege.gathering.naming import Name
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.template.conditions import Truth
from towpath.template.resolution import Resource
from towpath.template.value import Symbol, SymbolKind, Text

HOLDERS: Final = ("AWS::IAM::Role", "AWS::IAM::User")
_SESSION: Final = re.compile(r"arn:([^:]*):sts::([^:]*):assumed-role/([^/]+)/(.+)")
_REFERENCE: Final = re.compile(r"\$\{([A-Za-z0-9]+)(\.[A-Za-z]*)?\}")
_BARE: Final = re.compile(r"([A-Za-z0-9]+)(?=$|[/:])")


def holder_named(side: Side, text: str) -> Resource | None:
    """The role or user of the template that a request calls so."""
    session = _SESSION.fullmatch(text)
    for holder in side.of(*HOLDERS):
        label, name = side.label(holder.logical_id), str(side.name(holder))
        known = {label, f"${{{label}}}", f"${{{label}.Arn}}", name, subject_of(side, holder)}
        if text in known or (session and session[3] == name) or _is_like(side.arn(holder), text):
            return holder
    return next((holder for holder in side.of(*HOLDERS) if holder.logical_id == text), None)


def holders(side: Side) -> Iterator[str]:
    """The logical ids of all roles and users."""
    return (holder.logical_id for holder in side.of(*HOLDERS))


def resource_named(side: Side, text: str) -> str | None:
    """The ARN that a request means: `Orders`, `Orders/key`, `${Orders}`, `${Orders.Arn}/key` with a logical id, or an
    ARN as it is. None when it is none of these."""
    by_label = {side.label(item.logical_id): item for item in side.resources()}
    by_label = {item.logical_id: item for item in by_label.values()} | by_label

    def put_in(found: re.Match[str]) -> str:
        resource = by_label.get(found[1])
        if resource is None:
            return found[0]
        return str(side.arn(resource)) if found[2] == ".Arn" else str(side.name(resource))

    if text == "*" or text.startswith("arn:"):
        return _REFERENCE.sub(put_in, _pseudo(side, text))
    reference, bare = _REFERENCE.match(text), _BARE.match(text)
    if reference is not None and reference[1] in by_label:
        return str(side.arn(by_label[reference[1]])) + text[reference.end() :]
    if bare is not None and bare[1] in by_label:
        return str(side.arn(by_label[bare[1]])) + text[bare.end() :]
    return text if text.startswith("${") else None


def _pseudo(side: Side, text: str) -> str:
    for name, value in side.here.items():
        for written in (name, name.replace("::", ".")):
            text = text.replace(f"${{{written}}}", str(value))
    return text


def stands_at(side: Side, subject: str, resource: str) -> Truth:
    """Whether a policy of this subject is one of the resource that is asked for, or of what holds it."""
    found = [item for item in side.resources() if subject in (subject_of(side, item), _by_arn(side, item))]
    return some(_covers(side.arn(item), resource) for item in found)


def _by_arn(side: Side, resource: Resource) -> str:
    return f"{'function' if resource.type == 'AWS::Lambda::Function' else ''} {side.arn(resource)}"


def _covers(arn: Name, resource: str) -> Truth:
    exact = str(arn).removesuffix(":*")
    if resource == exact or resource.startswith((f"{exact}/", f"{exact}:")):
        return Truth.TRUE
    own_too = "${" not in resource
    expression = _expression(arn, own_too=own_too).removesuffix(re.escape(":*")) + "([/:].*)?"
    if own_too and re.fullmatch(expression, resource, re.DOTALL):
        return Truth.UNKNOWN if re.fullmatch(_expression(arn) + ".*", resource, re.DOTALL) is None else Truth.TRUE
    return Truth.FALSE


def _is_like(arn: Name, text: str) -> bool:
    return re.fullmatch(_expression(arn), text) is not None


def _expression(arn: Name, *, own_too: bool = False) -> str:
    """An ARN in which what is not known of the place (and, if asked, of names) may be any text without a colon."""
    parts = arn.parts if isinstance(arn, Text) else (arn,)
    return "".join(_of(part, own_too) for part in parts)


def _of(part: str | Symbol, own_too: bool) -> str:
    if isinstance(part, Symbol) and (own_too or part.kind is SymbolKind.PSEUDO):
        return f"(?:[^:/]*|{re.escape(part.text)})"
    return re.escape(str(part))
