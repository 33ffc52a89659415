"""Names that AWS limits: a deployment group has at most 100 characters, a logical id up to 255."""

from hypothesis import given
from hypothesis import strategies as st

from towpath.aws.stage import group_name

SERVICES = st.from_regex(r"[a-z][a-z0-9-]{0,38}[a-z0-9]", fullmatch=True)
FUNCTIONS = st.from_regex(r"[A-Za-z0-9]{1,255}", fullmatch=True)


@given(SERVICES, FUNCTIONS)
def test_a_group_name_fits(service: str, function: str) -> None:
    assert len(group_name(service, function)) <= 100


@given(st.lists(st.tuples(SERVICES, FUNCTIONS), min_size=2, unique=True))
def test_no_two_aliases_share_a_group(pairs: list[tuple[str, str]]) -> None:
    assert len({group_name(*pair) for pair in pairs}) == len(pairs)


def test_long_ids_that_differ_only_at_their_end_are_told_apart() -> None:
    assert group_name("orders", "A" * 200 + "1") != group_name("orders", "A" * 200 + "2")
    assert group_name("orders", "Api") == "orders-Api"
