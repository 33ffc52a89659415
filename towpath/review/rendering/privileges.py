"""What a plan page says of privileges: each finding with where it stands, one request, and what denied it before."""

from collections.abc import Iterator, Mapping
from typing import Any

from towpath.review.rendering.block import Block

_VERDICTS = {
    "NO_EXPANSION": "Nothing new is allowed: every request that the proposed template allows, the live one allows too.",
    "EXPANSION": "The proposed template allows requests that the live one does not.",
    "UNKNOWN": "It could not be decided whether the proposed template allows more.",
}


def privileges(comparison: Mapping[str, Any]) -> Iterator[Block]:
    """The blocks of a comparison (`Comparison.to_json`); none when there is no comparison."""
    if not comparison:
        return
    yield Block("heading", "Privileges")
    yield Block("paragraph", _VERDICTS[comparison["verdict"]])
    for finding in comparison["findings"]:
        subject = finding.get("subject", "")
        whose = "" if finding["title"].startswith(subject) else f"{subject}: "
        yield Block("paragraph", f"{finding['severity']}: {whose}{finding['title']}")
        yield Block("list", rows=tuple((line,) for line in _facts(finding)))
    if comparison["unknown"]:
        yield Block("list", rows=tuple((f"not decided: {_reason(reason)}",) for reason in comparison["unknown"]))
    if comparison["removed"]:
        yield Block("paragraph", "Access that is gone:")
        yield Block("list", rows=tuple((_removal(removal),) for removal in comparison["removed"]))


def _facts(finding: Mapping[str, Any]) -> Iterator[str]:
    yield f"where: {_place(finding['statement'])}"
    yield f"request: {_request(finding['witness'])}"
    yield f"before: {finding['before']}"
    yield f"now: {finding['after']}"
    if finding["actions"]["total"]:
        levels = ", ".join(f"{count} {level}" for level, count in finding["actions"]["by_level"].items())
        yield f"actions newly reachable: {finding['actions']['total']} ({levels})"
    if finding["classes"]:
        yield f"kind of danger: {', '.join(finding['classes'])}"
    if finding["escalations"]:
        yield f"completes: {'; '.join(path['title'] for path in finding['escalations'])}"


def _place(location: Mapping[str, Any]) -> str:
    sid = f" (Sid {location['sid']})" if location.get("sid") else ""
    return f"{location['path']}{sid}"


def _request(request: Mapping[str, Any]) -> str:
    principal = ", ".join(f"{name} {value}" for name, value in request.get("principal", {}).items())
    context = ", ".join(f"{key} = {value}" for key, value in request["context"].items())
    parts = [principal, f"{request['action']} on {request['resource']}", f"with {context}" if context else ""]
    return " ".join(part for part in parts if part)


def _reason(reason: Mapping[str, str]) -> str:
    place = f"{reason['where']}: " if reason.get("where") else ""
    return f"{place}{reason['message']} {reason.get('remedy', '')}".strip()


def _removal(removal: Mapping[str, Any]) -> str:
    whose = f"{removal['subject']}: " if removal.get("subject") else ""
    return f"{whose}{removal['title']} For example: {_request(removal['witness'])}"
