"""Documents that nobody means well: decided, not decided within the budget, or refused with a clear error; no crash.

Sizes are such that work that grows like their square would be felt: each test says how long it may take.
"""

import json
import time
from typing import Any

import pytest

from towpath.privilege import Answer, PolicyError, compare_documents

SECONDS = 20
"""Far more than any of these takes, for machines that are busy with something else."""


def allow(resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": resource, **more}


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return policy(allow(Condition={operator: {key: value}}))


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


EVERYTHING = policy(allow())
REFUSED: dict[str, Any] = {
    "a deep list for an action": policy({"Effect": "Allow", "Action": nested(5_000), "Resource": "*"}),
    "a deep list for a value": when("StringLike", "aws:username", nested(5_000)),
    "a deep list for an effect": policy(allow() | {"Effect": nested(5_000)}),
    "a deep list for a Sid": policy(allow(Sid=nested(5_000))),
    "a deep list for a version": {**EVERYTHING, "Version": nested(5_000)},
    "a deep list for a statement": policy(nested(5_000)),
    "a list within itself": policy(allow(endless())),
    "a text longer than any policy": policy(allow("a" * 1_000_000)),
    "a document that is deep": '{"Statement":' + "[" * 100_000 + "]" * 100_000 + "}",
    "one that is deep in YAML": "Statement: " + "[" * 1_000 + "]" * 1_000,
    "aliases that multiply": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "Statement: *i\n",
    "an alias of itself": "Statement: &a [*a]\n",
    "a key twice": '{"Statement": [], "Statement": []}',
    "an integer too long to read": '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": '
    + "9" * 10_000
    + "}}",
    "no text at all": b"\xff\xfe\xfa",
    "a NUL": "\x00",
}


@pytest.mark.parametrize("document", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_policy_is_refused_with_a_sentence(document: Any) -> None:
    started = time.monotonic()
    for old, new in ((document, EVERYTHING), (EVERYTHING, document)):
        with pytest.raises(PolicyError) as caught:
            compare_documents(old, new)
        assert len(str(caught.value)) < 1_000
    assert time.monotonic() - started < SECONDS


ODD_NUMBERS = [
    "9" * 5_000,
    "0." + "0" * 5_000 + "1",
    "1e999999999",
    "-0",
    "NaN",
    "Infinity",
    "1_000",
    "0x10",
    "",
    "\u0661",
]
ODD_DATES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0000-01-01", "10000-01-01", "2020-02-30", "9" * 40, "T"]
ODD_BLOCKS = ["10.0.0.0/33", "::/129", "300.1.1.1", "fe80::1%eth0", "", "/", "*", "10.0.0.0/-1", "010.0.0.1", "1"]
ODD_BYTES = ["", "=", "Zm9", "!!", "é", "QQ==\n"]
VALUES = [
    *(("NumericLessThan", "s3:max-keys", text) for text in ODD_NUMBERS),
    *(("NumericEquals", "s3:max-keys", number) for number in (10**5_000, 1e308, float("inf"), float("nan"), -0.0)),
    *(("DateLessThan", "aws:CurrentTime", text) for text in ODD_DATES),
    *(("NumericNotEquals", "aws:EpochTime", text) for text in ODD_DATES),
    *(("IpAddress", "aws:SourceIp", text) for text in ODD_BLOCKS),
    *(("NotIpAddress", "aws:SourceIp", text) for text in ODD_BLOCKS),
    *(("BinaryEquals", "k", text) for text in ODD_BYTES),
    ("StringEqualsIgnoreCase", "aws:username", "\ud800\u0130\u0131\u017f\u00df"),
    ("StringLike", "aws:username", "\x00\udfff\U0010ffff*"),
]


@pytest.mark.parametrize(("operator", "key", "value"), VALUES, ids=range(len(VALUES)))
def test_odd_values_are_compared(operator: str, key: str, value: Any) -> None:
    document = when(operator, key, value)
    assert compare_documents(document, document).verdict is Answer.NO_EXPANSION
    assert compare_documents(EVERYTHING, document).verdict is Answer.NO_EXPANSION
    json.dumps(compare_documents(document, EVERYTHING).to_json())


def blocks(count: int, size: int) -> dict[str, Any]:
    return when("IpAddress", "aws:SourceIp", [f"10.{i // 256}.{i % 256}.0/{size}" for i in range(count)])


def roles(count: int) -> dict[str, Any]:
    names = [f"arn:aws:iam::{100_000_000_000 + i}:role/r" for i in range(count)]
    return policy({"Effect": "Allow", "Principal": {"AWS": names}, "Action": "sts:AssumeRole"})


def keys(count: int) -> dict[str, Any]:
    """An Allow less a Deny for each of many keys."""
    denies = (
        allow(Condition={"StringNotEquals": {f"aws:RequestTag/k{i}": "v"}}) | {"Effect": "Deny"} for i in range(count)
    )
    return policy(allow(), *denies)


LARGE: dict[str, tuple[Any, Any, str]] = {
    "blocks of addresses": (blocks(2_001, 24), blocks(2_000, 25), "identity"),
    "roles": (roles(2_001), roles(2_000), "trust"),
    "statements": (
        policy(*(allow(f"arn:aws:s3:::b{i}/*") for i in range(3_000))),
        policy(*(allow(f"arn:aws:s3:::b{i}/*") for i in reversed(range(2_999)))),
        "identity",
    ),
    "Denies on keys of their own": (keys(500), keys(501), "identity"),
}


@pytest.mark.parametrize(("wide", "narrow", "kind"), LARGE.values(), ids=LARGE.keys())
def test_large_documents_are_decided(wide: Any, narrow: Any, kind: str) -> None:
    started = time.monotonic()
    assert compare_documents(wide, narrow, kind).verdict is Answer.NO_EXPANSION
    assert compare_documents(narrow, wide, kind).verdict is Answer.EXPANSION
    assert time.monotonic() - started < SECONDS


LETTERS = "abcdefghijklmnopqrstuvwxyz"
GLOBS = {
    "a chain": ("*" + "*".join(LETTERS) + "*", "*" + "*".join(reversed(LETTERS)) + "*"),
    "many stars": ("*" * 20_000, "*" * 20_000 + "a"),
    "a letter long ago": ("*a" + "?" * 30, "*b" + "?" * 30),
    "variables": ("".join(f"${{aws:PrincipalTag/t{i}}}" for i in range(200)), "${aws:PrincipalTag/t1}"),
    "one variable often": ("${aws:username}*" * 100, "a" * 100),
    "variables that do not end": ("${" * 2_000, "${a" * 2_000),
}


@pytest.mark.parametrize(("one", "other"), GLOBS.values(), ids=GLOBS.keys())
def test_wildcards_are_decided_or_not_but_in_time(one: str, other: str) -> None:
    started = time.monotonic()
    for old, new in ((one, other), (other, one)):
        json.dumps(compare_documents(policy(allow(old)), policy(allow(new))).to_json())
    assert compare_documents(policy(allow(one)), policy(allow(one))).verdict is Answer.NO_EXPANSION
    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("element", ["NotResource", "NotAction"])
def test_each_of_many_removed_denies_is_told_also_when_all_actions_cannot_be_counted_for_each(element: str) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    named = {"NotAction": "s{}:*", "NotResource": "arn:aws:s3:::b{}*"}[element]
    other = {"NotAction": {"Resource": "*"}, "NotResource": {"Action": "*"}}[element]
    denies = [{"Effect": "Deny", element: named.format(number), **other} for number in range(300)]
    started = time.monotonic()
    found = compare_documents(policy(everything, *denies), policy(everything))
    assert len(found.findings) == 300
    assert not found.unknown
    assert all(finding.reach.total for finding in found.findings)
    assert time.monotonic() - started < SECONDS
