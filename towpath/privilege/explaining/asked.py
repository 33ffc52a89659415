"""Reads the REQUEST that is to be explained: strictly, so that a slip of the pen is told and not answered.

A request is an object with `action`, and where they matter `resource`, `principal` and `context`; the witness of a
finding is one.
"""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, cast

from towpath.privilege.catalogue import action as catalogue_action
from towpath.privilege.catalogue import actions_of
from towpath.privilege.policy_error import PolicyError
from towpath.privilege.request import Request

_KEYS: Final = ("action", "resource", "principal", "context")
_TYPES: Final = ("AWS", "Service", "Federated", "CanonicalUser", "*")
_EXAMPLE: Final = (
    '{"principal": "Worker", "action": "s3:GetObject", "resource": "arn:aws:s3:::orders/1", "context": {}}'
)


def read_request(text: str, name: str) -> Request:
    """The request that a JSON text says; `name` is what errors call it. Raises PolicyError."""
    try:
        found: Any = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"It is no JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise _refused(name, "not-json", message, f"Write {_EXAMPLE}, or the name of a file with it.") from None
    if not isinstance(found, dict):
        raise _refused(name, "not-an-object", "It is no JSON object.", f"Write {_EXAMPLE}.")
    document = cast("dict[str, Any]", found)
    unknown = next((key for key in document if key not in _KEYS), None)
    if unknown is not None:
        message = f'There is no key "{unknown}".'
        raise _refused(f"{name} {unknown}", "unknown-key", message, f"The keys are {', '.join(_KEYS)}, in lower case.")
    return Request.from_json(
        {
            "action": _action(document, name),
            "resource": _text(document.get("resource", "*"), name, "resource"),
            "principal": _principal(document.get("principal"), name),
            "context": _context(document.get("context", {}), name),
        }
    )


def about_action(action: str) -> str:
    """What is odd about the action's name: empty when the catalogue has it."""
    if catalogue_action(action) is not None:
        return ""
    service = action.partition(":")[0].lower()
    if not actions_of(service):
        return f'The catalogue of AWS actions knows no service "{service}": check the action {action}.'
    names = {item.name.lower(): item.name for item in actions_of(service).values()}
    close = get_close_matches(action.lower(), names, n=1)
    meant = f" Did you mean {names[close[0]]}?" if close else " Check the name."
    return f"The catalogue of AWS actions has no {action}.{meant}"


def _action(document: Mapping[str, Any], name: str) -> str:
    if "action" not in document:
        raise _refused(name, "action-missing", "It names no action.", 'Add for example "action": "s3:GetObject".')
    action = _text(document["action"], name, "action")
    service, colon, rest = action.partition(":")
    if not (service and colon and rest):
        message = f'"{action}" is no action.'
        raise _refused(f"{name} action", "action", message, "Write service:Action, for example s3:GetObject.")
    if "*" in action or "?" in action:
        remedy = "Name one action; to see all that a change allows, compare without --explain."
        raise _refused(f"{name} action", "action", f'"{action}" has a wildcard; one request has one action.', remedy)
    return action


def _text(value: Any, name: str, key: str) -> str:
    if not isinstance(value, str) or not value:
        remedy = "Write one string; ask once for each." if isinstance(value, list) else "Write a string."
        raise _refused(f"{name} {key}", "not-a-string", f"The {key} is no string: {json.dumps(value)}.", remedy)
    return value


def _principal(value: Any, name: str) -> Any:
    if value is None or (isinstance(value, str) and value):
        return value
    found = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    types = [key for key in found if key != "session"]
    if len(types) == 1 and types[0] in _TYPES and all(isinstance(item, str) for item in found.values()):
        return found
    remedy = 'Write a logical id, an ARN, "*", or one of {"AWS": "arn:…"}, {"Service": "…"}, {"Federated": "…"}.'
    raise _refused(f"{name} principal", "principal", f"This is no principal: {json.dumps(value)}.", remedy)


def _context(value: Any, name: str) -> Mapping[str, Any]:
    remedy = 'Write {"aws:SourceVpc": "vpc-1"}; a key with several values has a list of strings.'
    if not isinstance(value, dict):
        raise _refused(f"{name} context", "context", f"The context is no object: {json.dumps(value)}.", remedy)
    found = cast("dict[str, Any]", value)
    for key, item in found.items():
        listed = cast("list[Any]", item) if isinstance(item, list) else [item]
        if not all(isinstance(one, (str, int, float, bool)) for one in listed):
            message = f"The value of {key} is neither a text nor a list of texts: {json.dumps(item)}."
            raise _refused(f"{name} context {key}", "context", message, remedy)
    return found


def _refused(where: str, code: str, message: str, remedy: str) -> PolicyError:
    return PolicyError.at(where, f"request-{code}", message, remedy)
