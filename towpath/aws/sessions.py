"""Credentials for the environments: which role is assumed where, and for how long a session is used.

A function that stays warm outlives an hour's credentials, so a session is made anew before a step could outlast it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from towpath.aws.errors import aws_errors
from towpath.errors import Misconfigured

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_sts import STSClient

    from towpath.aws.runtime import EnvironmentRole
    from towpath.promotion.ports import Clock
    from towpath.promotion.settings import Settings

# More than the longest time that a function has: what a step began with must last until its end.
_SPARE = timedelta(minutes=16)


@dataclass(slots=True)
class _Opened:
    session: Session
    until: datetime
    clients: dict[str, Any] = field(default_factory=dict[str, Any])


class EnvironmentSessions:
    """Sessions by environment and role, made with the pipeline's STS client."""

    def __init__(self, settings: Settings, client: Callable[[str], Any], clock: Clock) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._opened: dict[tuple[str, str], _Opened] = {}

    def get(self, environment: str, role: EnvironmentRole) -> Session:
        return self._open(environment, role).session

    def client(self, environment: str, service: str, role: EnvironmentRole) -> Any:
        from towpath.aws.runtime import make_client

        opened = self._open(environment, role)
        if service not in opened.clients:
            opened.clients[service] = make_client(opened.session, service)
        return opened.clients[service]

    def _open(self, environment: str, role: EnvironmentRole) -> _Opened:
        key = (environment, role)
        kept = self._opened.get(key)
        if kept is None or kept.until - _SPARE <= self._clock.now():
            kept = self._opened[key] = self._assume(environment, role)
        return kept

    def _assume(self, environment: str, role: EnvironmentRole) -> _Opened:
        from towpath.aws.session import open_session

        place = self._settings.environments.get(environment)
        if place is None:
            raise Misconfigured(f"the settings have no environment {environment!r}")
        sts: STSClient = self._client("sts")
        arn = place.role_arn(role, partition=sts.meta.partition)
        with aws_errors(f"assuming the role {arn}"):
            found = sts.assume_role(RoleArn=arn, RoleSessionName="towpath")["Credentials"]
        session = open_session(
            aws_access_key_id=found["AccessKeyId"],
            aws_secret_access_key=found["SecretAccessKey"],
            aws_session_token=found["SessionToken"],
            region_name=place.region or sts.meta.region_name,
        )
        return _Opened(session, found["Expiration"])
