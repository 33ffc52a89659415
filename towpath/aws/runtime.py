"""What a handler finds when it wakes up: settings and ports, each built the first time it is needed and then kept.

A cold start pays only for what its handler uses, so nothing here is imported or connected before somebody asks. Tests
put a runtime of their own in place with `replaced`.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

from towpath.errors import Misconfigured

if TYPE_CHECKING:
    from boto3.session import Session

    from towpath.aws.sessions import EnvironmentSessions
    from towpath.promotion.ports import Announcer, Clock, DocumentStore, Executions, PromotionLedger
    from towpath.promotion.settings import Settings
    from towpath.release.ports import ArtifactStore

EnvironmentRole = Literal["deployment", "probe"]


class Runtime:
    """The ports of one function version, configured by its environment variables."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._clients: dict[str, Any] = {}

    def variable(self, name: str) -> str:
        """The value of an environment variable. Raises Misconfigured when it is not set."""
        value = self._variables.get(name, "")
        if not value:
            raise Misconfigured(f"the environment variable {name} is not set; the pipeline's stack sets it")
        return value

    @cached_property
    def settings(self) -> Settings:
        """The settings that this version was published with; what they leave to the pipeline is filled in."""
        from towpath.promotion.settings import decode

        try:
            settings = decode(self.variable("TOWPATH_SETTINGS"))
        except (KeyError, TypeError, ValueError) as error:
            raise Misconfigured(f"TOWPATH_SETTINGS cannot be read: {error}") from error
        return settings.placed(self.variable("TOWPATH_ACCOUNT"), self.variable("AWS_REGION"))

    @cached_property
    def session(self) -> Session:
        """The function's own credentials, in the pipeline's account and region."""
        from towpath.aws.session import open_session

        return open_session()

    def client(self, service: str) -> Any:
        """A client with the function's own credentials, made once. The caller names its type: `s3: S3Client = …`."""
        if service not in self._clients:
            self._clients[service] = make_client(self.session, service)
        return self._clients[service]

    def environment_session(self, environment: str, role: EnvironmentRole = "deployment") -> Session:
        """A session in an environment's account and region as its role `towpath-<environment>-<role>`.

        It is kept while its credentials last; ask again for each invocation rather than keeping it. Raises
        Misconfigured for an environment that the settings do not have.
        """
        return self._environment_sessions.get(environment, role)

    def environment_client(self, environment: str, service: str, role: EnvironmentRole = "deployment") -> Any:
        """A client in an environment, with the credentials of `environment_session`."""
        return self._environment_sessions.client(environment, service, role)

    @cached_property
    def _environment_sessions(self) -> EnvironmentSessions:
        from towpath.aws.sessions import EnvironmentSessions

        return EnvironmentSessions(self.settings, self.client, self.clock)

    @cached_property
    def clock(self) -> Clock:
        from towpath.aws.clock import SystemClock

        return SystemClock()

    @cached_property
    def ledger(self) -> PromotionLedger:
        from towpath.aws.ledger import DynamoDBPromotionLedger

        return DynamoDBPromotionLedger(self.client("dynamodb"), self.variable("TOWPATH_LEDGER_TABLE"))

    @cached_property
    def announcer(self) -> Announcer:
        from towpath.aws.announcer import EventBridgeAnnouncer

        return EventBridgeAnnouncer(self.client("events"), self.variable("TOWPATH_EVENT_BUS"), self.ledger)

    @cached_property
    def artifacts(self) -> ArtifactStore:
        from towpath.aws.artifact_store import S3ArtifactStore

        buckets = self.variable("TOWPATH_RELEASE_BUCKET"), self.variable("TOWPATH_ASSET_BUCKET")
        return S3ArtifactStore(self.client("s3"), *buckets)

    @cached_property
    def executions(self) -> Executions:
        from towpath.aws.executions import StepFunctionsExecutions

        return StepFunctionsExecutions(self.client("stepfunctions"))

    @cached_property
    def documents(self) -> DocumentStore:
        from towpath.aws.documents import S3DocumentStore

        return S3DocumentStore(self.client("s3"), self.variable("TOWPATH_ASSET_BUCKET"))


def make_client(session: Session, service: str) -> Any:
    """A client with the time-outs and the retries that a handler can afford."""
    from botocore.config import Config

    # The state machine retries what a few attempts cannot mend, and they must end before the function's time does:
    # a function that is cut off raises nothing that could be retried by name.
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)
    return cast(Any, session).client(service, config=config)


_current: list[Runtime] = []


def runtime() -> Runtime:
    """The runtime of this process."""
    if not _current:
        _current.append(Runtime(os.environ))
    return _current[-1]


@contextmanager
def replaced(by: Runtime) -> Generator[Runtime]:
    """Inside the block, `runtime()` is `by`."""
    _current.append(by)
    try:
        yield by
    finally:
        _current.remove(by)
