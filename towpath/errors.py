"""Surprises, and whether trying again may help: the one question that a state machine asks of an error.

A business refusal is a `towpath.verdict.Verdict`; what is raised here should not have happened. Step Functions sees the
name of the class, so the class is the contract: the state machines retry the names under `Retryable` and no others.

    TowpathError
    ├── Retryable             the same call may succeed later
    │   ├── ThrottledByAws    a service asked us to slow down
    │   ├── AwsUnavailable    a service failed on its side, or the network did
    │   └── LedgerBusy        others changed the same record again and again while we tried
    └── Terminal              the same call will fail again
        ├── RefusedByAws      a service said no: permissions, limits, a request that it does not accept
        ├── LeaseLost         the environment belongs to another promotion by now
        ├── ReleaseMissing    the ledger or the bucket no longer holds what was registered
        ├── MalformedEvent    the input does not have the shape that this handler documents
        └── Misconfigured     the settings or the environment variables are not those of this version
"""


class TowpathError(Exception):
    """Anything that this package raises on purpose."""


class Retryable(TowpathError):  # noqa: N818  the names are read in state machines, as words
    """The same call may succeed later."""


class Terminal(TowpathError):  # noqa: N818  the same
    """The same call will fail again; a person or another step has to act."""


class ThrottledByAws(Retryable):
    """A service asked us to slow down."""


class AwsUnavailable(Retryable):
    """A service failed on its side, or could not be reached."""


class LedgerBusy(Retryable):
    """A record changed under every one of our attempts to change it."""


class RefusedByAws(Terminal):
    """A service refused the call; `code` is the service's own error code."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class LeaseLost(Terminal):
    """The environment is held by another promotion, or by nobody; what this one does there no longer counts."""


class ReleaseMissing(Terminal):
    """A release that was registered cannot be found any more."""


class MalformedEvent(Terminal):
    """The input of a handler does not have its documented shape."""


class Misconfigured(Terminal):
    """Settings or environment variables are missing or wrong."""


def retryable_names(root: type[TowpathError] = Retryable) -> frozenset[str]:
    """The class names that a state machine may retry: every concrete kind of `Retryable` that is loaded."""
    below = root.__subclasses__()
    return frozenset(kind.__name__ for kind in below).union(*(retryable_names(kind) for kind in below))
