"""What the pseudo parameters of a template are worth: given by the caller, derived from the region, or a symbol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from towpath.template.value import NO_VALUE, Symbol, SymbolKind

_PARTITIONS = (
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
)


@dataclass(frozen=True, slots=True)
class PseudoParameters:
    """What is known of the place a template is deployed to; None means not known.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
    """

    account_id: str | None = None
    region: str | None = None
    partition: str | None = None
    stack_name: str | None = None
    stack_id: str | None = None
    url_suffix: str | None = None
    notification_arns: tuple[str, ...] | None = None

    def values(self) -> Mapping[str, Any]:
        """Name → value or symbol, for every pseudo parameter."""
        partition, suffix = _place(self.region)
        given: dict[str, Any] = {
            "AWS::AccountId": self.account_id,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition or partition,
            "AWS::StackName": self.stack_name,
            "AWS::StackId": self.stack_id,
            "AWS::URLSuffix": self.url_suffix or suffix,
            "AWS::NotificationARNs": None if self.notification_arns is None else list(self.notification_arns),
        }
        known = {
            name: Symbol(f"${{{name}}}", SymbolKind.PSEUDO) if value is None else value for name, value in given.items()
        }
        return known | {"AWS::NoValue": NO_VALUE}


def _place(region: str | None) -> tuple[str | None, str | None]:
    if region is None:
        return None, None
    found = next((place for place in _PARTITIONS if region.startswith(place[0])), None)
    return (found[1], found[2]) if found else ("aws", "amazonaws.com")
