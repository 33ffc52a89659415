"""What a plan may show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.review.masking import Mask

MASK = Mask(["hunter22"], salt=b"salt")


@pytest.mark.parametrize(
    "name", ["Password", "DB_PASSWORD", "SecretString", "ApiKey", "API_KEY", "authToken", "MasterUserPassword"]
)
def test_values_under_secret_names_are_masked(name: str) -> None:
    assert "swordfish" not in str(MASK.value({name: "swordfish"}))


@pytest.mark.parametrize("name", ["SecretArn", "SECRET_NAME", "TokenUrl", "PasswordPolicy", "KeyId", "Timeout"])
def test_names_that_only_point_at_secrets_stay_readable(name: str) -> None:
    assert MASK.value({name: "orders/api"}) == {name: "orders/api"}


def test_a_dynamic_reference_is_shown() -> None:
    reference = "{{resolve:secretsmanager:orders/api:SecretString:key}}"
    assert MASK.value({"Password": reference}) == {"Password": reference}


def test_a_reference_that_is_only_part_of_a_secret_hides_the_rest() -> None:
    text = "{{resolve:ssm:user}}:swordfish"
    assert "swordfish" not in str(MASK.value({"Password": text}))


def test_digits_are_no_less_secret() -> None:
    assert "12345" not in str(MASK.value({"Password": "12345"}))


def test_a_hidden_parameter_is_masked_wherever_it_turns_up() -> None:
    assert "hunter22" not in str(MASK.value({"Url": "https://x:hunter22@db", "List": ["hunter22"]}))


def test_equal_secrets_have_equal_marks_and_another_salt_has_others() -> None:
    other = Mask([], salt=b"other")
    assert MASK.value("a", ("Password",)) == MASK.value("a", ("Password",))
    assert MASK.value("a", ("Password",)) != MASK.value("b", ("Password",))
    assert MASK.value("a", ("Password",)) != other.value("a", ("Password",))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner)))
def test_what_is_not_secret_is_left_alone(value: object) -> None:
    assert Mask([], salt=b"").value(value) == value
