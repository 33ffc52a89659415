"""The privilege gate: does the proposed template grant anything that the live one does not?

A proof passes. An expansion and what could not be decided are inconclusive, each with the new access in a sentence and
one request as witness, so that a person can judge it. Whatever goes wrong inside the comparison is not decided either.
"""

from collections.abc import Mapping
from typing import Any, Final

from towpath.privilege import Answer, Comparison, Contexts, Finding, compare_templates
from towpath.privilege.comparison import together
from towpath.review.nested import NestedTemplates, addressed, place_of
from towpath.template.loading import Template
from towpath.template.pseudo import PseudoParameters
from towpath.verdict import Reason, Verdict

_READ: Final = "A reviewer reads the finding in the plan and approves this plan, or rejects it."


def judge_privileges(
    old_document: Mapping[str, Any] | None,
    new_document: Mapping[str, Any],
    old_parameters: Mapping[str, Any],
    new_parameters: Mapping[str, Any],
    nested: NestedTemplates | None = None,
    contexts: Contexts | None = None,
    place: PseudoParameters | None = None,
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict on two processed templates (None: no stack yet), and the comparison as its JSON.

    `contexts` are what the change set tells of values, `place` where the stack is deployed.
    """
    given = nested or NestedTemplates()
    found = _compared(old_document, new_document, old_parameters, new_parameters, given, contexts, place)
    return _verdict(found), found.to_json()


def _compared(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    old_parameters: Mapping[str, Any],
    new_parameters: Mapping[str, Any],
    nested: NestedTemplates,
    contexts: Contexts | None,
    place: PseudoParameters | None,
) -> Comparison:
    try:
        before, after, inner = addressed(old, new, nested)
        templates = {
            url: Template.from_document(document, name=f"nested stack {place_of(url)}")
            for url, document in inner.items()
        }
        return compare_templates(
            before,
            after,
            old_parameters=old_parameters,
            new_parameters=new_parameters,
            pseudo=place,
            nested=templates,
            contexts=contexts,
        )
    except Exception as error:  # noqa: BLE001 - a gate that cannot judge must say so and hold, whatever the cause
        kind = type(error).__name__
        reason = Reason(
            "privilege-comparison-failed",
            f"Whether the release allows more could not be decided: the comparison failed ({kind}: {error})",
            remedy="A reviewer compares the templates; report the failure with both of them.",
        )
        return together([Comparison(unknown=(reason,))])


def _verdict(found: Comparison) -> Verdict:
    if found.verdict is Answer.NO_EXPANSION:
        return Verdict.passed()
    return Verdict.inconclusive(*(_expansion(finding) for finding in found.findings), *found.unknown)


def _expansion(finding: Finding) -> Reason:
    return Reason(
        f"privilege-{finding.cause}",
        f"{finding.severity.value}: {finding.headline}. Newly allowed, for example: {finding.witness}.",
        where=str(finding.location),
        remedy=_READ,
    )
