"""Whoever a stack operation works for, and what IAM says to what it is about to do.

Decides by the emulator's own evaluator (identity policies, boundaries, session policies, the resource's own policy), in
a context of its own: the request that began the operation is long over.
"""

from __future__ import annotations

import contextvars
import itertools
import uuid
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from local_cloud.service_role import ministack, open_session, trusts
from local_cloud.stack_role.foreign import Need

PRINCIPAL = "cloudformation.amazonaws.com"
SESSION = "AWSCloudFormation"


@dataclass(frozen=True, slots=True)
class Actor:
    """An access key of the service role's session, or of the caller of an operation without a role."""

    access_key: str
    account: str
    region: str

    def refusal(self, need: Need) -> str | None:
        """Why the need is denied, in AWS's words; None when it is allowed."""
        candidates = [need.arn] if need.arn else [*self._allowed_somewhere(need.action), "*"]
        denied = [contextvars.Context().run(self._judge, need, arn) for arn in candidates]
        return None if None in denied else denied[-1]

    def _judge(self, need: Need, arn: str) -> str | None:
        responses, evaluator = ministack("core.responses"), ministack("core.iam_evaluator")
        responses.set_request_account_id(self.account)
        responses.set_request_region(self.region)
        service = need.action.split(":")[0]
        found = evaluator.enforce(
            self.access_key, need.action, service, self.region, resource_arn=arn, service_context=dict(need.keys)
        )
        if found is None:
            return None
        who = getattr(found, "principal_arn", "") or "the caller"
        explicit = getattr(found, "decision", "") == "Deny"
        return str(ministack("core.iam_actions").identity_denial_message(need.action, who, arn, explicit))

    def _allowed_somewhere(self, action: str) -> Iterator[str]:
        """A resource for each of the actor's statements that could allow the action on something."""
        evaluator = ministack("core.iam_evaluator")
        principal = contextvars.Context().run(self._principal)
        policies: list[list[Any]] = getattr(principal, "policies", None) or []
        for statement in itertools.chain.from_iterable(policies):
            if statement.effect == "Allow" and evaluator._action_matches(
                action, statement.actions, statement.not_actions
            ):
                yield from (pattern.replace("*", "x").replace("?", "x") for pattern in statement.resources)

    def _principal(self) -> Any:
        ministack("core.responses").set_request_account_id(self.account)
        return ministack("core.iam_evaluator").resolve_principal(self.access_key, self.account)


acting: ContextVar[Actor | None] = ContextVar("who a stack operation works for", default=None)


def as_role(role_arn: str, region: str) -> Actor:
    """A session of the stack's service role."""
    credentials = open_session(role_arn, SESSION)
    return Actor(credentials["aws_access_key_id"], role_arn.split(":")[4], region)


def as_caller(region: str) -> Actor | None:
    """The caller of the present request; None for the account's root, whom nothing is denied."""
    key: str = ministack("core.iam_evaluator")._verified_key.get()
    return Actor(key, ministack("core.responses").get_account_id(), region) if key else None


def may_be_assumed(role_arn: str) -> bool:
    return trusts(role_arn, PRINCIPAL)


def handler_error(message: str, service: str) -> str:
    """A resource's status reason for a call that was denied."""
    details = f"Service: {service}, Status Code: 403, Request ID: {uuid.uuid4()}"
    return (
        f'Resource handler returned message: "{message} ({details})" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: AccessDenied)"
    )


def check(actor: Actor, needs: Iterator[Need], names: Mapping[str, str]) -> None:
    """Raises `ValueError`, as a failed resource handler does, for the first need that is denied."""
    for need in needs:
        refusal = actor.refusal(need)
        if refusal is not None:
            prefix = need.action.split(":")[0]
            raise ValueError(handler_error(refusal, names.get(prefix, prefix)))
