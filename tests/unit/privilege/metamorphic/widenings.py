"""Changes of a policy document that can only let more through, and requests with which to see that they do.

A widening changes the document in place and returns False when there is no place for it. Whether anything new really
gets through depends on the other statements (a wildcard may have allowed it already, a Deny may still forbid it): that
is seen by asking the point evaluator about likely requests, on both sides.
"""

import copy
import random
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any, Final, cast

from tests.unit.privilege.metamorphic.policies import Json
from towpath.privilege.principals import Principal
from towpath.privilege.request import ContextValue, Request

Widening = Callable[[Json, random.Random], bool]

_PRESENT: Final[dict[str, tuple[ContextValue | None, ...]]] = {
    "aws:principalorgid": ("o-abc123", "o-other"),
    "aws:requestedregion": ("eu-west-1", "ap-south-1"),
    "aws:principaltag/team": ("red1", "blue", "green"),
    "aws:principaltag/stage": ("PROD", "none"),
    "aws:sourcevpce": ("vpce-1a2b3c4d", "vpce-other"),
    "aws:userid": ("AROAEXAMPLE:me", "AIDA"),
    "aws:resourcetag/team": ("green", "blue"),
    "aws:username": ("ann",),
    "s3:prefix": ("", "home/ann/x", "other/"),
    "kms:viaservice": ("s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"),
    "iam:passedtoservice": ("lambda.amazonaws.com", "ec2.amazonaws.com"),
    "aws:sourcearn": ("arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:s3:::other"),
    "aws:principalarn": ("arn:aws:iam::111122223333:role/app-1", "arn:aws:iam::111122223333:role/admin"),
    "s3:max-keys": ("5", "50", "5000"),
    "aws:multifactorauthage": ("60", "7200"),
    "ec2:volumesize": ("8", "500"),
    "aws:currenttime": ("2026-02-02T00:00:00Z", "2028-02-02T00:00:00Z"),
    "aws:tokenissuetime": ("2026-02-02T00:00:00Z", "2028-02-02T00:00:00Z"),
    "aws:securetransport": ("true", "false"),
    "aws:multifactorauthpresent": ("true", "false"),
    "aws:sourceip": ("203.0.113.5", "10.9.9.9", "192.0.2.1", "8.8.8.8", "2001:db8::7"),
    "aws:requesttag/owner": ("ann",),
    "example:blob": ("QmluYXJ5", "QmluYXJz"),
    "aws:tagkeys": (("team",), ("cost-1", "team"), ("other",)),
    "dynamodb:leadingkeys": (("ann",), ("shared-1", "ann"), ("bob",)),
    "aws:calledvia": (("cloudformation.amazonaws.com",), ("athena.amazonaws.com",)),
}
_WHO: Final = (
    Principal("AWS", "arn:aws:iam::111122223333:role/app", "session"),
    Principal("AWS", "arn:aws:iam::444455556666:user/ann"),
    Principal("AWS", "arn:aws:iam::999900001111:user/new"),
    Principal("Service", "lambda.amazonaws.com"),
    Principal("Service", "sns.amazonaws.com"),
    Principal("Federated", "cognito-identity.amazonaws.com"),
)


def _statements(document: Json) -> list[Json]:
    return cast("list[Json]", document["Statement"])


def _one(document: Json, chance: random.Random, fits: Callable[[Json], bool]) -> Json | None:
    found = [item for item in _statements(document) if fits(item)]
    return chance.choice(found) if found else None


def _allows(item: Json) -> bool:
    return item["Effect"] == "Allow"


def add_an_action(document: Json, chance: random.Random) -> bool:
    """An action of a service that the statement does not speak of yet."""
    found = _one(document, chance, lambda item: _allows(item) and "Action" in item)
    if found is None:
        return False
    trust = any(text.startswith("sts:") for text in found["Action"])
    found["Action"].append("sts:GetFederationToken" if trust else "athena:StartQueryExecution")
    return True


def widen_an_action(document: Json, chance: random.Random) -> bool:
    """An action with its last letters as a wildcard."""
    found = _one(document, chance, lambda item: _allows(item) and "Action" in item)
    if found is None:
        return False
    index = chance.randrange(len(found["Action"]))
    service, _, name = found["Action"][index].partition(":")
    found["Action"][index] = f"{service}:{name[: len(name) // 2]}*"
    return True


def spare_less(document: Json, chance: random.Random) -> bool:
    """One text less in the NotAction or NotResource of an Allow, or one more in that of a Deny."""
    for name, other in (("NotAction", "athena:*"), ("NotResource", "arn:aws:s3:::elsewhere")):
        found = _one(document, chance, lambda item, name=name: len(item.get(name, [])) > _allows(item))
        if found is not None:
            found[name] = found[name][1:] if _allows(found) else [*found[name], other]
            return True
    return False


def add_a_resource(document: Json, chance: random.Random) -> bool:
    """A resource more in an Allow."""
    found = _one(document, chance, lambda item: _allows(item) and "Resource" in item)
    if found is None:
        return False
    found["Resource"].append("arn:aws:s3:::elsewhere")
    return True


def widen_a_resource(document: Json, chance: random.Random) -> bool:
    """A resource with its end as a wildcard."""
    found = _one(document, chance, lambda item: _allows(item) and "Resource" in item)
    if found is None:
        return False
    index = chance.randrange(len(found["Resource"]))
    text = found["Resource"][index]
    found["Resource"][index] = text[: text.rfind("$")] if "$" in text else text[:-2]
    found["Resource"][index] += "*"
    return True


def drop_a_condition(document: Json, chance: random.Random) -> bool:
    """A condition line less in an Allow."""
    found = _one(document, chance, lambda item: _allows(item) and bool(item.get("Condition")))
    if found is None:
        return False
    operator = chance.choice(list(found["Condition"]))
    found["Condition"][operator].pop(chance.choice(list(found["Condition"][operator])))
    return True


def let_an_absent_key_in(document: Json, chance: random.Random) -> bool:
    """`...IfExists` on a line of an Allow; `Bool` instead of `BoolIfExists` on one of a Deny."""
    found = _one(document, chance, lambda item: bool(item.get("Condition")))
    if found is None:
        return False
    block = found["Condition"]
    operator = chance.choice(list(block))
    if operator == "Null":
        return False
    if _allows(found):
        block[f"{operator.removesuffix('IfExists')}IfExists"] = block.pop(operator)
    else:
        block[operator.removesuffix("IfExists")] = block.pop(operator)
    return True


def move_a_value(document: Json, chance: random.Random) -> bool:
    """A value more on a line that one value may match, a value less on one that none may; the other way on a Deny."""
    found = _one(document, chance, lambda item: bool(item.get("Condition")))
    if found is None:
        return False
    operator = chance.choice(list(found["Condition"]))
    if operator == "Null":
        return False
    keys = found["Condition"][operator]
    key = chance.choice(list(keys))
    if ("Not" in operator) == _allows(found):
        if len(keys[key]) == 1:
            return False
        keys[key] = keys[key][1:]
    else:
        keys[key] = [*keys[key], _far(operator)]
    return True


def _far(operator: str) -> str:
    for name, value in (
        ("NumericLess", "100000"),
        ("NumericGreater", "1"),
        ("Numeric", "500"),
        ("DateLess", "2030-01-01T00:00:00Z"),
        ("Date", "2000-01-01T00:00:00Z"),
        ("IpAddress", "0.0.0.0/0"),
        ("Bool", "false"),
        ("Binary", "QmluYXJz"),
        ("Arn", "arn:aws:s3:::other"),
    ):
        if name in operator:
            return value
    return "other"


def widen_a_block(document: Json, chance: random.Random) -> bool:
    """A larger block of addresses in an Allow, a smaller one in a Deny (the other way where it is negated)."""
    found = _one(document, chance, lambda item: any("IpAddress" in operator for operator in item.get("Condition", {})))
    if found is None:
        return False
    operator = next(operator for operator in found["Condition"] if "IpAddress" in operator)
    keys = found["Condition"][operator]
    larger = _allows(found) == (not operator.startswith("Not"))
    blocks = [ip_network(text) for text in keys["aws:SourceIp"]]
    if not larger and any(block.prefixlen == block.max_prefixlen for block in blocks):
        return False
    keys["aws:SourceIp"] = [str(block.supernet(4) if larger else next(block.subnets(1))) for block in blocks]
    return True


def drop_a_deny(document: Json, chance: random.Random) -> bool:
    """A Deny less."""
    found = _one(document, chance, lambda item: not _allows(item))
    if found is None:
        return False
    document["Statement"] = [item for item in _statements(document) if item is not found]
    return True


def narrow_a_deny(document: Json, chance: random.Random) -> bool:
    """One more condition on a Deny, or one of its actions, resources or principals less."""
    found = _one(document, chance, lambda item: not _allows(item))
    if found is None:
        return False
    for name in chance.sample(("Action", "Resource"), 2):
        if len(found.get(name, [])) > 1:
            found[name].pop(chance.randrange(len(found[name])))
            return True
    found.setdefault("Condition", {}).setdefault("StringEquals", {})["aws:PrincipalTag/exempt"] = ["no"]
    return True


def add_a_principal(document: Json, chance: random.Random) -> bool:
    """A principal more in an Allow, or one spared by a Deny."""
    found = _one(document, chance, lambda item: isinstance(item.get("Principal"), dict) and _allows(item))
    if found is None:
        return False
    principal = cast("dict[str, list[str]]", found["Principal"])
    principal.setdefault("AWS", []).append("arn:aws:iam::999900001111:user/new")
    return True


def open_to_everybody(document: Json, chance: random.Random) -> bool:
    """Everybody instead of some."""
    found = _one(document, chance, lambda item: isinstance(item.get("Principal"), dict) and _allows(item))
    if found is None:
        return False
    found["Principal"] = "*"
    return True


def turn_into_an_allow(document: Json, chance: random.Random) -> bool:
    """A Deny as an Allow."""
    found = _one(document, chance, lambda item: not _allows(item) and "NotPrincipal" not in item)
    if found is None:
        return False
    found["Effect"] = "Allow"
    return True


def add_a_statement(document: Json, chance: random.Random) -> bool:
    """One Allow more, of an action and a resource of its own."""
    first = _statements(document)[0]
    trust = "Principal" in first and not {"Resource", "NotResource"} & first.keys()
    added: Json = {"Effect": "Allow", "Action": ["sts:GetFederationToken" if trust else "athena:StartQueryExecution"]}
    if "Principal" in first:
        added["Principal"] = {"AWS": ["arn:aws:iam::999900001111:user/new"]}
    if not trust:
        added["Resource"] = ["arn:aws:s3:::elsewhere"]
    _statements(document).insert(chance.randint(0, len(_statements(document))), added)
    return True


WIDENINGS: Final[tuple[Widening, ...]] = (
    add_an_action, widen_an_action, spare_less, add_a_resource, widen_a_resource, drop_a_condition,
    let_an_absent_key_in, move_a_value, widen_a_block, drop_a_deny, narrow_a_deny, add_a_principal, open_to_everybody,
    turn_into_an_allow, add_a_statement,
)  # fmt: skip


def widened(document: Json, chance: random.Random) -> tuple[Json, str]:
    """The document after one widening that fits it, and its name."""
    for widening in chance.sample(WIDENINGS, len(WIDENINGS)):
        new = copy.deepcopy(document)
        if widening(new, chance) and new != document:
            return new, widening.__name__
    raise ValueError("no widening fits")


def likely_requests(old: Json, new: Json, chance: random.Random, kind: str, count: int) -> list[Request]:
    """Requests near what two documents speak of: their actions, resources, principals and context keys, filled in."""
    statements = [*_statements(old), *_statements(new)]
    blocks = [cast("dict[str, Json]", item.get("Condition", {})) for item in statements]
    named = {key.lower() for block in blocks for lines in block.values() for key in lines}
    keys = sorted(named | ({"aws:username", "aws:principaltag/team"} if "${" in str(statements) else set()))
    actions = ["athena:StartQueryExecution", "sts:GetFederationToken"]
    resources = ["arn:aws:s3:::elsewhere", "arn:aws:s3:::home/ann/x", "arn:aws:s3:::team-red1/x"]
    for item in statements:
        actions += [text.replace("*", "Thing").replace("?", "G") for text in item.get("Action", []) if text != "*"]
        resources += [
            text.replace("*", chance.choice(("x", "zz"))).replace("?", "q") for text in item.get("Resource", [])
        ]
    found: list[Request] = []
    for _ in range(count):
        context: dict[str, Any] = {key: chance.choice((None, *_PRESENT.get(key, ("no", "yes")))) for key in keys}
        found.append(
            Request(
                chance.choice(actions),
                "*" if kind == "trust" else chance.choice(resources),
                chance.choice(_WHO) if kind in {"resource", "trust"} else None,
                {key: value for key, value in context.items() if value is not None},
            )
        )
    return found
