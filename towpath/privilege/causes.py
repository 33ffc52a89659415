"""Which findings of a comparison of templates have one cause, and are told as one.

A principal or resource that is new as a whole brings all of its grants with it. A function URL without authentication
brings permissions for everybody to call it, which SAM writes beside it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from towpath.privilege.comparison import Comparison, Finding, FindingClass, Reach, Severity, together
from towpath.privilege.gathering.functions import FUNCTION_URL
from towpath.privilege.gathering.grant import Grants
from towpath.privilege.request import Request

_OF_URLS: Final = frozenset({"lambda:functionurlauthtype", "lambda:invokedviafunctionurl"})
_SEVERITIES: Final = tuple(Severity)


def one_per_new_subject(comparison: Comparison, old: Grants, new: Grants) -> Comparison:
    """Everything that a principal or resource which is new as a whole brings with it has one cause: that it is new."""
    held = {item.subject for item in old.documents} | {item.subject for item in old.named} | old.subjects
    found: dict[str, list[Finding]] = {}
    for item in comparison.findings:
        is_new = item.subject in new.subjects and item.subject not in held
        found.setdefault(item.subject if is_new else f"\0{len(found)}", []).append(item)
    merged = tuple(items[0] if len(items) == 1 else _merged(items) for items in found.values())
    return replace(comparison, findings=merged)


def one_per_url(comparison: Comparison) -> Comparison:
    """A function URL without authentication, and the permissions beside it with which everybody may call it."""
    urls = {item.subject for item in comparison.findings if item.grant == FUNCTION_URL}
    beside: dict[str, list[Finding]] = {subject: [] for subject in urls}
    kept: list[Finding] = []
    for item in comparison.findings:
        with_it = item.subject in urls and FindingClass.PUBLIC in item.classes and _through_url(item.witness)
        (beside[item.subject] if with_it and item.grant != FUNCTION_URL else kept).append(item)
    found = [_with_permissions(item, beside.get(item.subject, [])) for item in kept]
    return together([replace(comparison, findings=tuple(found))])


def _through_url(request: Request) -> bool:
    return any(key.lower() in _OF_URLS for key in request.context)


def _with_permissions(url: Finding, permissions: Sequence[Finding]) -> Finding:
    if url.grant != FUNCTION_URL or not permissions:
        return url
    actions = dict.fromkeys(name for item in permissions for name in item.reach.examples)
    levels = sum((Counter(item.reach.by_level) for item in permissions), Counter[str]())
    return replace(
        url,
        title=f"{url.title}, and everybody is permitted to call it",
        severity=min((url.severity, *(item.severity for item in permissions)), key=_SEVERITIES.index),
        reach=Reach(dict(levels), tuple(actions), all(item.reach.complete for item in permissions)),
    )


def _merged(items: list[Finding]) -> Finding:
    first, more = items[0], len(items) - 1
    return replace(
        first,
        title=f"{first.title}; it is new, and {more} more of its grants with it",
        classes=tuple(dict.fromkeys(kind for item in items for kind in item.classes)),
        escalations=tuple(dict.fromkeys(path for item in items for path in item.escalations)),
    )
