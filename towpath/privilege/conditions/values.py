"""Numbers, moments and addresses as IAM writes them, each as a place on its line.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal
from fractions import Fraction
from ipaddress import IPv4Network, ip_network

from towpath.privilege.language.ranges import Ranges

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.IGNORECASE
)
_LONGEST_YEAR = 4
_V6 = 1 << 40
"""IPv6 addresses lie on the same line as IPv4 ones, this far above them."""

ADDRESSES = Ranges(((Fraction(0), 0), (Fraction(1 << 32), 0), (Fraction(_V6), 0), (Fraction(_V6 + (1 << 128)), 0)))


def number(text: str) -> Fraction | None:
    """An integer or decimal; None for anything else."""
    return Fraction(Decimal(text.strip())) if _NUMBER.fullmatch(text.strip()) else None


def moment(text: str) -> Fraction | None:
    """Seconds since 1970 of an ISO 8601 date (any of the W3C forms) or of an epoch time; None for anything else."""
    stripped = text.strip()
    if number(stripped) is not None and len(stripped) > _LONGEST_YEAR:
        return number(stripped)
    match = _MOMENT.fullmatch(stripped)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        at = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    return Fraction(int(at.timestamp())) + Fraction(fraction or 0) - _offset(zone)


def _offset(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)


def addresses(text: str) -> Ranges | None:
    """The addresses of an IP address or CIDR block, v4 or v6; None for anything else."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    base = 0 if isinstance(network, IPv4Network) else _V6
    first, last = int(network.network_address), int(network.broadcast_address)
    return Ranges(((Fraction(base + first), 0), (Fraction(base + last + 1), 0)))


def address(text: str) -> Fraction | None:
    """The place of one address on the line; None for anything else, a block of more than one among them."""
    found = addresses(text)
    if found is None or found.cuts[1][0] - found.cuts[0][0] != 1:
        return None
    return Fraction(found.cuts[0][0])


def number_text(value: Fraction) -> str:
    """A number as a request would carry it: every digit of a decimal that ends, the first ones of one that does not."""
    whole = f"{Decimal(value.numerator):f}"  # `str` refuses integers of more than 4,300 digits
    if value.denominator == 1:
        return whole
    digits = len(whole) + value.denominator.bit_length()
    return format(Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator)), "f")


def moment_text(value: Fraction) -> str:
    """A moment as a request would carry it: ISO 8601 in UTC where the calendar reaches, else epoch seconds."""
    if value.denominator not in {1, 2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500, 1000}:
        return number_text(value)
    try:
        at = datetime(1970, 1, 1, tzinfo=timezone(timedelta())) + timedelta(milliseconds=int(value * 1000))
    except OverflowError:
        return number_text(value)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def address_text(value: Fraction) -> str:
    """An address as a request would carry it."""
    from ipaddress import IPv4Address, IPv6Address

    return str(IPv4Address(int(value)) if value < _V6 else IPv6Address(int(value) - _V6))
