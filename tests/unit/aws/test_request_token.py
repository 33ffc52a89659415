"""Tokens that CloudFormation accepts: their pattern is in its API reference."""

import re

from hypothesis import given
from hypothesis import strategies as st

from towpath.aws.deployer import request_token


@given(st.text(min_size=1).map(lambda text: f"{text}-1a2b3c4d"))
def test_a_token_has_the_documented_shape_and_keeps_its_end(mark: str) -> None:
    token = request_token(mark)
    assert re.fullmatch(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}", token)
    assert token.endswith("1a2b3c4d")


def test_versions_have_dots_and_tokens_do_not() -> None:
    assert request_token("orders-1.0.0-preview-dd221669") == "orders-1-0-0-preview-dd221669"
