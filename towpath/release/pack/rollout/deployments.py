"""Lets API Gateway take a new snapshot when an integration has moved to an alias.

A deployment of an API is a snapshot that a stack update does not renew: a stage would go on calling the function. A new
logical id makes a new snapshot (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
aws-resource-apigateway-deployment.html). The suffix depends on the aliases only, so it changes when rollout begins.
"""

import hashlib
from collections.abc import Collection
from typing import Any

from towpath.release.pack.packed import MovedReference
from towpath.release.pack.rollout.expression import rename
from towpath.template.traversal import mapping

_SNAPSHOTS = {
    "AWS::ApiGateway::Method": "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Authorizer": "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::RestApi": "AWS::ApiGateway::Deployment",
    "AWS::ApiGatewayV2::Api": "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::Authorizer": "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::Integration": "AWS::ApiGatewayV2::Deployment",
}


def renew_deployments(
    document: dict[str, Any], moved: Collection[MovedReference], aliases: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """The document with new logical ids for the snapshots of moved integrations, and those ids."""
    resources = mapping(document.get("Resources"))
    kinds = {_SNAPSHOTS.get(_kind(resources, reference.place.split(".")[1])) for reference in moved}
    suffix = hashlib.sha256(" ".join(sorted(aliases)).encode()).hexdigest()[:8]
    renewed: list[str] = []
    for logical_id in list(resources):
        if _kind(resources, logical_id) in kinds - {None}:
            renewed.append(f"{logical_id}{suffix}")
            document = rename(document, logical_id, renewed[-1])
            document["Resources"] = {
                renewed[-1] if name == logical_id else name: entry for name, entry in document["Resources"].items()
            }
    return document, renewed


def _kind(resources: dict[str, Any], logical_id: str) -> str:
    return str(mapping(resources.get(logical_id)).get("Type"))
