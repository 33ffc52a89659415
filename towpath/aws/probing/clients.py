"""Clients for probes: no retries of their own (the probe counts its tries) and the probe's own time-out."""

import threading
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config

if TYPE_CHECKING:
    from boto3.session import Session

_CONNECT_SECONDS = 3


class ProbeClients:
    """Clients by service and time-out. Making one is not safe in several threads at once; using one is."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._lock = threading.Lock()
        self._made: dict[tuple[str, float], Any] = {}

    def get(self, service: str, timeout: float) -> Any:
        """A client of the service whose calls take at most `timeout` seconds."""
        with self._lock:
            key = (service, timeout)
            if key not in self._made:
                config = Config(
                    retries={"mode": "standard", "total_max_attempts": 1},
                    connect_timeout=min(timeout, _CONNECT_SECONDS),
                    read_timeout=timeout,
                )
                self._made[key] = cast(Any, self._session).client(service, config=config)
            return self._made[key]
