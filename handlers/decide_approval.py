"""Takes a person's decision on a plan, behind a function URL that only signed requests reach (AuthType AWS_IAM).

Body: `{"plan": <digest>, "decision": "approved" | "rejected", "comment": …}`. Who decides is what AWS verified,
`requestContext.authorizer.iam.userArn`, never something in the body. Answers 200 when it counted (also a second time),
400 for a body that is none, 403 for somebody who may not, 404 for an unknown plan, 409 for one that no longer waits.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from towpath.aws.runtime import runtime
from towpath.aws.step import logger
from towpath.promotion.approval import Answered, Approvals, Request

_STATUS = {
    Answered.COUNTED: 200,
    Answered.REPEATED: 200,
    Answered.NOT_ALLOWED: 403,
    Answered.UNKNOWN_PLAN: 404,
    Answered.OUTDATED: 409,
    Answered.DECIDED_OTHERWISE: 409,
}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    request = _request(event)
    if isinstance(request, str):
        return _response(400, "malformed", request)
    ports = runtime()
    approvals = Approvals(ports.ledger, ports.executions, ports.announcer, ports.settings)
    answer = approvals.decide(request, ports.clock.now())
    logger.info("a decision", plan=request.plan, by=request.by, decision=request.decision, outcome=answer.outcome.value)
    return _response(_STATUS[answer.outcome], answer.outcome.value, answer.says)


def _request(event: dict[str, Any]) -> Request | str:
    """The request, or what is wrong with it."""
    by = event.get("requestContext", {}).get("authorizer", {}).get("iam", {}).get("userArn")
    if not by:
        return "The request is not signed by an AWS identity."
    try:
        text = event.get("body") or ""
        body = json.loads(base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text)
        plan, decision, comment = body["plan"], body["decision"], body.get("comment") or ""
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        return 'The body must be JSON: {"plan": digest, "decision": "approved" or "rejected", "comment": text}.'
    if not (isinstance(plan, str) and isinstance(comment, str)):
        return "plan and comment must be texts."
    if decision not in ("approved", "rejected"):
        return "decision must be approved or rejected."
    return Request(plan, decision, str(by), comment)


def _response(status: int, outcome: str, says: str) -> dict[str, Any]:
    body = json.dumps({"outcome": outcome, "says": says}, ensure_ascii=False)
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}
