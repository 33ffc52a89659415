"""Three-valued and, or, not: what is unknown stays so unless the known part decides (Kleene)."""

from collections.abc import Iterable

from towpath.template.conditions import Truth


def negation(value: Truth) -> Truth:
    """Not."""
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(value, Truth.UNKNOWN)


def every(values: Iterable[Truth]) -> Truth:
    """And; of nothing, true."""
    found = set(values)
    if Truth.FALSE in found:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.TRUE


def some(values: Iterable[Truth]) -> Truth:
    """Or; of nothing, false."""
    return negation(every(map(negation, values)))
