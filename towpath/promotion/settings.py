"""What the pipeline decides and a release cannot loosen: environments, their order, gates, approvers and windows.

`towpath.promotion.settings_file` reads `towpath.toml` into these values; handlers get the same values from the variable
`TOWPATH_SETTINGS`, so a function version keeps the settings it was published with.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Self, cast

from towpath.promotion.window import Window, is_open, opens_at

# The marker cannot begin a JSON object, so both forms can be told apart.
_COMPRESSED = "z:"
_PLAIN_BYTES = 1500


# The place of a release's own stack name in `Environment.stack`.
STACK = "{stack}"


@dataclass(frozen=True, slots=True)
class Gates:
    """What happens when a gate of an environment does not pass by itself."""

    privilege: Literal["approve", "refuse"] = "approve"
    probes_inconclusive: Literal["fail", "pass"] = "fail"
    replacement: Literal["approve", "refuse", "pass"] = "approve"
    second_opinion: Literal["off", "access-analyzer"] = "off"


@dataclass(frozen=True, slots=True)
class Environment:
    """One place that releases are promoted to. An empty account or region is the pipeline's (see `Settings.placed`)."""

    name: str
    account: str = ""
    region: str = ""
    stack: str = STACK
    execution_policies: tuple[str, ...] = ()
    permissions_boundary: str = ""
    approvers: tuple[str, ...] = ()
    minimum_rollout: str = "all-at-once"
    bake_minutes: float = 0
    windows: tuple[str, ...] = ()
    gates: Gates = field(default_factory=Gates)

    def stack_name(self, stack: str) -> str:
        """What the stack that a release calls `stack` is called here."""
        return self.stack.replace(STACK, stack)

    def is_open(self, now: datetime) -> bool:
        """Whether a promotion may start here at `now`."""
        return is_open(self._windows, now)

    def opens_at(self, now: datetime) -> datetime:
        """The first moment, `now` or later, at which a promotion may start here."""
        return opens_at(self._windows, now)

    @property
    def _windows(self) -> tuple[Window, ...]:
        return tuple(Window.parse(text) for text in self.windows)

    def role_arn(self, role: Literal["deployment", "execution", "codedeploy", "probe"], partition: str = "aws") -> str:
        """The ARN of one of the environment's roles. The environment must have been placed."""
        return f"arn:{partition}:iam::{self.account}:role/towpath-{self.name}-{role}"

    @property
    def codedeploy_application(self) -> str:
        """The name of the CodeDeploy application that shifts traffic here."""
        return f"towpath-{self.name}"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The pipeline's own settings."""

    account: str = ""
    region: str = ""
    poll_seconds: int = 15
    approval_hours: int = 72
    log_retention_days: int = 90
    alarm_topics: tuple[str, ...] = ()
    uploaders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """The validated content of `towpath.toml`. `paths` has the key `default`, and services that go another way."""

    environments: Mapping[str, Environment]
    paths: Mapping[str, tuple[str, ...]]
    pipeline: Pipeline = field(default_factory=Pipeline)

    def path_of(self, service: str) -> tuple[str, ...]:
        """The names of the environments that a service goes through, in order."""
        return self.paths.get(service, self.paths["default"])

    def environment(self, name: str) -> Environment:
        """The environment called `name`. Raises KeyError when the settings have none."""
        return self.environments[name]

    def placed(self, account: str, region: str) -> Self:
        """The same settings with every empty account and region filled in with the pipeline's."""
        environments = {
            name: replace(item, account=item.account or account, region=item.region or region)
            for name, item in self.environments.items()
        }
        return replace(self, environments=environments)

    def to_json(self) -> dict[str, Any]:
        """The settings in the shape of the file, without what has its default."""
        environments = {name: _without_defaults(item, Environment(name)) for name, item in self.environments.items()}
        pipeline = _without_defaults(self.pipeline, Pipeline())
        paths = {name: list(path) for name, path in self.paths.items()}
        return {"format": 1, "pipeline": pipeline, "paths": paths, "environments": environments}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The settings that `to_json` wrote, or that the file's validator let through. Nothing is checked here."""
        return cls(
            environments={name: _environment(name, item) for name, item in document["environments"].items()},
            paths={name: tuple(path) for name, path in document["paths"].items()},
            pipeline=Pipeline(**_with_tuples(document.get("pipeline", {}))),
        )


def encode(settings: Settings) -> str:
    """The settings as the text of one environment variable: JSON, compressed when long."""
    text = json.dumps(settings.to_json(), separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) <= _PLAIN_BYTES:
        return text
    return _COMPRESSED + base64.b85encode(zlib.compress(text.encode(), 9)).decode("ascii")


def decode(text: str) -> Settings:
    """The settings that `encode` wrote."""
    if text.startswith(_COMPRESSED):
        text = zlib.decompress(base64.b85decode(text.removeprefix(_COMPRESSED))).decode()
    return Settings.from_json(json.loads(text))


def _environment(name: str, document: Mapping[str, Any]) -> Environment:
    values = _with_tuples(document)
    gates = Gates(**values.pop("gates", {}))
    return Environment(name, gates=gates, **values)


def _with_tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(cast(list[str], value)) if isinstance(value, list) else value for key, value in document.items()}


def _without_defaults(item: Environment | Pipeline, default: Environment | Pipeline) -> dict[str, Any]:
    """The fields that differ from the default, tuples as the lists that JSON has."""
    values = {key: value for key, value in asdict(item).items() if value != asdict(default)[key]}
    return json.loads(json.dumps(values))
