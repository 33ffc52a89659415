"""Random policies over a small universe, and every request of it: what a slow, obviously right check needs."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from hypothesis import strategies as st

from towpath.privilege.principals import Principal
from towpath.privilege.request import ContextValue, Request

ACTIONS = ("s3:getobject", "s3:putobject", "iam:passrole", "iam:x")
RESOURCES = ("a", "b", "ab", "ba", "aab", "abb", "a:b", "bob", "a:bob", "*")
PRINCIPALS = (
    Principal("AWS", "arn:aws:iam::111111111111:root"),
    Principal("AWS", "arn:aws:iam::111111111111:user/u"),
    Principal("AWS", "arn:aws:iam::222222222222:role/r", "s"),
    Principal("AWS", "arn:aws:iam::222222222222:role/r"),
    Principal("Service", "lambda.amazonaws.com"),
    Principal("*", "*"),
)
NUMBERS = ("1", "2", "2.5", "3")
DATES = ("2019-12-31T23:59:59Z", "2020-01-01T00:00:00Z", "2021-06-01T12:00:00Z")
ADDRESSES = ("10.0.0.1", "10.200.0.1", "11.0.0.1", "::1", "2001:db8::1")

_glob = st.text("ab*?:", min_size=1, max_size=4)
_VARIABLE = ("${aws:username}", "a:${aws:username}", "a:${aws:username, 'b'}", "${aws:username}*", "*${aws:username}")
_resource = st.one_of(_glob, _glob, st.sampled_from(["*", *_VARIABLE, "b${aws:username}", "a*${aws:username}*"]))
_action = st.sampled_from(
    ["*", "s3:*", "s3:GetObject", "S3:Put*", "iam:*", "iam:PassRole", "*:*t", "s3:?etobject", "iam:?"]
)


def _listed(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(items, st.lists(items, min_size=1, max_size=3))


_STRING = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")
_NUMERIC = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
_QUALIFIERS = ("", "", "", "ForAllValues:", "ForAnyValue:")


@st.composite
def _condition(draw: st.DrawFn) -> tuple[str, str, Any]:
    family = draw(st.sampled_from(["text", "username", "number", "date", "address", "bool", "null", "set"]))
    suffix = draw(st.sampled_from(["", "", "IfExists"]))
    if family == "text":
        return draw(st.sampled_from(_STRING)) + suffix, "aws:PrincipalTag/t", draw(_listed(_resource))
    if family == "username":
        value = st.sampled_from(["bob", "b", "*", "b*"])
        return draw(st.sampled_from(_STRING)) + suffix, "aws:username", draw(_listed(value))
    if family == "number":
        value = st.sampled_from(["1", "2", "3"])
        return f"Numeric{draw(st.sampled_from(_NUMERIC))}{suffix}", "s3:max-keys", draw(_listed(value))
    if family == "date":
        value = st.sampled_from(["2020-01-01T00:00:00Z", "2021-01-01", "1577836800"])
        return f"Date{draw(st.sampled_from(_NUMERIC))}{suffix}", "aws:CurrentTime", draw(_listed(value))
    if family == "address":
        value = st.sampled_from(["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "0.0.0.0/0", "::/0", "10.0.0.1"])
        return draw(st.sampled_from(["IpAddress", "NotIpAddress"])) + suffix, "aws:SourceIp", draw(_listed(value))
    if family == "bool":
        return "Bool" + suffix, "aws:SecureTransport", draw(_listed(st.sampled_from(["true", "false", "TRUE"])))
    if family == "null":
        key = draw(st.sampled_from(["aws:username", "aws:TagKeys", "s3:max-keys", "aws:SecureTransport"]))
        return "Null", key, draw(st.sampled_from(["true", "false"]))
    operator = draw(st.sampled_from(_QUALIFIERS)) + draw(st.sampled_from(_STRING)) + suffix
    return operator, "aws:TagKeys", draw(_listed(st.sampled_from(["a", "b", "a*", "*", "ab"])))


@st.composite
def statements(draw: st.DrawFn, *, principals: bool = False, conditions: int = 2) -> dict[str, Any]:
    """One statement."""
    statement: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(_listed(_action))
    statement[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(_listed(_resource))
    if principals:
        statement[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(_principal)
    found = draw(st.lists(_condition(), max_size=conditions))
    if found:
        block: dict[str, dict[str, Any]] = {}
        for operator, key, value in found:
            block.setdefault(operator, {})[key] = value
        statement["Condition"] = block
    return statement


_principal = st.one_of(
    st.just("*"),
    st.fixed_dictionaries(
        {
            "AWS": _listed(
                st.sampled_from(
                    [
                        "*",
                        "111111111111",
                        "arn:aws:iam::111111111111:root",
                        "arn:aws:iam::111111111111:user/u",
                        "arn:aws:iam::222222222222:role/r",
                        "arn:aws:sts::222222222222:assumed-role/r/s",
                    ]
                )
            )
        }
    ),
    st.just({"Service": "lambda.amazonaws.com"}),
)


@st.composite
def documents(draw: st.DrawFn, *, principals: bool = False, most: int = 3, conditions: int = 2) -> dict[str, Any]:
    """A policy document."""
    found = draw(st.lists(statements(principals=principals, conditions=conditions), min_size=1, max_size=most))
    return {"Version": draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])), "Statement": found}


def values_of(key: str) -> tuple[ContextValue | None, ...]:
    """The values that a key can have in the universe; None is absent."""
    known: dict[str, tuple[ContextValue | None, ...]] = {
        "aws:principaltag/t": (None, "a", "B", "ab", "bob", "a:b"),
        "aws:username": (None, "bob", "b", "ab"),
        "s3:max-keys": (None, *NUMBERS),
        "aws:currenttime": (None, *DATES),
        "aws:sourceip": (None, *ADDRESSES),
        "aws:securetransport": (None, "true", "false"),
        "aws:tagkeys": (None, ("a",), ("b",), ("c",), ("a", "b"), ("ab", "c"), ("a", "c")),
    }
    return known[key]


def keys_of(*policies: dict[str, Any]) -> list[str]:
    """The context keys on which the policies depend, in lower case."""
    found: set[str] = set()
    for policy in policies:
        for statement in policy["Statement"]:
            if "aws:username" in str(statement):
                found.add("aws:username")
            for block in statement.get("Condition", {}).values():
                found.update(key.lower() for key in block)
    return sorted(found)


def requests(keys: list[str], *, principals: bool = False) -> Iterator[Request]:
    """Every request of the universe, as far as the keys go."""
    who = PRINCIPALS if principals else (None,)
    for action, resource, principal in product(ACTIONS, RESOURCES, who):
        for values in product(*(values_of(key) for key in keys)):
            context = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
            yield Request(action, resource, principal, context)
