"""Which network traffic the access control lists of subnets let through.

The rule with the lowest number that fits decides, so what an entry allows is what no earlier one denies. A list that is
new lets through no more than the network's default one, which a subnet without a list of its own has. Lists whose
entries hang on what is not known are not understood.
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants
from towpath.privilege.gathering.network_rule import NetworkRule, addresses_of, is_everywhere, ports_of, protocols_of
from towpath.privilege.gathering.rule_index import RuleIndex
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.privilege.request import Request
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.traversal import mapping
from towpath.template.value import canonical, is_known, scalar_text

_LIST: Final = "AWS::EC2::NetworkAcl"
_ENTRY: Final = "AWS::EC2::NetworkAclEntry"
_BELONGS: Final = "AWS::EC2::SubnetNetworkAclAssociation"
_GRANT: Final = "network ACL"
_MOST_PARTS: Final = 500
"""Denies cut an entry to so many pieces at most; a list beyond it is not understood."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The traffic that a list lets through by one entry, or altogether; nothing for one without entries.

    `replaces_default` says that where there was no such list, there was the default one, which lets all through.
    """

    parts: tuple[NetworkRule, ...] = ()
    replaces_default: bool = True

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether all of it was let through before."""
        before = [rule for rule in rules if isinstance(rule, Passage)]
        if not before and self.replaces_default:
            return True
        index = RuleIndex((part, None) for rule in before for part in rule.parts)
        return all(index.covers(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    allows: bool
    rule: NetworkRule
    peer: str
    path: Path


def gather(side: Side, grants: Grants) -> None:
    """Adds what every list of the template lets through, and which list each subnet has."""
    own = {subject_of(side, item): item for item in side.of(_LIST)}
    lists: dict[str, list[Resource]] = {subject: [] for subject in own}
    for entry in side.of(_ENTRY):
        lists.setdefault(_subject(entry), []).append(entry)
    passing: dict[str, Passage] = {}
    for subject, items in lists.items():
        found = None if any(side.guards(item) for item in items) else _facts(subject, items, is_own=subject in own)
        if found is None:
            texts = [canonical([dict(item.properties), [list(guard) for guard in side.guards(item)]]) for item in items]
            grants.opaque[f"entries of {subject}"] = "\n".join(sorted(texts)), items[0].path
            continue
        if subject in own:
            grants.facts.append(_nothing(subject, own[subject].path))
            passing[subject] = Passage(tuple(part for fact in found for part in _parts(fact)))
        grants.facts += found
    for item in side.of(_BELONGS):
        _belongs(side, grants, item, passing)


def _nothing(subject: str, path: Path) -> Fact:
    """That the list is there, although it may let nothing through."""
    request = Request("network:ingress", subject)
    return Fact(subject, _GRANT, "what it has", f"{subject} is there", request, path, rule=Passage())


def _subject(entry: Resource) -> str:
    return named(_LIST.removeprefix("AWS::"), entry.properties.get("NetworkAclId"))


def _parts(fact: Fact) -> tuple[NetworkRule, ...]:
    return fact.rule.parts if isinstance(fact.rule, Passage) else ()


def _belongs(side: Side, grants: Grants, item: Resource, passing: dict[str, Passage]) -> None:
    subject, name = named("subnet", item.properties.get("SubnetId")), _subject(item)
    if name not in passing:
        grants.opaque[f"network ACL of {subject}"] = name, item.path
    request = Request("network:ingress", subject, context={"list": name})
    title = f"{subject} newly has {name}, which lets through more than the list that it had"
    rule = passing.get(name, Passage())
    grants.facts.append(Fact(subject, _GRANT, name, title, request, item.path, guards=side.guards(item), rule=rule))


def _facts(subject: str, items: Sequence[Resource], *, is_own: bool) -> list[Fact] | None:
    """One fact for each entry that allows something; None where something is not known."""
    read = [_read(item) for item in items]
    known = sorted((entry for entry in read if entry is not None), key=lambda entry: entry.number)
    if len(known) < len(read):
        return None
    facts: list[Fact] = []
    denies: defaultdict[str, list[NetworkRule]] = defaultdict(list)
    for entry in known:
        if not entry.allows:
            denies[entry.rule.peer].append(entry.rule)
            continue
        left = [entry.rule]
        for deny in denies[entry.rule.peer]:
            left = [rest for part in left for rest in part.without(deny)]
            if len(left) > _MOST_PARTS:
                return None
        facts.append(_fact(subject, entry, Passage(tuple(left), is_own)))
    return facts


def _read(item: Resource) -> _Entry | None:
    given = item.properties
    number = scalar_text(given.get("RuleNumber"))
    peer: Any = given.get("CidrBlock", given.get("Ipv6CidrBlock"))
    block = addresses_of(peer) if isinstance(peer, str) else None
    protocols = protocols_of(given.get("Protocol"))
    told = {name: value for name, value in given.items() if name != "NetworkAclId"}
    if not is_known(told) or number is None or not number.isdigit() or block is None or protocols is None:
        return None
    span, kind = mapping(given.get("PortRange")), mapping(given.get("Icmp")).get("Type")
    first, last = (kind, kind) if kind is not None else (span.get("From"), span.get("To"))
    ports = ports_of(protocols, first, last)
    if ports is None:
        return None
    way = "Egress" if scalar_text(given.get("Egress")) == "true" else "Ingress"
    rule = NetworkRule(protocols, ports, f"{way} {block[0]}", block[1])
    return _Entry(int(number), given.get("RuleAction") == "allow", rule, peer, (*item.path, "Properties"))


def _fact(subject: str, entry: _Entry, passage: Passage) -> Fact:
    way, _, _ = entry.rule.peer.partition(" ")
    is_public = is_everywhere(entry.peer) and way == "Ingress"
    ports = f"ports {entry.rule.ports[0]}-{entry.rule.ports[1]}"
    return Fact(
        subject=subject,
        grant=_GRANT,
        what=f"{entry.number} {canonical([str(part) for part in passage.parts])}",
        title=f"{subject} newly lets traffic {'from' if way == 'Ingress' else 'to'} {entry.peer} through "
        f"(rule {entry.number}, {ports})",
        request=Request(f"network:{way.lower()}", subject, context={"peer": entry.peer, "traffic": ports}),
        path=entry.path,
        severity=Severity.HIGH if is_public else Severity.LOW if way == "Egress" else Severity.MEDIUM,
        classes=(FindingClass.PUBLIC,) if is_public else (),
        rule=passage,
    )
