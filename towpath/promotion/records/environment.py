"""Environments of a service: who may change one, and what serves there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from towpath.promotion.records.promotion import Promotion
from towpath.promotion.records.release import ReleaseOrder


@dataclass(frozen=True, slots=True)
class Contender:
    """A promotion that holds an environment or waits for it."""

    promotion: str
    execution: str
    order: ReleaseOrder


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may change one environment of one service. `fence` grows with every taking and never shrinks.

    A write that carries an older fence comes from a promotion that lost the environment, and is refused
    (https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html).
    """

    service: str
    environment: str
    fence: int = 0
    holder: Contender | None = None
    waiter: Contender | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """The claim to hold an environment that a step brings along with its writes."""

    service: str
    environment: str
    promotion: str
    fence: int


@dataclass(frozen=True, slots=True)
class StackOwner:
    """Whose a stack is: one service in one environment. What the same service has elsewhere is another stack."""

    service: str
    environment: str


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """What serves in one environment, since when, and what served before it."""

    service: str
    environment: str
    version: str
    digest: str
    promotion: str
    since: datetime
    order: ReleaseOrder
    previous_version: str = ""
    previous_digest: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


def hold_of(promotion: Promotion, fence: int) -> Hold:
    """The hold that this promotion has on its environment while `fence` is the current one."""
    return Hold(promotion.service, promotion.environment, promotion.id, fence)
