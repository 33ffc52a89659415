"""What has an address in the internet: databases, brokers, services, and the API of Kubernetes clusters.

Security groups and passwords may still keep strangers out; an endpoint that was private and is public is told all the
same. What AWS does where nothing is written: public, private, or (None) as the network is, which counts only where the
old template said otherwise.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
(PubliclyAccessible), https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html,
https://docs.aws.amazon.com/apprunner/latest/dg/network-pl.html, https://docs.aws.amazon.com/msk/latest/developerguide/public-access.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, Guards, entries, options
from towpath.privilege.gathering.network_rule import NetworkRule, is_everywhere, peer_of
from towpath.privilege.gathering.resource_policies import values_at
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import subject_of
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.value import canonical, scalar_text

_USUAL: Final = "PubliclyAccessible"
_POINTERS: Final = {
    "AWS::AppRunner::Service": "NetworkConfiguration/IngressConfiguration/IsPubliclyAccessible",
    "AWS::MSK::Cluster": "BrokerNodeGroupInfo/ConnectivityInfo/PublicAccess/Type",
}
_BY_DEFAULT: Final[dict[str, bool | None]] = {
    "AWS::AppRunner::Service": True,
    "AWS::DMS::ReplicationInstance": True,
    "AWS::M2::Environment": None,
    "AWS::Neptune::DBInstance": None,
    "AWS::RDS::DBCluster": None,
    "AWS::RDS::DBInstance": None,
    "AWS::RDS::DBShardGroup": None,
    "AWS::Redshift::Cluster": None,
}
"""Of the other types, what is not said to be public is private."""
_PRIVATE: Final = ("false", "DISABLED")
_EVERYWHERE: Final = "0.0.0.0/0"
_GRANT: Final = "public endpoint"
_STRANGER: Final = Principal("*", "*")


@dataclass(frozen=True, slots=True)
class Publicity:
    """That something is public, or may be: then `unless` is the value that nobody knows yet."""

    unless: str = ""

    def covered_by(self, rules: Iterable[object]) -> bool:
        """Whether it was public before, or open in the same way."""
        return any(isinstance(rule, Publicity) and rule.unless in ("", self.unless) for rule in rules)


def gather(side: Side, grants: Grants) -> None:
    """Adds every endpoint that is public."""
    for resource in side.resources():
        subject = subject_of(side, resource)
        if resource.type == "AWS::EKS::Cluster":
            grants.facts.extend(_cluster(resource, subject, side.guards(resource)))
            continue
        pointer = _POINTERS.get(resource.type, _USUAL)
        found = values_at(resource, pointer, side.guards(resource))
        told = [item for value, when, path in found for item in options(value, when, path)]
        name = f"{subject} {pointer}"
        if told:
            grants.explicit.add(name)
            grants.facts.extend(
                _fact(subject, pointer, value, when, path) for value, when, path in told if not _is_private(value)
            )
        else:
            _left_out(grants, resource, _fact(subject, pointer, "true", side.guards(resource), resource.path), name)


def _left_out(grants: Grants, resource: Resource, fact: Fact, name: str) -> None:
    default = _BY_DEFAULT.get(resource.type, False)
    if default is None:
        grants.defaults[name] = [fact]
    elif default:
        grants.facts.append(fact)


def _is_private(value: Any) -> bool:
    return scalar_text(value) in _PRIVATE


def _fact(subject: str, pointer: str, value: Any, guards: Guards, path: Path) -> Fact:
    unless = "" if scalar_text(value) is not None else canonical(value)
    name = pointer.rpartition("/")[2]
    return Fact(
        subject=subject,
        grant=_GRANT,
        what=f"public {unless}",
        title=f"{subject} newly has {'perhaps ' if unless else ''}a public address ({pointer.split('/')[0]})",
        request=Request("network:ingress", subject, _STRANGER, context={name: unless or "true"}),
        path=path,
        severity=Severity.HIGH,
        classes=(FindingClass.PUBLIC,),
        guards=guards,
        rule=Publicity(unless),
    )


def _cluster(resource: Resource, subject: str, guards: Guards) -> Iterator[Fact]:
    """The address blocks that may speak to a cluster's API from outside; everybody, if it says nothing."""
    at = (*resource.path, "Properties", "ResourcesVpcConfig")
    for config, when, path in entries(resource.properties.get("ResourcesVpcConfig", {}), guards, at):
        for public, also, place in options(config.get("EndpointPublicAccess", True), when, path):
            if _is_private(public):
                continue
            for block, then, where in options(config.get("PublicAccessCidrs") or [_EVERYWHERE], also, place):
                yield _opening(subject, block, then, where)


def _opening(subject: str, block: Any, guards: Guards, path: Path) -> Fact:
    kind, addresses = peer_of(block)
    is_public = is_everywhere(block)
    return Fact(
        subject=subject,
        grant=_GRANT,
        what=f"endpoint {block}",
        title=f"{subject} newly takes calls of its Kubernetes API from {block}",
        request=Request("network:ingress", subject, _STRANGER, context={"peer": str(block), "traffic": "tcp 443"}),
        path=path,
        severity=Severity.HIGH if is_public else Severity.MEDIUM,
        classes=(FindingClass.PUBLIC,) if is_public else (),
        guards=guards,
        rule=NetworkRule((6, 6), (443, 443), f"Ingress {kind}", addresses),
    )
