"""What the keys `aws:PrincipalArn` and `aws:PrincipalAccount` have to do with who makes a request: they say who it is.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn (for
a role's session it is the role's ARN). The search decides each key on its own; here is what ties them to the principal.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from towpath.privilege.conditions.operators import Family, Qualifier, Relation, operator_named
from towpath.privilege.principals import Principal
from towpath.privilege.request import ContextValue, Request
from towpath.privilege.statement import Condition, Principals, Statement

ARN_KEY: Final = "aws:principalarn"
ACCOUNT_KEY: Final = "aws:principalaccount"
_ONE: Final = re.compile(r"arn:[^:*?$]+:iam::\d{12}:(?:user|role)/[^*?$]+")
_ARN: Final = re.compile(r"arn:[^:]+:(?:iam|sts)::([^:]+):.+", re.DOTALL)
_EXAMPLES: Final = 8


def named_by_key(statement: Statement) -> Iterator[Principals]:
    """For each condition that lets only certain users and roles pass, given by their full ARNs: these. What a canonical
    user, a service or a federated identity says of itself in this key is left open."""
    entries = () if statement.principals is None else statement.principals.entries
    if any(type_name not in {"AWS", "*"} for type_name, _ in entries):
        return
    for condition in statement.conditions:
        values = [value for value in condition.values if isinstance(value, str) and _ONE.fullmatch(value)]
        if condition.key == ARN_KEY and len(values) == len(condition.values) and _is_equality(condition):
            yield Principals(tuple(("AWS", value) for value in values))


def _is_equality(condition: Condition) -> bool:
    operator = operator_named(condition.operator)
    if operator is None or operator.negated or operator.if_exists or operator.fold:
        return False
    is_text = operator.family in {Family.STRING, Family.ARN}
    return is_text and operator.relation in {Relation.EQUALS, Relation.LIKE} and operator.qualifier is Qualifier.NONE


def in_agreement(request: Request, arns: list[str]) -> Iterator[Request]:
    """The request, if its principal is who its keys say; else first the same made by whom the keys, or `arns`, name."""
    if request.principal is None or is_possible(request):
        yield request
        return
    context = {key.lower(): (key, value) for key, value in request.context.items()}
    written, value = context.get(ARN_KEY, ("", ""))
    asked: list[str] = [value, *arns[:_EXAMPLES]] if isinstance(value, str) else arns[:_EXAMPLES]
    for arn in dict.fromkeys(asked):
        found = _ARN.fullmatch(arn)
        if found is not None and written:
            who = Principal("AWS", arn, "session" if ":role/" in arn else "", found.group(1))
            account = {context[ACCOUNT_KEY][0]: found.group(1)} if ACCOUNT_KEY in context else {}
            told: Mapping[str, ContextValue] = {**request.context, written: arn, **account}
            yield Request(request.action, request.resource, who, told)
    _, account = context.get(ACCOUNT_KEY, ("", ""))
    if not written and isinstance(account, str) and account:
        who = Principal("AWS", f"arn:aws:iam::{account}:role/example", "session", account)
        yield Request(request.action, request.resource, who, request.context)
    yield request


def is_possible(request: Request) -> bool:
    """False if the keys of the request say for certain that somebody else makes it."""
    who = request.principal
    keys = {key.lower(): value for key, value in request.context.items() if isinstance(value, str)}
    if who is None or who.type_name not in {"AWS", "*"}:
        return True
    if who.type_name == "*":
        return not {ARN_KEY, ACCOUNT_KEY} & keys.keys()
    arn, account = keys.get(ARN_KEY, who.value), keys.get(ACCOUNT_KEY, who.account)
    return _may_be(arn, who.value) and _may_be(account, who.account or account)


def _may_be(one: str, other: str) -> bool:
    return one == other or "${" in one or "${" in other
