"""What CodeDeploy remembers, per account and region, and the one lock that its threads and requests share.

Records have the shape that the API returns (`ApplicationInfo`, `DeploymentGroupInfo`, ...) where there is one, so an
answer is a copy of a record. Whoever changes a deployment does it while holding `changed` and notifies.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, cast

from local_cloud.service_role import ministack

Record: TypeAlias = dict[str, Any]


class Store(Protocol):
    """ministack's dictionary that is scoped by the account and region of the current request."""

    def __getitem__(self, key: str) -> Record: ...
    def __setitem__(self, key: str, value: Record) -> None: ...
    def __contains__(self, key: object) -> bool: ...
    def get(self, key: str, default: Any = None) -> Any: ...
    def pop(self, key: str, *default: Any) -> Any: ...
    def keys(self) -> list[str]: ...
    def values(self) -> list[Record]: ...
    def clear(self) -> None: ...
    def update(self, other: Any) -> None: ...
    def to_dict(self) -> dict[tuple[str, str, str], Record]: ...


def _store() -> Store:
    return cast(Store, ministack("core.responses").AccountRegionScopedDict())


applications = _store()
groups = _store()
"""Keyed `application/group`."""
configurations = _store()
"""The custom ones; the predefined ones are code."""
deployments = _store()
tags = _store()
"""Keyed by ARN."""
changed = threading.Condition(threading.RLock())

_STORES = {
    "applications": applications,
    "groups": groups,
    "configurations": configurations,
    "deployments": deployments,
    "tags": tags,
}


def reset() -> None:
    """Forget everything; deployments in progress notice that their record is gone and end."""
    with changed:
        for store in _STORES.values():
            store.clear()
        changed.notify_all()


def snapshot() -> dict[str, Any]:
    with changed:
        return copy.deepcopy({name: cast(Any, store) for name, store in _STORES.items()})


def restore(saved: Mapping[str, Any]) -> None:
    with changed:
        for name, store in _STORES.items():
            store.update(saved.get(name, {}))
