"""How the members of an API are spelled in a state machine."""

from __future__ import annotations

import pytest

from local_cloud.step_functions.integrations import sdk_name


@pytest.mark.parametrize(
    ("member", "spelled"),
    [
        ("executionArn", "ExecutionArn"),
        ("KMSKeyId", "KmsKeyId"),
        ("DBClusters", "DbClusters"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("NULL", "Nul"),
        ("SS", "Ss"),
        ("StackId", "StackId"),
    ],
)
def test_members_are_spelled_as_in_the_sdk(member: str, spelled: str) -> None:
    assert sdk_name(member) == spelled
