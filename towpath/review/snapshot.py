"""What an environment was before a promotion touched it: the way back for stack and traffic."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from towpath.review.ports import Deployment


@dataclass(frozen=True, slots=True)
class AliasBefore:
    """The version that an alias pointed at. `function` is the physical name."""

    function: str
    alias: str
    version: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The deployment that was there (None: no stack) and where every alias under rollout pointed.

    `aliases` is keyed by the function's logical id; an alias that did not exist is not in it.
    """

    deployment: Deployment | None = None
    aliases: Mapping[str, AliasBefore] = field(default_factory=dict[str, AliasBefore])

    def write(self) -> bytes:
        """The snapshot as canonical JSON."""
        document = {
            "deployment": self.deployment.to_json() if self.deployment else None,
            "aliases": {
                name: {"function": found.function, "alias": found.alias, "version": found.version}
                for name, found in self.aliases.items()
            },
        }
        return json.dumps(document, sort_keys=True).encode()

    @classmethod
    def read(cls, content: bytes) -> Self:
        """The snapshot that `write` wrote."""
        document: dict[str, Any] = json.loads(content)
        found = document["deployment"]
        aliases = {name: AliasBefore(**alias) for name, alias in document["aliases"].items()}
        return cls(Deployment.from_json(found) if found else None, aliases)
