"""What PutEvents takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

SOUND = {"Source": "test", "DetailType": "Told", "Detail": "{}"}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"DetailType": "Told", "Detail": "{}"}, "InvalidArgument"),
        ({"Source": "test", "Detail": "{}"}, "InvalidArgument"),
        ({"Source": "test", "DetailType": "Told"}, "InvalidArgument"),
        ({**SOUND, "Detail": "{"}, "MalformedDetail"),
        ({**SOUND, "Detail": "[]"}, "MalformedDetail"),
        ({**SOUND, "Source": "aws.s3"}, "NotAuthorizedForSourceException"),
    ],
)
def test_a_broken_entry_is_refused_in_its_place(client: Callable[..., Any], broken: Any, code: str) -> None:
    answer = client("events").put_events(Entries=[SOUND, broken, SOUND])

    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][1]["ErrorCode"] == code
    assert answer["Entries"][0]["EventId"] != answer["Entries"][2]["EventId"]


def test_a_request_has_at_most_one_megabyte(client: Callable[..., Any]) -> None:
    def entry(size: int) -> dict[str, str]:
        return {**SOUND, "Detail": '{"a":"' + "x" * (size - 8) + '"}'}

    assert client("events").put_events(Entries=[entry(1024 * 1024 - 8)])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="size"):
        client("events").put_events(Entries=[entry(1024 * 1024 - 7)])
