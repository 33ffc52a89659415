"""Which version a stack has published."""

from towpath.traffic.versions import published_version


def arn(function: str, version: int) -> str:
    return f"arn:aws:lambda:eu-west-1:111111111111:function:{function}:{version}"


def test_the_highest_number_counts_not_the_last_in_the_alphabet() -> None:
    assert published_version("api", [arn("api", 9), arn("api", 10)]) == "10"


def test_another_function_with_a_longer_name_is_another_function() -> None:
    assert published_version("api", [arn("api-2", 3), "api", "orders-table"]) == ""


def test_an_alias_is_no_version() -> None:
    assert published_version("api", ["arn:aws:lambda:eu-west-1:111111111111:function:api:live"]) == ""


def test_no_function_has_no_version() -> None:
    assert published_version("", [arn("", 3)]) == ""
