"""Types that bear permissions in ways that nothing here judges: a new or changed one is said to be not understood.

The list is short on purpose: everything with a policy document is read elsewhere.
"""

import re
from typing import Final

from towpath.privilege.gathering.grant import Grants
from towpath.privilege.gathering.side import Side
from towpath.template.value import canonical

_BEARING: Final = re.compile(
    r"AWS::(LakeFormation::.*|VerifiedPermissions::.*|Organizations::Policy|RAM::.*|EKS::AccessEntry"
    r"|EKS::PodIdentityAssociation|ACMPCA::Permission|DataZone::PolicyGrant|IAM::ServiceLinkedRole"
    r"|SSO::(?!PermissionSet|Assignment).*|QuickSight::.*Permission.*|RolesAnywhere::(TrustAnchor|Profile)"
    r"|IoTSiteWise::AccessPolicy|Grafana::Workspace|EC2::ClientVpnAuthorizationRule|EC2::VPCEndpointServicePermissions"
    r"|ElasticLoadBalancingV2::TrustStore|Cassandra::.*Grant)"
)


def gather(side: Side, grants: Grants) -> None:
    """Adds every such resource as it stands."""
    for resource in side.resources():
        if _BEARING.fullmatch(resource.type):
            name = f"{resource.type} {side.label(resource.logical_id)}"
            grants.opaque[name] = canonical(dict(resource.properties)), resource.path
