"""What is known about a context key: whether it holds one value or several, and what kind of value.

Global keys are listed here (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html);
the keys of services come from the catalogue. A key that nobody describes may hold anything.
"""

from dataclasses import dataclass
from typing import Final

from towpath.privilege import catalogue


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """`type_name` is the catalogue's (`String`, `ARN`, `Bool`, `Numeric`, `Date`, `IPAddress`), empty when unknown."""

    multivalued: bool | None
    type_name: str = ""


_LISTS: Final = frozenset(
    {
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "aws:vpceorgpaths",
        "cognito-identity.amazonaws.com:amr",
    }
)
_TYPED: Final = {
    "aws:currenttime": "Date",
    "aws:epochtime": "Date",
    "aws:tokenissuetime": "Date",
    "aws:federatedprovider": "String",
    "aws:multifactorauthage": "Numeric",
    "aws:multifactorauthpresent": "Bool",
    "aws:principalisawsservice": "Bool",
    "aws:securetransport": "Bool",
    "aws:viaawsservice": "Bool",
    "aws:viaawsmcpservice": "Bool",
    "aws:sourceip": "IPAddress",
    "aws:vpcsourceip": "IPAddress",
    "aws:principalarn": "ARN",
    "aws:sourcearn": "ARN",
    "aws:sourceinstancearn": "ARN",
    "lambda:sourcefunctionarn": "ARN",
    "aws:ec2instancesourceprivateipv4": "IPAddress",
    "ec2:sourceinstancearn": "ARN",
}

SAME_MOMENT: Final = {"aws:epochtime": "aws:currenttime"}
"""Keys that say the same thing as another: both are the time of the request, and both are always there together."""


def facts(key: str) -> KeyFacts:
    """What is known about a key, given in lower case."""
    if key in _LISTS:
        return KeyFacts(multivalued=True, type_name="String")
    if key in _TYPED:
        return KeyFacts(multivalued=False, type_name=_TYPED[key])
    described = catalogue.context_key_type(key)
    if described is not None:
        return KeyFacts(described.startswith("ArrayOf"), described.removeprefix("ArrayOf"))
    return KeyFacts(multivalued=False if key.startswith("aws:") else None)
