"""Ten characters that change whenever a function's published version would be another one.

They cover the function's code and configuration, the definitions of what its configuration refers to (a layer, a table
that may be replaced), and what parameters, conditions and mappings there come to, for every environment. They become
part of the version's logical id, so that CloudFormation publishes a version, and of the function's description, so that
Lambda sees a change and really makes one: publishing unchanged configuration twice is an error
(https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from towpath.release.pack.rollout.expression import conditions_and_maps, references
from towpath.template.traversal import mapping

_NOT_IN_A_VERSION = frozenset(
    {"CodeSigningConfigArn", "RecursiveLoop", "ReservedConcurrentExecutions", "RuntimeManagementConfig", "Tags"}
)
_LONGEST_DESCRIPTION = 256


def fingerprint(document: Mapping[str, Any], function: str, parameters: Mapping[str, Mapping[str, str]]) -> str:
    """The fingerprint of a function; `parameters` are the release's values by environment."""
    resources = mapping(document.get("Resources"))
    properties = mapping(mapping(resources[function]).get("Properties"))
    configuration = {name: value for name, value in properties.items() if name not in _NOT_IN_A_VERSION}
    behind = {
        name: mapping(resources[name]).get("Properties")
        for name, _ in references(configuration)
        if name in resources and name != function and not _is_identity(resources[name])
    }
    content = [configuration, behind]
    inputs = _inputs(document, content)
    values = {
        environment: {name: value for name, value in given.items() if name in inputs}
        for environment, given in parameters.items()
    }
    text = json.dumps([content, inputs, {key: value for key, value in values.items() if value}], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def stamped(description: Any, mark: str) -> Any:
    """A function's description with its fingerprint."""
    stamp = f"[{mark}]"
    if description is None or description == "":
        return f"Content {stamp}"
    if isinstance(description, str):
        return f"{description[: _LONGEST_DESCRIPTION - len(stamp) - 1]} {stamp}"
    return {"Fn::Join": [" ", [description, stamp]]}


def _is_identity(resource: Any) -> bool:
    return str(mapping(resource).get("Type")).startswith("AWS::IAM::")


def _inputs(document: Mapping[str, Any], content: Any) -> dict[str, Any]:
    """The parameters, conditions and mappings that the content depends on, directly or through conditions."""
    sections = [mapping(document.get(name)) for name in ("Parameters", "Conditions", "Mappings")]
    found: dict[str, Any] = {}
    waiting: list[Any] = [content]
    while waiting:
        value = waiting.pop()
        names = {name for name, _ in references(value)} | set(conditions_and_maps(value))
        for name in names - found.keys():
            definitions = [section[name] for section in sections if name in section]
            if definitions:
                found[name] = definitions
                waiting.extend(definitions)
    return found
