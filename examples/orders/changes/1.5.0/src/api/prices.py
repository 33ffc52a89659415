"""What an order costs, in the smallest unit of the currency."""

from typing import Any

PRICES = {"barge": 12_000, "rope": 350, "lock-key": 90, "lantern": 1_450}
DECIMALS = {"EUR": 2, "GBP": 2, "JPY": 0}


def total(order: dict[str, Any], currency: str) -> int:
    """The price of all lines. Raises ValueError for an unknown item, KeyError for an unknown currency."""
    scale = 10 ** (DECIMALS[currency] - 2)
    price = 0
    for line in order["lines"]:
        if line["item"] not in PRICES:
            raise ValueError(f"there is no item {line['item']!r}")
        price += PRICES[line["item"]] * line.get("quantity", 1)
    return int(price * scale)
