"""What a team asks for when it puts a function under rollout."""

from dataclasses import dataclass

DEFAULT_STRATEGY = "canary-10-percent-5-minutes"
DEFAULT_ALIAS = "live"


@dataclass(frozen=True, slots=True)
class RolloutWish:
    """One function, by its logical id. `keep` are JSON paths of references that may stay on the function itself."""

    function: str
    strategy: str = DEFAULT_STRATEGY
    alarms: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AliasName:
    """A function under rollout and its alias, by their logical ids, and the alias's name."""

    function: str
    alias: str
    name: str
