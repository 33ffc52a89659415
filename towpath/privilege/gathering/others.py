"""Types that bear permissions in ways that nothing here judges: a new or changed one is said to be not understood.

The list is short on purpose: everything with a policy document is read elsewhere.
"""

import re
from typing import Final

from towpath.privilege.gathering.grant import Grants
from towpath.privilege.gathering.side import Side
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_BEARING: Final = re.compile(
    r"AWS::(LakeFormation::(?!Permissions|PrincipalPermissions|Tag$).*|VerifiedPermissions::.*|RAM::(?!ResourceShare).*"
    r"|DataZone::PolicyGrant|SSO::(?!PermissionSet|Assignment).*|RolesAnywhere::TrustAnchor"
    r"|IoTSiteWise::AccessPolicy|Grafana::Workspace|EC2::ClientVpnAuthorizationRule"
    r"|ElasticLoadBalancingV2::TrustStore|Cassandra::.*Grant)"
)
_OTHER_CONTROLS: Final = ("RESOURCE_CONTROL_POLICY", "DECLARATIVE_POLICY_EC2")


def gather(side: Side, grants: Grants) -> None:
    """Adds every such resource as it stands."""
    for resource in side.resources():
        if _BEARING.fullmatch(resource.type) or _is_other_control(resource):
            name = f"{resource.type} {side.label(resource.logical_id)}"
            grants.opaque[name] = canonical(dict(resource.properties)), resource.path


def _is_other_control(resource: Resource) -> bool:
    """A policy of an organization that is about access and not a service control policy, which is judged."""
    return resource.type == "AWS::Organizations::Policy" and resource.properties.get("Type") in _OTHER_CONTROLS
