"""Gives a function its version, its alias and the parameter that holds the alias on the live version.

While the parameter is empty (the first deployment) the alias takes the new version; afterwards the pipeline sets it to
the live one, so a stack update publishes without moving traffic. Versions are retained: CloudFormation must never
delete the one that still answers.
"""

from typing import Any

from towpath.release.pack.findings import Findings
from towpath.release.pack.rollout.expression import refers_to, rename
from towpath.release.pack.rollout.wish import DEFAULT_ALIAS, AliasName
from towpath.template.traversal import mapping, sequence

_RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_SHIFTED_BY_ITSELF = "CodeDeployLambdaAliasUpdate"


def find_aliases(resources: dict[str, Any], function: str) -> list[AliasName]:
    """The aliases that the template gives a function."""
    found: list[AliasName] = []
    for logical_id, resource in resources.items():
        properties = mapping(mapping(resource).get("Properties"))
        if mapping(resource).get("Type") == "AWS::Lambda::Alias" and refers_to(
            properties.get("FunctionName"), function
        ):
            found.append(AliasName(function, logical_id, str(properties.get("Name", DEFAULT_ALIAS))))
    return found


def is_watched(resource: Any) -> bool:
    """Whether CloudFormation itself shifts this alias during a stack update."""
    return _SHIFTED_BY_ITSELF in mapping(mapping(resource).get("UpdatePolicy"))


def version_parameter(function: str) -> str:
    """The name of the parameter that holds a function's live version."""
    return f"Towpath{function}LiveVersion"


def retain_versions(resources: dict[str, Any], function: str) -> None:
    """Keeps CloudFormation from deleting versions of this function."""
    for resource in resources.values():
        properties = mapping(mapping(resource).get("Properties"))
        if mapping(resource).get("Type") == "AWS::Lambda::Version" and refers_to(
            properties.get("FunctionName"), function
        ):
            mapping(resource).update(_RETAIN)


def place_version(document: dict[str, Any], alias: AliasName, mark: str) -> tuple[dict[str, Any], str]:
    """The document with a version whose logical id carries the mark, and that id.

    A version that the alias takes already is renamed, with all that refers to it; otherwise one is added.
    """
    resources = mapping(document["Resources"])
    new = f"{alias.function}Version{mark}"
    old = _version_of(resources, alias)
    if old is None:
        resources[new] = _with_condition(
            {"Type": "AWS::Lambda::Version", **_RETAIN, "Properties": {"FunctionName": {"Ref": alias.function}}},
            resources[alias.function],
        )
        return document, new
    renamed = rename(document, old, new)
    renamed["Resources"] = {new if name == old else name: entry for name, entry in renamed["Resources"].items()}
    renamed["Resources"][new].update(_RETAIN)
    return renamed, new


def place_alias(document: dict[str, Any], alias: AliasName, version: str, findings: Findings) -> None:
    """Declares the parameter and puts it into the alias, which is added if it is not there."""
    resources = mapping(document["Resources"])
    parameter, condition = version_parameter(alias.function), f"Towpath{alias.function}FirstDeployment"
    document.setdefault("Parameters", {})[parameter] = {
        "Type": "String",
        "Default": "",
        "AllowedPattern": "[0-9]*",
        "Description": f"The version of {alias.function} that answers now; empty on the first deployment.",
    }
    document.setdefault("Conditions", {})[condition] = {"Fn::Equals": [{"Ref": parameter}, ""]}
    properties: dict[str, Any] = {"FunctionName": {"Ref": alias.function}, "Name": alias.name}
    entry = resources.setdefault(
        alias.alias,
        _with_condition({"Type": "AWS::Lambda::Alias", "Properties": properties}, resources[alias.function]),
    )
    taken = mapping(entry["Properties"])
    if "RoutingConfig" in taken:
        said = f"The alias {alias.alias} splits its traffic by itself."
        findings.refuse("alias-routing", said, alias.alias, "Remove its RoutingConfig; the pipeline sets the weights.")
    new_version = {"Fn::GetAtt": [version, "Version"]}
    taken["FunctionVersion"] = {"Fn::If": [condition, new_version, {"Ref": parameter}]}


def _version_of(resources: dict[str, Any], alias: AliasName) -> str | None:
    """The version that the alias takes, or the only one that the function has."""
    taken = mapping(mapping(resources.get(alias.alias)).get("Properties")).get("FunctionVersion")
    versions = [
        logical_id
        for logical_id, resource in resources.items()
        if mapping(resource).get("Type") == "AWS::Lambda::Version"
        and refers_to(mapping(mapping(resource).get("Properties")).get("FunctionName"), alias.function)
    ]
    return next((name for name in versions if refers_to(taken, name)), versions[0] if len(versions) == 1 else None)


def _with_condition(entry: dict[str, Any], function: Any) -> dict[str, Any]:
    condition = mapping(function).get("Condition")
    return {"Type": entry["Type"], **({"Condition": condition} if condition else {}), **entry}


def depends_on(resource: dict[str, Any], logical_id: str) -> None:
    """Lets a resource wait for another that it names without a reference."""
    names = [name for name in sequence(resource.get("DependsOn")) if name != logical_id]
    resource["DependsOn"] = [*names, logical_id]
