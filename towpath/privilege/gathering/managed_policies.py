"""What is attached by ARN: a policy of the same template, one of AWS's own, or one that is only a name here.

A policy that nothing in its template has attached is there for others: it is judged on its own. As long as it is new,
nobody can have it.
"""

import re
from typing import Any, Final

from towpath.privilege.gathering.grant import Document, Grants, Guards, NamedPolicy
from towpath.privilege.gathering.naming import is_text
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.statement import Kind
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_AWS_MANAGED: Final = re.compile(r"arn:[^/]*:iam::aws:policy/(.+)")


class ManagedPolicies:
    """The policies that one side can attach."""

    def __init__(self, side: Side, grants: Grants) -> None:
        self._side = side
        self._grants = grants
        self._attached: set[str] = set()
        self._own: dict[str, Resource] = {str(side.arn(item)): item for item in side.of("AWS::IAM::ManagedPolicy")}

    def attach(self, subject: str, value: Any, guards: Guards, path: Path, *, limits: bool = False) -> None:
        """Notes that the policy that the value names holds for the subject, or limits it."""
        own = self._own.get(str(value)) if is_text(value) else None
        if own is not None:
            self.document(subject, own, guards, limits=limits)
            return
        name = aws_managed_name(value)
        shown = name or _theirs(str(value) if is_text(value) else canonical(value))
        self._grants.named.append(NamedPolicy(subject, shown, path, guards, limits))

    def document(self, subject: str, own: Resource, guards: Guards, *, limits: bool = False) -> None:
        """Notes that a policy of the template holds for the subject."""
        self._attached.add(own.logical_id)
        self._grants.documents.append(self._document(subject, own, guards, limits=limits))

    def others(self) -> None:
        """Notes the policies of the template that nothing in it has attached; a new one says nothing new."""
        for own in self._own.values():
            subject = subject_of(self._side, own)
            if own.logical_id in self._attached:
                self._grants.in_sight.add(subject)
            else:
                document = self._document(subject, own, ())
                self._grants.documents.append(document)
                self._grants.unwritten[subject] = document

    def _document(self, subject: str, own: Resource, guards: Guards, *, limits: bool = False) -> Document:
        path = (*own.path, "Properties", "PolicyDocument")
        guards = merged(guards, self._side.guards(own))
        return Document(subject, Kind.IDENTITY, own.properties.get("PolicyDocument"), path, guards, limits)


def _theirs(text: str) -> str:
    """A customer's policy; the prefix keeps it from being taken for one of AWS's."""
    return text if text.startswith("arn:") else f"arn:{text}"


def merged(first: Guards, second: Guards) -> Guards:
    """Two sets of conditions as one."""
    return tuple(dict.fromkeys((*first, *second)))


def aws_managed_name(value: Any) -> str:
    """The name (with its path) of one of AWS's own policies; empty when it is none."""
    match = _AWS_MANAGED.fullmatch(str(value)) if is_text(value) else None
    return match[1] if match else ""
