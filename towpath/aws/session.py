"""How a session with AWS is made: all sessions of a process read the descriptions of AWS's services once between them.

By itself each boto3 session has a loader of its own, which lists some four hundred services and reads endpoints anew:
two thirds of what the first client of an environment costs, and a handler opens one session per environment and role.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boto3.session import Session


@cache
def _descriptions() -> Any:
    """The loader of service descriptions; it keeps what it has read and knows no credentials."""
    from botocore.session import get_session

    return get_session().get_component("data_loader")


def open_session(**given: str) -> Session:
    """A boto3 session; `given` are its credentials and region, or nothing for those of this process."""
    from boto3.session import Session
    from botocore.session import get_session

    core = get_session()
    core.register_component("data_loader", _descriptions())
    return Session(botocore_session=core, **given)
