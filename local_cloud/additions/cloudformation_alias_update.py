"""Aliases that move through CodeDeploy during a stack update.

AWS: an alias with `UpdatePolicy.CodeDeployLambdaAliasUpdate` is shifted by a CodeDeploy deployment, the update waits
for it and rolls back when it fails
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html), and references
in policies and metadata order the resources as those in properties do. Stock ministack ignores all of that.

Seams: the update handler of `AWS::Lambda::Alias` in `cloudformation.provisioners._RESOURCE_HANDLERS`,
`cloudformation.stacks._deploy_stack_async` and `_roll_back_operation`, `cloudformation.engine._extract_deps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.cloudformation import alias_shift, deploying
from local_cloud.cloudformation.resource_type import wait_for
from local_cloud.cloudformation.seams import replace
from local_cloud.service_role import ministack

_REFERRING = ("UpdatePolicy", "CreationPolicy", "Metadata")


def install() -> None:
    deploying.remember_operations()
    replace("engine", "_extract_deps", _all_references)
    alias = ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::Lambda::Alias"]
    alias["update"] = alias_shift.through_codedeploy(alias["update"])
    wait_for("AWS::Lambda::Alias")


def _all_references(stock: Callable[..., set[str]]) -> Callable[..., set[str]]:
    engine = ministack("services.cloudformation.engine")

    def extract(definition: Mapping[str, Any], names: set[str]) -> set[str]:
        elsewhere = [definition[attribute] for attribute in _REFERRING if attribute in definition]
        return stock(definition, names) | {name for name, _ in engine._intrinsic_references(elsewhere) if name in names}

    return extract
