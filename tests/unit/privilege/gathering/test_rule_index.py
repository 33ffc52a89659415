"""The index of network rules answers like looking at all of them, with work that grows like the number of rules."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.privilege import Answer, compare_templates
from towpath.privilege.gathering.network_rule import NetworkRule
from towpath.privilege.gathering.rule_index import RuleIndex

ranges = st.tuples(st.integers(0, 7), st.integers(0, 7)).map(lambda ends: (min(ends), max(ends)))
rules = st.builds(NetworkRule, ranges, ranges, st.sampled_from(["Ingress IPv4", "Ingress sg"]), ranges)


@given(st.lists(rules, max_size=12), rules)
def test_what_overlaps_and_what_is_covered(known: list[NetworkRule], asked: NetworkRule) -> None:
    index = RuleIndex(enumerate_rules(known))
    assert sorted(place for _, place in index.overlapping(asked)) == [
        place for rule, place in enumerate_rules(known) if rule.overlaps(asked)
    ]
    assert index.covers(asked) == asked.covered_by(known)


def enumerate_rules(known: list[NetworkRule]) -> list[tuple[NetworkRule, int]]:
    return [(rule, place) for place, rule in enumerate(known)]


@given(st.lists(rules, min_size=1, max_size=12))
def test_many_that_are_alike_in_one_way_are_found_by_the_other(known: list[NetworkRule]) -> None:
    many = [*known, *[NetworkRule((6, 6), (port, port), "Ingress IPv4", (0, 7)) for port in range(200)]]
    for rule in known:
        found = RuleIndex(enumerate_rules(many)).overlapping(rule)
        assert sorted(place for _, place in found) == [
            place for place, other in enumerate(many) if other.overlaps(rule)
        ]


def group(*ingress: dict[str, Any]) -> dict[str, Any]:
    properties = {"GroupDescription": "d", "SecurityGroupIngress": list(ingress)}
    return {"Resources": {"Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}}}


def rule(port: int, last: int | None = None, block: str = "0.0.0.0/0") -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port if last is None else last, "CidrIp": block}


def hosts(count: int, port: int = 443) -> list[dict[str, Any]]:
    return [rule(port, block=f"10.{place // 250}.{place % 250}.1/32") for place in range(count)]


def ports(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [rule(first + place) for place in range(count)]


def pairs(count: int) -> list[dict[str, Any]]:
    return [rule(2 * place, 2 * place + 1) for place in range(count)]


Rules = Callable[[int], list[dict[str, Any]]]
CASES: dict[str, tuple[Rules, Rules, Answer]] = {
    "the same": (hosts, hosts, Answer.NO_EXPANSION),
    "another port for each host": (hosts, lambda count: hosts(count, 444), Answer.EXPANSION),
    "everywhere instead of many hosts": (hosts, lambda _: [rule(443)], Answer.EXPANSION),
    "each port shifted by one": (ports, lambda count: ports(count, 1), Answer.EXPANSION),
    "one range instead of many": (pairs, lambda count: [rule(0, 2 * count - 1)], Answer.NO_EXPANSION),
}


@pytest.mark.parametrize(("old", "new", "verdict"), CASES.values(), ids=CASES.keys())
def test_the_work_grows_like_the_number_of_rules(
    old: Any, new: Any, verdict: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = [0]
    stock = NetworkRule.overlaps

    def overlaps(self: NetworkRule, other: NetworkRule) -> bool:
        counted[0] += 1
        return stock(self, other)

    monkeypatch.setattr(NetworkRule, "overlaps", overlaps)
    work: list[int] = []
    for count in (100, 400):
        counted[0] = 0
        assert compare_templates(group(*old(count)), group(*new(count))).verdict is verdict
        work.append(counted[0])
    assert work[1] <= 6 * work[0] + 100
