"""Which traffic a security-group rule lets through, and whether other rules together let it through as well.

A rule is a box over protocols, ports and peers. Peers are address ranges, or things that are equal only to themselves
(another group, a prefix list). Coverage is exact: what remains of a box is cut until nothing or something is left.
"""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from towpath.privilege.gathering.naming import is_text
from towpath.template.value import canonical, scalar_text

_NUMBERS: Final = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
_WITH_PORTS: Final = frozenset({6, 17})
_ICMP: Final = frozenset({1, 58})
ALL_PORTS: Final = (0, 65_535)

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NetworkRule:
    """Protocol numbers, ports (for ICMP: types) and addresses as inclusive ranges; `peer` names the kind of peer."""

    protocols: Range
    ports: Range
    peer: str
    addresses: Range

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether everything that this rule lets through some of the others let through."""
        left = [self]
        for rule in rules:
            if isinstance(rule, NetworkRule) and self.overlaps(rule):
                left = [rest for part in left for rest in part.without(rule)]
        return not left

    def overlaps(self, other: "NetworkRule") -> bool:
        """Whether some traffic is let through by both."""
        return self.peer == other.peer and all(
            low <= theirs_high and theirs_low <= high
            for (low, high), (theirs_low, theirs_high) in zip(self._sides, other._sides, strict=True)
        )

    def without(self, other: "NetworkRule") -> Iterator["NetworkRule"]:
        """What is left of this rule when the other one is cut out of it."""
        if not self.overlaps(other):
            yield self
            return
        rest = self
        for name in ("protocols", "ports", "addresses"):
            (low, high), (theirs_low, theirs_high) = getattr(rest, name), getattr(other, name)
            if low < theirs_low:
                yield replace(rest, **{name: (low, theirs_low - 1)})
            if high > theirs_high:
                yield replace(rest, **{name: (theirs_high + 1, high)})
            rest = replace(rest, **{name: (max(low, theirs_low), min(high, theirs_high))})

    @property
    def _sides(self) -> tuple[Range, Range, Range]:
        return self.protocols, self.ports, self.addresses


def protocols_of(value: Any) -> Range | None:
    """The protocol numbers that `IpProtocol` means; `-1` is all of them. None when it is not known."""
    text = (scalar_text(value) or "").strip().lower()
    if text == "-1":
        return (0, 255)
    number = _NUMBERS.get(text, int(text) if text.isascii() and text.isdigit() else -1)
    return (number, number) if 0 <= number <= 255 else None


def ports_of(protocols: Range, first: Any, last: Any) -> Range | None:
    """The ports that a rule opens; all of them where the protocol has none. None when they are not known."""
    if protocols[0] not in _WITH_PORTS | _ICMP or protocols[0] != protocols[1]:
        return ALL_PORTS
    numbers = [_whole(first), _whole(last)]
    if protocols[0] in _ICMP:
        kind = numbers[0]
        return ALL_PORTS if kind is None or kind < 0 else (kind, kind)
    if first is None and last is None:
        return ALL_PORTS
    low, high = numbers
    if low is None or high is None:
        return None
    return ALL_PORTS if low < 0 else (low, high)


def addresses_of(text: str) -> tuple[str, Range] | None:
    """The kind of address and the range of a CIDR block; None when it is none."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return f"IPv{network.version}", (int(network.network_address), int(network.broadcast_address))


def peer_of(value: Any) -> tuple[str, Range]:
    """The kind of a peer and its addresses; a peer that is no address block is a kind of its own."""
    known = addresses_of(value) if isinstance(value, str) else None
    return known or (str(value) if is_text(value) else canonical(value), (0, 0))


def is_everywhere(value: Any) -> bool:
    """Whether this block is all addresses."""
    return value in ("0.0.0.0/0", "::/0")


def _whole(value: Any) -> int | None:
    text = scalar_text(value)
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
