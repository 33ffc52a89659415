"""Whom does a resource or trust policy newly let in: the public, another account, any service, any federated identity?

"Public" follows S3's definition: nothing but fixed values of certain keys keeps strangers out
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).
A confused deputy is a service that may come on anybody's behalf
(https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html). A service that acts with a role is none by that
alone, for somebody of the role's own account has passed the role to it
(https://repost.aws/knowledge-center/iam-passrole-error); it is one when the trust policy no longer asks for a source.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from towpath.privilege.boxes import KEY, PRINCIPAL
from towpath.privilege.comparison import FindingClass
from towpath.privilege.conditions.cell import ABSENT, KeyTest, RangeTest, TextTest
from towpath.privilege.conditions.values import addresses
from towpath.privilege.engine import Engine
from towpath.privilege.expansion import Expansion, Part
from towpath.privilege.language.pattern import Letter, One, Run, Token, exactly, pattern_of
from towpath.privilege.language.ranges import Ranges
from towpath.privilege.language.words import Words
from towpath.privilege.region import Tests
from towpath.privilege.statement import Kind, Statement, TextValue

_OWN_ACCOUNT: Final = "${AWS.AccountId}"
"""The account at home, where a template does not know its number."""
_STRANGER: Final = "999999999999"
_STRANGERS: Final = Words([exactly(f"aws:{_STRANGER}:user/stranger@/#"), exactly("anonymous")])
_ACCOUNTS: Final = Words([pattern_of([*"aws:", One(":"), Run(":"), ":", One(), Run()])])
_SERVICES: Final = Words([pattern_of([*"service:", One(), Run()])])
_FEDERATIONS: Final = Words([pattern_of([*"federated:", Run(), *"oidc-provider/", Run()])])
_SOURCE_KEYS: Final = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
_RESTRICTING: Final = (
    *_SOURCE_KEYS,
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:userid",
    "aws:username",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "kms:calleraccount",
    "kms:viaservice",
    "sts:externalid",
)
_ACCOUNT: Final = re.compile(r"(?<!\d)\d{12}(?!\d)")
_OUTSIDE_ADDRESS: Final = addresses("203.0.113.77") or Ranges(())


def exposures(engine: Engine, expansion: Expansion, account: str | None) -> Iterator[FindingClass]:
    """The classes of a finding about a policy that names principals. Raises BudgetExceededError."""
    absent: Tests = tuple((KEY + key, ABSENT) for key in (*_RESTRICTING, *_principal_tags(engine.statements)))
    plainly = replace(expansion, parts=[part for part in expansion.parts if _lets_strangers_in(part)])
    if engine.opens(plainly, lambda _: (_who(_STRANGERS), *absent, *_from_outside(engine.statements))):
        yield FindingClass.PUBLIC
    else:
        homes: list[list[Token]] = [[*known] for known in sorted(_home_accounts(engine, account))]
        at_home = Words(pattern_of([*"aws:", *home, ":", Run()]) for home in [*homes, [Letter(_OWN_ACCOUNT)]])
        others: Tests = (_who(_ACCOUNTS), (PRINCIPAL, TextTest(at_home, positive=False)))
        if engine.opens(expansion, lambda _: others):
            yield FindingClass.CROSS_ACCOUNT
    if set(_named(expansion, "Service")) & _deputies(engine, expansion):
        sources: Tests = tuple((KEY + key, ABSENT) for key in _SOURCE_KEYS)
        if engine.opens(expansion, lambda _: (_who(_SERVICES), *sources)):
            yield FindingClass.CONFUSED_DEPUTY
    if any(_named(expansion, "Federated")):
        subjects: Tests = tuple((KEY + key, ABSENT) for key in _subject_keys(engine.statements))
        if engine.opens(expansion, lambda _: (_who(_FEDERATIONS), *subjects)):
            yield FindingClass.OPEN_FEDERATION


def _who(words: Words) -> tuple[str, TextTest]:
    return PRINCIPAL, TextTest(words)


def _from_outside(statements: Iterable[Statement]) -> Tests:
    """A request from an address that nobody has reason to name."""
    if "aws:sourceip" not in _keys(statements):
        return ()
    return ((f"{KEY}aws:sourceip", KeyTest(absent=True, every=True, value=RangeTest("address", _OUTSIDE_ADDRESS))),)


def _keys(statements: Iterable[Statement]) -> set[str]:
    return {condition.key for statement in statements for condition in statement.conditions}


def _principal_tags(statements: Iterable[Statement]) -> list[str]:
    return sorted(key for key in _keys(statements) if key.startswith("aws:principaltag/"))


def _subject_keys(statements: Iterable[Statement]) -> list[str]:
    return sorted(key for key in _keys(statements) if key.endswith(":sub"))


def _lets_strangers_in(part: Part) -> bool:
    """Whether the policy names them or everybody, instead of an account that is not known here and might be theirs."""
    tests = [test for box in part.question.inside for name, test in box.tests if name == PRINCIPAL]
    texts = [test for test in tests if isinstance(test, TextTest)]
    return any(
        all(test.words.accepts(pattern.word) is test.positive for test in texts) for pattern in _STRANGERS.patterns
    )


def _named(expansion: Expansion, type_name: str) -> Iterator[TextValue]:
    """The principals of a type that the statements with the newly allowed requests name."""
    statements = (box.statement for part in expansion.parts for box in part.question.inside)
    return _listed(statements, type_name)


def _listed(statements: Iterable[Statement], type_name: str) -> Iterator[TextValue]:
    for statement in statements:
        if statement.principals is not None and not statement.principals.negated:
            yield from (value for name, value in statement.principals.entries if name == type_name)


def _deputies(engine: Engine, expansion: Expansion) -> set[TextValue]:
    """The services that may be confused: any at a resource, at a role those of which it asked for a source before."""
    if engine.kind is not Kind.TRUST:
        return set(_named(expansion, "Service"))
    asked = (
        statement
        for statement in engine.old.statements
        if statement.allows and any(condition.key in _SOURCE_KEYS for condition in statement.conditions)
    )
    return {*_listed(asked, "Service"), "*"}


def _home_accounts(engine: Engine, account: str | None) -> set[str]:
    """The account at home: given, or else every account that Old already named, or that a resource's ARN names."""
    if account is not None:
        return {account}
    found: set[str] = set()
    for statement in engine.statements:
        if statement.resources is not None:
            found.update(match for text in statement.resources.texts for match in _ACCOUNT.findall(str(text)))
    for statement in engine.old.statements:
        if statement.principals is not None and not statement.principals.negated:
            found.update(match for _, text in statement.principals.entries for match in _ACCOUNT.findall(str(text)))
    return found
