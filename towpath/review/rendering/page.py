"""What a plan page says, and in which order: the decision first, then the gates' reasons, then every change."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from towpath.review.rendering.block import Block
from towpath.review.rendering.privileges import privileges

_DECISIONS = {
    "passed": "All gates passed; the promotion goes on by itself.",
    "approval_needed": "A person must approve this plan before the promotion goes on.",
    "refused": "The promotion is refused.",
}
_KINDS = {
    "removed": "Removed",
    "replaced": "Replaced (certain)",
    "possibly replaced": "Replaced (possible)",
    "undecided": "Decided by CloudFormation while it runs",
    "changed": "Changed",
    "added": "Added",
}
_LONGEST_VALUE = 400


def page_of(plan: Mapping[str, Any]) -> tuple[Block, ...]:
    """The blocks of a plan document (`Plan.to_json`)."""
    return (
        *_opening(plan),
        *_gates(plan["gates"]),
        *privileges(plan.get("privileges", {})),
        *_infrastructure(plan["infrastructure"]),
        *_closing(plan),
    )


def _opening(plan: Mapping[str, Any]) -> Iterator[Block]:
    yield Block("title", f"Plan: {plan['service']} {plan['version']} into {plan['environment']}")
    yield Block("paragraph", _DECISIONS[plan["decision"]])
    before = (
        f"{plan['service']} {plan['live_version']}" if plan["live_version"] else "nothing; this is its first release"
    )
    facts = (
        f"plan {plan['plan']}",
        f"artifact {plan['digest']}",
        f"stack {plan['stack']}; live there now: {before}",
    )
    yield Block("list", rows=tuple((fact,) for fact in facts))


def _gates(gates: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    yield Block("heading", "Gates")
    for gate in gates:
        carried = ", covered by the approval in an earlier environment" if gate.get("carried") else ""
        yield Block("paragraph", f"{gate['gate']}: {gate['outcome']}{carried}")
        rows = tuple((_sentence(reason),) for reason in gate["reasons"])
        if rows:
            yield Block("list", rows=rows)


def _sentence(reason: Mapping[str, str]) -> str:
    place = f"{reason['where']}: " if reason.get("where") else ""
    return " ".join(filter(None, (f"{place}{reason['message']}", reason.get("remedy", ""))))


def _infrastructure(differences: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    yield Block("heading", "Infrastructure")
    if not differences:
        yield Block("paragraph", "No resource changes.")
    for kind, title in _KINDS.items():
        for item in (difference for difference in differences if difference["kind"] == kind):
            retained = ", kept by its policy" if item["retained"] else ""
            yield Block("paragraph", f"{title}: {item['resource']} ({item['type']}){retained}")
            rows = tuple((_path(change), _shown(change["old"]), _shown(change["new"])) for change in item["properties"])
            if rows:
                yield Block("changes", rows=rows)


def _path(change: Mapping[str, Any]) -> str:
    return f"{change['path']} (recreates)" if change["recreates"] else str(change["path"])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}… ({len(text)} characters)"


def _closing(plan: Mapping[str, Any]) -> Iterator[Block]:
    if plan["notices"]:
        yield Block("heading", "Good to know")
        yield Block("list", rows=tuple((notice,) for notice in plan["notices"]))
    if plan["decision"] == "approval_needed":
        yield Block("heading", "What to do")
        yield Block("command", f"towpath approve {plan['plan']}")
        yield Block("command", f"towpath reject {plan['plan']}")
