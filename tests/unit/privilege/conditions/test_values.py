"""Numbers, moments and addresses as policies write them, read and written again."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from towpath.privilege.conditions.values import (
    ADDRESSES,
    address_text,
    addresses,
    moment,
    moment_text,
    number,
    number_text,
)

NEW_YEAR = 1767225600


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-5", -5), ("+5", 5), ("5.50", Fraction(11, 2)), (".5", Fraction(1, 2)), (" 5 ", 5)]
    + [(text, None) for text in ("", "five", "5e3", "1/2", "0x10", "NaN", "Infinity", "1_000")],
)
def test_numbers(text: str, value: int | Fraction | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00Z", 0),
        ("2026-01-01T00:00Z", 0),
        ("2026-01-01", 0),
        ("2026-01", 0),
        ("2026", 0),
        ("2026-01-01T00:00:00.5Z", Fraction(1, 2)),
        ("2026-01-01T02:00:00+02:00", 0),
        ("2025-12-31T19:00:00-0500", 0),
        (str(NEW_YEAR), 0),
        (f"{NEW_YEAR}.5", Fraction(1, 2)),
    ],
)
def test_moments(text: str, seconds: int | Fraction) -> None:
    assert moment(text) == NEW_YEAR + seconds


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-01-32", "2026-1-1", "01/01/2026"])
def test_what_is_no_moment(text: str) -> None:
    assert moment(text) is None


@given(st.integers(-60_000_000_000, 250_000_000_000))
def test_a_moment_written_is_the_moment_read(second: int) -> None:
    assert moment(moment_text(Fraction(second))) == second


@given(st.integers(), st.integers(0, 12), st.integers(0, 12))
@example(9007199254740993, 1, 0)
def test_a_number_written_is_the_number_read(numerator: int, twos: int, fives: int) -> None:
    value = Fraction(numerator, 2**twos * 5**fives)
    assert number(number_text(value)) == value


@given(st.ip_addresses())
def test_an_address_written_is_the_address_read(address: object) -> None:
    block = addresses(str(address))
    assert block is not None
    sample = block.sample()
    assert sample is not None
    assert address_text(sample) == str(address)
    assert (block & ADDRESSES) == block


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.0/33", "everywhere", "10.0.0.0/8/8"])
def test_what_is_no_address(text: str) -> None:
    assert addresses(text) is None


def test_neighbouring_blocks_make_one() -> None:
    halves = [addresses("10.0.0.0/9"), addresses("10.128.0.0/9")]
    assert None not in halves
    assert addresses("10.5.5.5/8") == addresses("10.0.0.0/8")
    assert halves[0] is not None
    assert halves[1] is not None
    assert (halves[0] | halves[1]) == addresses("10.0.0.0/8")
