"""The keys of the ledger's items."""

from __future__ import annotations

from towpath.promotion.records import Promotion

SERVICES = "SERVICES"
LEASE, LIVE = "LEASE", "LIVE"


def service_key(service: str, sort: str) -> dict[str, str]:
    return {"PK": f"SERVICE#{service}", "SK": sort}


def release_key(service: str, version: str) -> dict[str, str]:
    return service_key(service, f"RELEASE#{version}")


def environment_key(service: str, environment: str, part: str) -> dict[str, str]:
    return service_key(service, f"ENVIRONMENT#{environment}#{part}")


def promotion_key(promotion: Promotion) -> dict[str, str]:
    return service_key(promotion.service, f"PROMOTION#{promotion.environment}#{promotion.started}#{promotion.id}")


def expansion_key(service: str, fingerprint: str) -> dict[str, str]:
    return service_key(service, f"EXPANSION#{fingerprint}")


def plan_key(digest: str) -> dict[str, str]:
    return {"PK": f"PLAN#{digest}", "SK": "PLAN"}


def stack_key(account: str, region: str, stack: str) -> dict[str, str]:
    return {"PK": f"STACK#{account}#{region}#{stack}", "SK": "OWNER"}


def event_key(chain: str, identity: str) -> dict[str, str]:
    return {"PK": f"CHAIN#{chain}", "SK": f"EVENT#{identity}"}
