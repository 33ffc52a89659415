"""One concrete request, as AWS would judge it: who does what to which resource, with which context keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, cast

from towpath.privilege.policy_error import PolicyError
from towpath.privilege.principals import Principal

ContextValue = str | tuple[str, ...]
"""A key's value: one text, or several for a key that holds a set."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `principal` is None where the policy's kind says who it is; a key not in `context` is absent."""

    action: str
    resource: str
    principal: Principal | None = None
    context: Mapping[str, ContextValue] = field(default_factory=dict[str, ContextValue])

    def to_json(self) -> dict[str, Any]:
        """`{"action", "resource", "principal"?, "context"}`; sets of values are lists."""
        context = {key: value if isinstance(value, str) else list(value) for key, value in self.context.items()}
        found: dict[str, Any] = {"action": self.action, "resource": self.resource, "context": context}
        if self.principal is not None:
            found["principal"] = self.principal.to_json()
        return found

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The request that `to_json` wrote, or a person. Raises PolicyError for anything else."""
        try:
            return cls(
                action=str(document["action"]),
                resource=str(document.get("resource", "*")),
                principal=_principal(document.get("principal")),
                context={key: _value(value) for key, value in document.get("context", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            message = f"This is no request: {error!r}."
            remedy = (
                'Write {"action": "s3:GetObject", "resource": "arn:…", "principal": {"AWS": "arn:…"}, "context": {}}.'
            )
            raise PolicyError.at("request", "request", message, remedy) from None

    def __str__(self) -> str:
        who = f"{self.principal} " if self.principal else ""
        where = "".join(f", {key} = {_shown(value)}" for key, value in self.context.items())
        return f"{who}{self.action} on {self.resource}{where}"


def _principal(found: Mapping[str, str] | str | None) -> Principal | None:
    if found is None:
        return None
    if isinstance(found, str):
        return Principal("*" if found == "*" else "AWS", found)
    type_name = next(name for name in found if name != "session")
    return Principal(type_name, found[type_name], found.get("session", ""))


def _value(value: Any) -> ContextValue:
    if isinstance(value, (list, tuple)):
        return tuple(map(str, cast("list[object]", value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _shown(value: ContextValue) -> str:
    return value if isinstance(value, str) else "{" + ", ".join(value) + "}"
