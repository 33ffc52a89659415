"""The policies of a subject that both templates write out in full: what another judge of documents can be asked about.

Such a judge takes one document against one. So a subject is left out, with the reason, where a document hangs on what
is known only after deployment, where a policy is attached by its name or under an open condition, and where a
permissions boundary cuts it short. Who is on one side only, or the same on both, is nothing to ask about.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from towpath.privilege.gathering.gather import gather
from towpath.privilege.gathering.grant import Document, Grants
from towpath.privilege.gathering.side import KNOWN_AFTER_APPLY, Side
from towpath.privilege.statement import Kind
from towpath.template.loading import Template
from towpath.template.pseudo import PseudoParameters
from towpath.template.resolution import resolve

_VERSION: Final = "2012-10-17"


@dataclass(frozen=True, slots=True)
class PolicyPair:
    """A subject's policies of one kind, put together into one document for each side."""

    subject: str
    kind: Kind
    old: Mapping[str, Any]
    new: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KnownPolicies:
    """What can be asked, and the subjects that cannot with the reason for each."""

    pairs: tuple[PolicyPair, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])


def known_policies(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    old_parameters: Mapping[str, Any],
    new_parameters: Mapping[str, Any],
    place: PseudoParameters,
) -> KnownPolicies:
    """The policies that differ between two processed templates, by subject. Raises TemplateError."""
    sides = (old, old_parameters, False), (new, new_parameters, True)
    before, after = (gather(_side(*side, place)) for side in sides)
    pairs: list[PolicyPair] = []
    left_out: dict[str, str] = {}
    for key in sorted({*_subjects(before)} & {*_subjects(after)}):
        subject, kind = key
        found = _document(before, subject, kind), _document(after, subject, kind)
        reason = next((item for item in found if isinstance(item, str)), "")
        if reason:
            left_out[subject] = reason
        elif found[0] != found[1]:
            first, second = (cast("Mapping[str, Any]", item) for item in found)
            pairs.append(PolicyPair(subject, Kind(kind), first, second))
    return KnownPolicies(tuple(pairs), left_out)


def _side(template: Mapping[str, Any], parameters: Mapping[str, Any], is_new: bool, place: PseudoParameters) -> Side:
    loaded = Template.from_document(template)
    return Side(resolve(loaded, parameters, pseudo=place), {}, place.values(), is_new)


def _subjects(grants: Grants) -> Iterator[tuple[str, str]]:
    yield from ((item.subject, item.kind.value) for item in grants.documents if not item.limits)


def _document(grants: Grants, subject: str, kind: str) -> Mapping[str, Any] | str:
    """The subject's policies of one kind as one document, or why they are not known."""
    if kind == Kind.IDENTITY.value:
        if any(item.subject == subject and not item.limits for item in grants.named):
            return "a policy is attached to it by name"
        if any(item.subject == subject and item.limits for item in (*grants.named, *grants.documents)):
            return "it has a permissions boundary"
    statements: list[Any] = []
    for document in grants.documents:
        if document.subject == subject and document.kind.value == kind and not document.limits:
            found = _statements(document)
            if isinstance(found, str):
                return found
            statements += found
    return {"Version": _VERSION, "Statement": statements}


def _statements(document: Document) -> list[Any] | str:
    if document.guards:
        return "it hangs on a condition that is not known before deployment"
    if not _is_known(document.value):
        return "its policy names what is not known before deployment"
    written = cast("dict[str, Any]", document.value)
    if written.get("Version") != _VERSION:
        return f"its policy is not of version {_VERSION}"
    found = written.get("Statement", [])
    return cast("list[Any]", found) if isinstance(found, list) else [found]


def _is_known(value: Any) -> bool:
    """Whether this is a plain JSON object, with nothing in it that stands for something else."""
    try:
        text = json.dumps(value)
    except TypeError:
        return False
    return isinstance(value, dict) and KNOWN_AFTER_APPLY not in text and "{{resolve:" not in text
