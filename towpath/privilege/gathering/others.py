"""Types and properties that bear permissions in ways that nothing here judges: a new or changed one is not understood.

The list is short on purpose: everything with a policy document is read elsewhere.
"""

import re
from typing import Final

from towpath.privilege.gathering.grant import Grants
from towpath.privilege.gathering.resource_policies import values_at
from towpath.privilege.gathering.side import Side
from towpath.template.resolution import Resource
from towpath.template.value import canonical

_BEARING: Final = re.compile(
    r"AWS::(LakeFormation::(?!Permissions|PrincipalPermissions|Tag$).*|VerifiedPermissions::.*|RAM::(?!ResourceShare).*"
    r"|DataZone::PolicyGrant|SSO::(?!PermissionSet|Assignment).*|RolesAnywhere::TrustAnchor"
    r"|IoTSiteWise::AccessPolicy|Grafana::Workspace|EC2::ClientVpnAuthorizationRule"
    r"|ElasticLoadBalancingV2::TrustStore|Cassandra::.*Grant|RDS::DBSecurityGroup(Ingress)?"
    r"|ElastiCache::SecurityGroup(Ingress)?|Redshift::ClusterSecurityGroup(Ingress)?|EC2::NetworkInterfacePermission"
    r"|ServiceCatalog::CloudFormationProvisionedProduct|SecurityLake::Subscriber|QBusiness::DataAccessor"
    r"|Connect::SecurityProfile)|.*::MODULE"
)
_BEARING_PROPERTIES: Final = {
    "AWS::AppIntegrations::Application": ("Permissions",),
    "AWS::CloudFormation::StackSet": ("StackInstancesGroup", "ExecutionRoleName"),
    "AWS::EC2::FpgaImage": ("Public",),
    "AWS::Glue::Catalog": ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"),
    "AWS::Glue::Database": ("DatabaseInput/CreateTableDefaultPermissions",),
    "AWS::ImageBuilder::DistributionConfiguration": (
        "Distributions/*/AmiDistributionConfiguration/LaunchPermissionConfiguration",
    ),
    "AWS::Lightsail::Bucket": ("AccessRules", "ReadOnlyAccessAccounts", "ResourcesReceivingAccess"),
}
"""Properties of types that bear permissions in no other way."""

_OTHER_CONTROL: Final = "DECLARATIVE_POLICY_EC2"


def gather(side: Side, grants: Grants) -> None:
    """Adds every such resource as it stands."""
    for resource in side.resources():
        if _BEARING.fullmatch(resource.type) or _is_other_control(resource):
            name = f"{resource.type} {side.label(resource.logical_id)}"
            grants.opaque[name] = canonical(dict(resource.properties)), resource.path
        for pointer in _BEARING_PROPERTIES.get(resource.type, ()):
            for value, _, path in values_at(resource, pointer, ()):
                name = f"{pointer.split('/')[-1]} of {resource.type} {side.label(resource.logical_id)}"
                grants.opaque[name] = canonical(value), path


def _is_other_control(resource: Resource) -> bool:
    """A policy of an organization that is about access and no service or resource control policy: these are judged."""
    return resource.type == "AWS::Organizations::Policy" and resource.properties.get("Type") == _OTHER_CONTROL
