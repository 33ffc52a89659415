"""Who may open a gate, and what their word opens: exactly one plan of one promotion, while it waits.

An approval names the digest of a plan. It counts when that plan still waits, its promotion still runs, the caller is
one of the environment's approvers and not one of the pipeline's uploaders. Saying the same twice is harmless; saying
otherwise afterwards is refused. What moved voids the plan, and its approval with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from towpath.errors import LedgerBusy
from towpath.promotion.events import EventKind, of_promotion
from towpath.promotion.ports import Announcer, Executions, PromotionLedger
from towpath.promotion.principal import covers
from towpath.promotion.records import Decision, PlanRecord, PlanState, to_text
from towpath.promotion.settings import Settings

ATTEMPTS = 5
# Long enough that nobody meets another plan by chance, short enough for a line; the whole digest is what counts.
SHORT_DIGEST = 16
COMMENT_LIMIT = 1000  # characters; the comment travels through states and events

Word = Literal["approved", "rejected"]
_STATES: dict[Word, PlanState] = {"approved": PlanState.APPROVED, "rejected": PlanState.REJECTED}
_KINDS: dict[Word, EventKind] = {"approved": EventKind.APPROVAL_GIVEN, "rejected": EventKind.APPROVAL_REJECTED}


class Answered(StrEnum):
    """What came of a decision."""

    COUNTED = "counted"
    REPEATED = "repeated"
    UNKNOWN_PLAN = "unknown_plan"
    NOT_ALLOWED = "not_allowed"
    OUTDATED = "outdated"
    DECIDED_OTHERWISE = "decided_otherwise"


@dataclass(frozen=True, slots=True)
class Request:
    """A person's decision on a plan. `by` is the ARN that AWS verified, never one that the person typed."""

    plan: str
    decision: Word
    by: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to the person."""

    outcome: Answered
    says: str


@dataclass(frozen=True, slots=True)
class Approvals:
    """Asks for approvals, takes decisions and voids plans, on the ports."""

    ledger: PromotionLedger
    executions: Executions
    announcer: Announcer
    settings: Settings

    def ask(self, plan: PlanRecord, token: str, now: datetime) -> str:
        """Let the plan wait for a person; `token` is what the workflow waits with. Returns what to say about it.

        A plan that was decided already, by an earlier try of the same step, is answered at once.
        """
        if plan.decision is not None and plan.state in (PlanState.APPROVED, PlanState.REJECTED):
            self.executions.answer(token, _output(plan, plan.decision))
            return f"The plan was {plan.state.value} by {plan.decision.by} already."
        expires = now + timedelta(hours=self.settings.pipeline.approval_hours)
        asked = plan.asked or now
        # A plan that was voided and came back is asked about anew: what was decided before no longer counts.
        waiting = replace(plan, state=PlanState.WAITING, token=token, asked=asked, expires=expires, decision=None)
        if not self.ledger.write_plan(waiting):
            raise LedgerBusy(f"the plan {plan.digest} changed while its approval was being requested")
        promotion = plan.promotion
        says = f"Waiting until {expires:%a %H:%M} UTC for an approval: towpath approve {plan.digest[:SHORT_DIGEST]}"
        specifics = {
            "plan": plan.digest,
            "document": plan.document,
            "reasons": list(plan.reasons),
            "approvers": list(self.settings.environment(promotion.environment).approvers),
            "expires": to_text(expires),
        }
        kind = EventKind.APPROVAL_REQUESTED
        self.announcer.announce(of_promotion(kind, promotion, says, now, specifics, discriminator=plan.digest))
        return says

    def decide(self, request: Request, now: datetime) -> Answer:
        """Let a decision count, or say why it does not."""
        for _ in range(ATTEMPTS):
            plan = self.ledger.plan(request.plan)
            if plan is None:
                says = f"There is no plan {request.plan}. `towpath status` shows the plans that wait."
                return Answer(Answered.UNKNOWN_PLAN, says)
            refusal = self._refusal(plan, request, now)
            if refusal is not None:
                return refusal
            decision = plan.decision or Decision(request.by, now, request.comment[:COMMENT_LIMIT])
            decided = replace(plan, state=_STATES[request.decision], decision=decision)
            if plan.decision is not None:
                self._carry_out(plan, request.decision, decision)
                return Answer(Answered.REPEATED, f"{decision.by} had {request.decision} this plan already.")
            if self.ledger.write_plan(decided):
                heard = self._carry_out(decided, request.decision, decision)
                return Answer(Answered.COUNTED, _says(decided, decision) + ("" if heard else _UNHEARD))
        raise LedgerBusy(f"the plan {request.plan} changed {ATTEMPTS} times while it was being decided")

    def void(self, plan: PlanRecord, why: str, now: datetime) -> None:
        """The plan no longer says what would happen: nothing that was decided about it counts any more."""
        had = plan.state in (PlanState.WAITING, PlanState.APPROVED)
        if plan.state is not PlanState.VOIDED and not self.ledger.write_plan(replace(plan, state=PlanState.VOIDED)):
            raise LedgerBusy(f"the plan {plan.digest} changed while it was being voided")
        if had or (plan.state is PlanState.VOIDED and plan.asked is not None):
            says = f"The approval of the plan {plan.digest[:12]} no longer counts: {why}"
            kind, specifics = EventKind.APPROVAL_VOIDED, {"plan": plan.digest}
            event = of_promotion(kind, plan.promotion, says, now, specifics, discriminator=plan.digest)
            self.announcer.announce(event)

    def _refusal(self, plan: PlanRecord, request: Request, now: datetime) -> Answer | None:
        environment = self.settings.environments.get(plan.promotion.environment)
        approvers = environment.approvers if environment is not None else ()
        if not any(covers(allowed, request.by) for allowed in approvers):
            allowed = ", ".join(approvers) or "nobody"
            says = f"{request.by} is not an approver of {plan.promotion.environment}. Approvers are: {allowed}."
            return Answer(Answered.NOT_ALLOWED, says)
        if any(covers(uploader, request.by) for uploader in self.settings.pipeline.uploaders):
            says = f"{request.by} may upload releases, and who uploads never approves. Ask another approver."
            return Answer(Answered.NOT_ALLOWED, says)
        if plan.decision is not None and plan.state in _STATES.values():
            if plan.state is _STATES[request.decision]:
                return None
            says = f"The plan was {plan.state.value} by {plan.decision.by} at {to_text(plan.decision.time)}."
            return Answer(Answered.DECIDED_OTHERWISE, says)
        if plan.state is not PlanState.WAITING:
            return Answer(Answered.OUTDATED, f"The plan is {plan.state.value}. {self._current(plan)}")
        if plan.expires is not None and plan.expires <= now:
            return Answer(Answered.OUTDATED, f"The plan expired at {to_text(plan.expires)}. {self._current(plan)}")
        if not self.executions.is_running(plan.promotion.execution):
            return Answer(Answered.OUTDATED, f"The promotion of this plan has ended. {self._current(plan)}")
        return None

    def _current(self, plan: PlanRecord) -> str:
        """Which plan counts instead of an outdated one, in words."""
        record = self.ledger.promotion(plan.promotion)
        holder = self.ledger.lease(plan.promotion.service, plan.promotion.environment).holder
        if record is not None and record.outcome is None and record.plan != plan.digest:
            return f"The plan of this promotion now is {record.plan}."
        if holder is not None and holder.promotion != plan.promotion.id:
            return f"The promotion {holder.promotion} holds the environment now; `towpath status` shows its plan."
        return "No plan waits in its place."

    def _carry_out(self, plan: PlanRecord, word: Word, decision: Decision) -> bool:
        """Let the workflow go on and announce the decision; False when nothing waited for it at this moment."""
        # After the ledger: whoever asks again finds the decision there, and this runs again, to the same effect.
        heard = self.executions.answer(plan.token, _output(plan, decision))
        specifics = {"plan": plan.digest, "by": decision.by, "comment": decision.comment}
        kind, says = _KINDS[word], _says(plan, decision)
        event = of_promotion(kind, plan.promotion, says, decision.time, specifics, discriminator=plan.digest)
        self.announcer.announce(event)
        return heard


# It timed out a moment ago, or its step is between two tries and will find the decision in the ledger.
_UNHEARD = " The promotion did not wait for it at this moment; `towpath status` shows whether it goes on."


def _says(plan: PlanRecord, decision: Decision) -> str:
    where = f"{plan.promotion.service} {plan.promotion.version} in {plan.promotion.environment}"
    comment = f": {decision.comment}" if decision.comment else "."
    return f"{decision.by} {plan.state.value} the plan of {where}{comment}"


def _output(plan: PlanRecord, decision: Decision) -> dict[str, str]:
    """What the waiting state of the workflow goes on with."""
    return {
        "decision": plan.state.value,
        "says": _says(plan, decision),
        "by": decision.by,
        "comment": decision.comment,
        "plan": plan.digest,
    }
