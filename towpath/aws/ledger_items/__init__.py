"""How the ledger's records look as DynamoDB items: their keys and their attributes.

One table, two string keys. What conditions look at is a native attribute; free-form parts (an event's detail, what a
live release carries along) are JSON text, because DynamoDB has no floats.

    SERVICES            / <service>                           that the service exists
    SERVICE#<service>   / RELEASE#<version>                   a release and who promotes it
    SERVICE#<service>   / ENVIRONMENT#<environment>#LEASE     who may change the environment
    SERVICE#<service>   / ENVIRONMENT#<environment>#LIVE      what serves there
    SERVICE#<service>   / PROMOTION#<environment>#<started>#<id>
    SERVICE#<service>   / REJECTION#<version>#<chain>         an upload that did not become a release
    SERVICE#<service>   / EXPANSION#<fingerprint>             an approved widening, and where it was used up
    PLAN#<digest>       / PLAN
    STACK#<account>#<region>#<stack> / OWNER
    CHAIN#<chain>       / EVENT#<id>                          the id comes from the cause, so a retry meets its own item
"""

from towpath.aws.ledger_items.attributes import pack, unpack
from towpath.aws.ledger_items.environments import from_contender, from_lease, from_live, to_contender, to_lease, to_live
from towpath.aws.ledger_items.events import from_event, to_event
from towpath.aws.ledger_items.keys import (
    LEASE,
    LIVE,
    SERVICES,
    environment_key,
    event_key,
    expansion_key,
    plan_key,
    promotion_key,
    release_key,
    service_key,
    stack_key,
)
from towpath.aws.ledger_items.plans import from_plan, to_plan
from towpath.aws.ledger_items.promotions import from_promotion, from_remark, to_promotion
from towpath.aws.ledger_items.releases import from_rejection, from_release, to_rejection, to_release

__all__ = [
    "LEASE",
    "LIVE",
    "SERVICES",
    "environment_key",
    "event_key",
    "expansion_key",
    "from_contender",
    "from_event",
    "from_lease",
    "from_live",
    "from_plan",
    "from_promotion",
    "from_rejection",
    "from_release",
    "from_remark",
    "pack",
    "plan_key",
    "promotion_key",
    "release_key",
    "service_key",
    "stack_key",
    "to_contender",
    "to_event",
    "to_lease",
    "to_live",
    "to_plan",
    "to_promotion",
    "to_rejection",
    "to_release",
    "unpack",
]
