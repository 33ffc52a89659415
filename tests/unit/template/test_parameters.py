"""Parameter values are checked against what the template declares before anything is deployed."""

import pytest

from towpath.template.loading import load_template
from towpath.template.parameters import check_parameters, declared_parameters, missing_parameters

TEMPLATE = load_template("""
Parameters:
  Env: {Type: String, AllowedValues: [dev, prod]}
  Name: {Type: String, Default: abc, AllowedPattern: "[a-z]+", MinLength: 2, MaxLength: 4}
  Count: {Type: Number, Default: 1, MinValue: 1, MaxValue: 5}
  Zones: {Type: CommaDelimitedList, Default: "a,b", AllowedValues: [a, b, c]}
  Ports: {Type: "List<Number>", Default: "1,2"}
  Secret: {Type: String, NoEcho: true, Default: "", AllowedPattern: "[0-9]*"}
  Image: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /x, AllowedPattern: nothing}
  Java: {Type: String, Default: x, AllowedPattern: "\\\\p{Alpha}+("}
""")

REFUSED = {
    "Env": ("test", "not among the allowed values"),
    "Name": ("ABC", "does not match"),
    "Count": ("9", "above 5"),
    "Zones": (["a", "z"], "'z', which is not among"),
    "Ports": ("1, x", "not a number"),
    "Secret": ("letmein", "(hidden)"),
}


def test_defaults_fill_in_and_the_missing_are_named() -> None:
    assert missing_parameters(TEMPLATE, {}) == ("Env",)
    assert [reason.code for reason in check_parameters(TEMPLATE, {})] == ["parameter-missing"]
    assert check_parameters(TEMPLATE, {"Env": "dev"}) == ()


@pytest.mark.parametrize(("name", "case"), REFUSED.items())
def test_a_value_that_is_not_allowed_is_refused_with_the_rule(name: str, case: tuple[str | list[str], str]) -> None:
    value, said = case
    (reason,) = check_parameters(TEMPLATE, {"Env": "dev", name: value})
    assert said in reason.message
    assert f"Parameters.{name}" in reason.where
    assert "letmein" not in str(reason)


@pytest.mark.parametrize("value", [1, 1.5, "2", True, ["dev"]])
def test_values_of_every_scalar_type_are_taken_as_their_text(value: object) -> None:
    declared = load_template("Parameters: {A: {Type: String}}")
    assert check_parameters(declared, {"A": value}) == ()


def test_lengths_numbers_and_unknown_names_are_checked() -> None:
    found = [
        reason.message for reason in check_parameters(TEMPLATE, {"Env": "dev", "Name": "a", "Count": "x", "Typo": 1})
    ]
    assert "The parameter Name is 'a', which is shorter than 2 characters." in found
    assert "The parameter Count is 'x', which is not a number." in found
    assert "The template declares no parameter Typo." in found
    assert check_parameters(TEMPLATE, {"Env": {"a": 1}})[0].message.startswith("The parameter Env is neither")


def test_a_pattern_that_only_java_understands_is_left_to_cloudformation() -> None:
    assert check_parameters(TEMPLATE, {"Env": "dev", "Java": "anything"}) == ()


def test_a_list_from_the_parameter_store_is_a_list() -> None:
    assert declared_parameters(TEMPLATE)["Image"].is_list
    assert declared_parameters(TEMPLATE)["Secret"].no_echo
