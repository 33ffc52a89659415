"""Reads the strategy that a template's own CodeDeploy deployment group asks for, where it is one of CodeDeploy's."""

import re
from typing import Any

from towpath.release.pack.rollout.expression import references, sub_parts
from towpath.template.traversal import mapping

_READY_MADE = re.compile(r"CodeDeployDefault\.Lambda(Canary|Linear)(\d+)Percent(?:Every)?(\d+)Minutes?")


def preferred_strategy(resources: dict[str, Any], alias: str) -> str | None:
    """The strategy of the deployment group that shifts this alias; None when it has a configuration of its own."""
    update = mapping(mapping(mapping(resources.get(alias)).get("UpdatePolicy")).get("CodeDeployLambdaAliasUpdate"))
    groups = [name for name, _ in references(update.get("DeploymentGroupName"))]
    if not groups:
        return None
    properties = mapping(mapping(resources.get(groups[0])).get("Properties"))
    return _strategy(_text(properties.get("DeploymentConfigName")))


def _text(value: Any) -> str:
    """The name, also when SAM writes it as `Fn::Sub` with a variable for its middle."""
    if "Fn::Sub" not in mapping(value):
        return str(value)
    text, variables = sub_parts(value["Fn::Sub"])
    return re.sub(r"\$\{(\w+)\}", lambda found: str(variables.get(found.group(1), "")), text)


def _strategy(name: str) -> str | None:
    if name == "CodeDeployDefault.LambdaAllAtOnce":
        return "all-at-once"
    found = _READY_MADE.fullmatch(name)
    if found is None:
        return None
    shape, percent, minutes = found.groups()
    every = "-every" if shape == "Linear" else ""
    return f"{shape.lower()}-{percent}-percent{every}-{minutes}-minutes"
