"""Gathers all that one template grants, family by family."""

from dataclasses import replace

from towpath.privilege.gathering import (
    apis,
    buckets,
    ceilings,
    functions,
    given,
    iam,
    identity_pools,
    network_acls,
    network_uses,
    others,
    permission_sets,
    public_endpoints,
    resource_policies,
    security_groups,
    workloads,
)
from towpath.privilege.gathering.circumstances import Circumstances
from towpath.privilege.gathering.grant import Grants
from towpath.privilege.gathering.managed_policies import merged
from towpath.privilege.gathering.side import Side

_FAMILIES = (
    iam,
    permission_sets,
    functions,
    resource_policies,
    buckets,
    security_groups,
    network_uses,
    network_acls,
    public_endpoints,
    apis,
    identity_pools,
    workloads,
    ceilings,
    given,
    others,
)


def gather(side: Side, circumstances: Circumstances | None = None) -> Grants:
    """Everything that the template grants; members of its groups hold what the groups hold."""
    grants = Grants(circumstances=circumstances or Circumstances())
    for family in _FAMILIES:
        family.gather(side, grants)
    _inherit(grants)
    return grants


def _inherit(grants: Grants) -> None:
    documents, named = list(grants.documents), list(grants.named)
    for member in grants.members:
        for document in documents:
            if document.subject == member.group:
                guards = merged(document.guards, member.guards)
                grants.documents.append(replace(document, subject=member.user, guards=guards))
        for item in named:
            if item.subject == member.group:
                guards = merged(item.guards, member.guards)
                grants.named.append(replace(item, subject=member.user, guards=guards))
