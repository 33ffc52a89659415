"""The second opinion: another judge of policies, asked about what it can be asked about, and what came of it.

It never makes a plan pass. Agreement is said in the plan; where the two disagree, and where an opinion that was asked
for was not given, a person has to look. What it could not be asked about is said too, and stays with the first opinion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from towpath.privilege import Answer, PolicyError, compare_documents
from towpath.privilege.known_policies import KnownPolicies, PolicyPair, known_policies
from towpath.review.ports import SecondOpinion
from towpath.template.pseudo import PseudoParameters
from towpath.verdict import Reason, Verdict

MOST_QUESTIONS: Final = 30
"""The service does not say how often it may be asked; so many policies differ in few releases."""
_LONGEST: Final = 10
_READ: Final = "A reviewer reads both answers and the policy, and approves this plan or rejects it."
# The live template (None: no stack yet) and the proposed one.
Templates = tuple[Mapping[str, Any] | None, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SecondLook:
    """The verdict, and what to say of it in the plan."""

    verdict: Verdict
    notices: tuple[str, ...] = ()


def second_look(
    judge: SecondOpinion,
    templates: Templates,
    parameters: tuple[Mapping[str, Any], Mapping[str, Any]],
    place: PseudoParameters,
) -> SecondLook:
    """Ask `judge` about every policy that both templates (None: no stack yet) write out in full and that differs."""
    old, new = templates
    if old is None:
        return SecondLook(Verdict.passed(), ("Second opinion: not asked; there is nothing yet to compare with.",))
    try:
        known = known_policies(old, new, *parameters, place)
    except Exception as error:  # noqa: BLE001 - whatever the cause, an opinion that was wanted is not there
        return SecondLook(Verdict.inconclusive(_missing("the templates", f"{type(error).__name__}: {error}")))
    asked, beyond = known.pairs[:MOST_QUESTIONS], known.pairs[MOST_QUESTIONS:]
    reasons = [reason for pair in asked if (reason := _compared(pair, judge)) is not None]
    agreed = len(asked) - len(reasons)
    reasons += [_missing(pair.subject, f"more than {MOST_QUESTIONS} policies differ") for pair in beyond]
    verdict = Verdict.inconclusive(*reasons) if reasons else Verdict.passed()
    return SecondLook(verdict, _notices(known, len(asked), agreed))


def _compared(pair: PolicyPair, judge: SecondOpinion) -> Reason | None:
    try:
        own = compare_documents(dict(pair.old), dict(pair.new), pair.kind.value)
    except PolicyError as error:
        return _missing(pair.subject, f"its policy cannot be read: {error}")
    theirs = judge.no_new_access(pair.old, pair.new, names_principals=pair.kind.names_principals)
    if theirs.allows_new is None:
        return _missing(pair.subject, theirs.says)
    if own.verdict is Answer.UNKNOWN or (own.verdict is Answer.EXPANSION) is theirs.allows_new:
        return None
    ours = own.findings[0].witness if own.findings else "every request that is allowed now was allowed before"
    return Reason(
        "privilege-opinions-differ",
        f"{pair.subject}: two judges disagree about its {pair.kind.value} policy. Towpath says {own.verdict.value} "
        f"({ours}); the second opinion says {'new access' if theirs.allows_new else 'no new access'} ({theirs.says}).",
        where=pair.subject,
        remedy=_READ,
    )


def _missing(subject: str, why: str) -> Reason:
    message = f"{subject}: the second opinion that the settings ask for was not given: {why}."
    remedy = "A reviewer decides without it; or see to it that it can be given, and promote the release again."
    return Reason("privilege-opinion-missing", message, where=subject, remedy=remedy)


def _notices(known: KnownPolicies, asked: int, agreed: int) -> tuple[str, ...]:
    left = sorted(known.left_out.items())
    more = f" and {len(left) - _LONGEST} more" if len(left) > _LONGEST else ""
    without = "; ".join(f"{subject} ({why})" for subject, why in left[:_LONGEST])
    says = (
        f"Second opinion: asked about {asked} changed policies, {agreed} of them without dissent. "
        "It compares one document with one: no networks, no keys, no functions' addresses, no nested stacks."
    )
    return (says, f"Second opinion: could not be asked about {without}{more}.") if left else (says,)
