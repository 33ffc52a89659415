"""Which network traffic security groups let through: inline rules, rules that stand alone, and the rule by default."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, Guards, entries, options
from towpath.privilege.gathering.network_rule import (
    ALL_PORTS,
    NetworkRule,
    is_everywhere,
    peer_of,
    ports_of,
    protocols_of,
)
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.privilege.request import Request
from towpath.template.position import Path

_GROUP: Final = "AWS::EC2::SecurityGroup"
_PEERS: Final = (
    "CidrIp", "CidrIpv6", "SourcePrefixListId", "DestinationPrefixListId", "SourceSecurityGroupId",
    "DestinationSecurityGroupId", "SourceSecurityGroupName",
)  # fmt: skip
_LISTS: Final = ("SourcePrefixListId", "DestinationPrefixListId")
_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")
_ALL: Final = {"IpProtocol": "-1"}


def gather(side: Side, grants: Grants) -> None:
    """Adds every rule as the traffic that it lets through."""
    limited: set[str] = set()
    lists = _prefix_lists(side)
    for direction in ("Ingress", "Egress"):
        for rule in side.of(f"{_GROUP}{direction}"):
            for group, when, _ in options(rule.properties.get("GroupId", rule.properties.get("GroupName"))):
                subject = named("security group", group)
                limited |= {subject} if direction == "Egress" else set()
                guards = (*side.guards(rule), *when)
                _add(grants, subject, direction, _spelled(rule.properties, lists), guards, (*rule.path, "Properties"))
    for group in side.of(_GROUP):
        subject, guards, at = subject_of(side, group), side.guards(group), (*group.path, "Properties")
        grants.subjects.add(subject)
        for direction in ("Ingress", "Egress"):
            name = f"SecurityGroup{direction}"
            for rule, when, path in entries(group.properties.get(name), guards, (*at, name)):
                _add(grants, subject, direction, _spelled(rule, lists), when, path)
        if not group.properties.get("SecurityGroupEgress") and subject not in limited:
            for field, block in zip(("CidrIp", "CidrIpv6"), _EVERYWHERE, strict=True):
                _add(grants, subject, "Egress", {**_ALL, field: block}, guards, at)


def _prefix_lists(side: Side) -> dict[str, Any]:
    """The blocks of the template's own prefix lists, by the references to them."""
    found: dict[str, Any] = {}
    for item in side.of("AWS::EC2::PrefixList"):
        if blocks := [given.get("Cidr") for given, _, _ in entries(item.properties.get("Entries"))]:
            label = side.label(item.logical_id)
            found |= {f"${{{label}}}": blocks, f"${{{label}.PrefixListId}}": blocks}
    return found


def _spelled(rule: Mapping[str, Any], lists: Mapping[str, Any]) -> Mapping[str, Any]:
    """The rule with the blocks of a prefix list in the list's place, where they are in sight."""
    named = {name: lists[str(rule[name])] for name in _LISTS if str(rule.get(name)) in lists}
    return {**rule, **named} if named else rule


def _add(grants: Grants, subject: str, direction: str, rule: Mapping[str, Any], guards: Guards, path: Path) -> None:
    for name in _PEERS:
        for peer, when, _ in options(rule.get(name)):
            for protocol, also, _ in options(rule.get("IpProtocol", "-1"), (*guards, *when)):
                for first, and_first, _ in options(_or_none(rule.get("FromPort")), also):
                    for last, and_last, _ in options(_or_none(rule.get("ToPort")), and_first):
                        grants.facts.extend(
                            _facts(subject, direction, (protocol, _none(first), _none(last)), peer, and_last, path)
                        )


_ABSENT: Final = "absent"


def _or_none(value: Any) -> Any:
    return _ABSENT if value is None else value


def _none(value: Any) -> Any:
    return None if value == _ABSENT else value


def _facts(
    subject: str, direction: str, traffic: tuple[Any, Any, Any], peer: Any, guards: Guards, path: Path
) -> Iterator[Fact]:
    protocol, first, last = traffic
    kind, addresses = peer_of(peer)
    protocols = protocols_of(protocol)
    ports = None if protocols is None else ports_of(protocols, first, last)
    shown = f"{protocol} {first}-{last}" if ports is None else _shown(protocol, ports)
    rule = (
        None if protocols is None or ports is None else NetworkRule(protocols, ports, f"{direction} {kind}", addresses)
    )
    way = "from" if direction == "Ingress" else "to"
    classes = (FindingClass.PUBLIC,) if is_everywhere(peer) and direction == "Ingress" else ()
    yield Fact(
        subject=subject,
        grant="network rule",
        what=f"{direction} {shown} {peer}",
        title=f"{subject} newly lets traffic {way} {peer} through: {shown}",
        request=Request(f"network:{direction.lower()}", subject, context={"peer": str(peer), "traffic": shown}),
        path=path,
        severity=Severity.HIGH if classes else Severity.LOW if direction == "Egress" else Severity.MEDIUM,
        classes=classes,
        guards=guards,
        rule=rule,
    )


def _shown(protocol: Any, ports: tuple[int, int]) -> str:
    if str(protocol) == "-1":
        return "all protocols"
    if ports == ALL_PORTS:
        return f"{protocol}, all ports"
    return f"{protocol} {ports[0]}" if ports[0] == ports[1] else f"{protocol} {ports[0]}-{ports[1]}"
