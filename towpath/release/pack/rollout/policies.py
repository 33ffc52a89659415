"""Lets those who may call a function also call its alias: an alias is a resource of its own to IAM.

Only statements that allow calling are widened, and only by this alias. What a policy says about the function otherwise
(updating it, reading its configuration) stays as it is.
"""

from typing import Any

from towpath.release.pack.rollout.expression import refers_to, sub_parts
from towpath.release.pack.rollout.wish import AliasName
from towpath.template.position import Path
from towpath.template.traversal import mapping, sequence


def allow_alias(properties: dict[str, Any], path: Path, alias: AliasName) -> str | None:
    """Adds the alias beside the function in the statement that holds `path`; says so, or None if nothing was needed."""
    if "Resource" not in path:
        return None
    statement: Any = properties
    for step in path[: path.index("Resource")]:
        statement = statement[step]
    entry = mapping(statement)
    resources = sequence(entry.get("Resource"))
    own = {"Fn::Sub": f"${{{alias.function}.Arn}}:{alias.name}"}
    if not _calls(entry) or own in resources or any(_covers(item, alias.function) for item in resources):
        return None
    entry["Resource"] = [*resources, own]
    return f"{alias.function}:{alias.name} allowed beside it"


def _calls(statement: dict[str, Any]) -> bool:
    actions = [str(action).lower() for action in sequence(statement.get("Action"))]
    calls = ("*", "lambda:*", "lambda:invoke*", "lambda:invokefunction", "lambda:invokeasync")
    return statement.get("Effect") == "Allow" and any(action in calls for action in actions)


def _covers(resource: Any, function: str) -> bool:
    """Whether the entry names every version and alias of the function (`arn:*` or `arn*`)."""
    if not refers_to(resource, function):
        return False
    text, _ = sub_parts(mapping(resource).get("Fn::Sub"))
    joined = sequence(mapping(resource).get("Fn::Join"))
    last = sequence(joined[1])[-1] if len(joined) == 2 and sequence(joined[1]) else text
    return isinstance(last, str) and last.endswith("*")
