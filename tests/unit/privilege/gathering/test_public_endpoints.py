"""Databases, brokers, services and clusters that get an address in the internet."""

from typing import Any

import pytest

from tests.unit.privilege.gathering.templates import Json, answer, compared, resource, template

USUAL = (
    "RDS::DBInstance", "RDS::DBCluster", "Redshift::Cluster", "RedshiftServerless::Workgroup", "AmazonMQ::Broker",
    "DMS::ReplicationInstance", "Neptune::DBInstance", "Lightsail::Database", "Timestream::InfluxDBInstance",
)  # fmt: skip


def one(kind: str, **properties: Any) -> Json:
    return template(Thing=resource(kind, **properties))


@pytest.mark.parametrize("kind", USUAL)
def test_what_becomes_public_is_an_expansion(kind: str) -> None:
    private, public = one(kind, PubliclyAccessible=False), one(kind, PubliclyAccessible="true")
    (finding,) = compared(private, public).findings
    assert [item.value for item in finding.classes] == ["public"]
    assert finding.severity.value == "high"
    assert answer(public, private) == "NO_EXPANSION"
    assert answer(template(), public) == "EXPANSION"
    assert answer(template(), private) == "NO_EXPANSION"


@pytest.mark.parametrize(
    ("kind", "new", "lost"),
    [
        ("RedshiftServerless::Workgroup", "NO_EXPANSION", "NO_EXPANSION"),
        ("RDS::DBInstance", "NO_EXPANSION", "EXPANSION"),
        ("DMS::ReplicationInstance", "EXPANSION", "EXPANSION"),
    ],
)
def test_what_is_left_out_is_as_the_service_does_it(kind: str, new: str, lost: str) -> None:
    assert answer(template(), one(kind)) == new
    assert answer(one(kind, PubliclyAccessible=False), one(kind)) == lost
    assert answer(one(kind, PubliclyAccessible=True), one(kind)) == "NO_EXPANSION"


def test_a_value_that_is_not_known_may_be_public() -> None:
    kind, unknown = "RDS::DBInstance", {"Fn::ImportValue": "is-public"}
    open_one, private, public = (one(kind, PubliclyAccessible=value) for value in (unknown, False, True))
    assert answer(open_one, open_one) == "NO_EXPANSION"
    assert answer(private, open_one) == "EXPANSION"
    assert answer(open_one, public) == "EXPANSION"
    assert answer(public, open_one) == "NO_EXPANSION"


def test_services_and_brokers_have_it_further_down() -> None:
    def service(value: Any) -> Json:
        return one("AppRunner::Service", NetworkConfiguration={"IngressConfiguration": {"IsPubliclyAccessible": value}})

    def broker(value: str) -> Json:
        info = {"ConnectivityInfo": {"PublicAccess": {"Type": value}}}
        return one("MSK::Cluster", BrokerNodeGroupInfo=info)

    assert answer(service(False), service(True)) == "EXPANSION"
    assert answer(service(False), one("AppRunner::Service")) == "EXPANSION"
    assert answer(broker("DISABLED"), broker("SERVICE_PROVIDED_EIPS")) == "EXPANSION"
    assert answer(broker("DISABLED"), one("MSK::Cluster")) == "NO_EXPANSION"
    assert answer(broker("SERVICE_PROVIDED_EIPS"), broker("DISABLED")) == "NO_EXPANSION"


def cluster(**config: Any) -> Json:
    return one("EKS::Cluster", ResourcesVpcConfig={"SubnetIds": ["s"], **config})


OFFICE, FLOOR = "198.51.100.0/24", "198.51.100.0/28"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (cluster(EndpointPublicAccess=False), cluster(EndpointPublicAccess=True)),
        (cluster(EndpointPublicAccess=False), cluster()),
        (cluster(PublicAccessCidrs=[OFFICE]), cluster()),
        (cluster(PublicAccessCidrs=[OFFICE]), cluster(PublicAccessCidrs=["0.0.0.0/0"])),
        (cluster(PublicAccessCidrs=[FLOOR]), cluster(PublicAccessCidrs=[OFFICE])),
        (cluster(PublicAccessCidrs=[OFFICE]), cluster(PublicAccessCidrs=[OFFICE, "203.0.113.0/24"])),
    ],
)
def test_a_cluster_that_takes_calls_from_more_addresses_is_an_expansion_one_way_only(old: Json, new: Json) -> None:
    assert answer(old, new) == "EXPANSION"
    assert answer(new, old) == "NO_EXPANSION"


def test_address_blocks_of_a_cluster_can_be_written_otherwise() -> None:
    halves = cluster(PublicAccessCidrs=["198.51.100.0/25", "198.51.100.128/25"])
    whole = cluster(PublicAccessCidrs=[OFFICE])
    assert answer(halves, whole) == "NO_EXPANSION"
    assert answer(whole, halves) == "NO_EXPANSION"
    (finding,) = compared(cluster(EndpointPublicAccess=False), cluster()).findings
    assert [item.value for item in finding.classes] == ["public"]
