"""Profiles of the people of the embedded AWS, with a real IAM behind them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import Any, cast

import boto3
import botocore.session
import pytest

from local_cloud.cloud import LocalCloud, Options
from towpath.cli.local.people import CREDENTIALS_FILE, make_people, variables, write_profiles

pytestmark = pytest.mark.embedded
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud.start(tmp_path_factory.mktemp("people"), options=Options(detached=False))
    yield cloud
    cloud.purge()


def session() -> Any:
    """A new one each time: boto3's own would keep the profiles that it read first."""
    return cast(Any, boto3).Session(botocore_session=botocore.session.Session())


def iam(cloud: LocalCloud) -> Any:
    key = cloud.administrator
    return session().client(
        "iam",
        endpoint_url=cloud.endpoint,
        region_name=cloud.region,
        aws_access_key_id=key.access,
        aws_secret_access_key=key.secret,
    )


def who(found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return session().client("sts").get_caller_identity()["Arn"].rpartition("/")[2]


def test_without_towpath_there_is_the_administrator_only(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profiles(cloud)
    assert who(variables(cloud), monkeypatch) == "administrator"
    with pytest.raises(KeyError):
        variables(cloud, "reviewer")


def test_a_profile_makes_the_person_and_making_them_again_keeps_the_keys(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = {"uploader": READ_ONLY, "reviewer": READ_ONLY}
    make_people(cloud, iam(cloud), policies)
    file = cloud.folder / CREDENTIALS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert who(variables(cloud), monkeypatch) == "uploader"
    assert who(variables(cloud, "reviewer"), monkeypatch) == "reviewer"
    assert variables(cloud)["TOWPATH_REVIEWER_PROFILE"] == "reviewer"

    before = file.read_text()
    make_people(cloud, iam(cloud), policies)
    assert file.read_text() == before


def test_a_key_that_aws_does_not_know_any_more_is_made_anew(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    policies = {"uploader": READ_ONLY}
    make_people(cloud, iam(cloud), policies)
    (known,) = iam(cloud).list_access_keys(UserName="uploader")["AccessKeyMetadata"]
    iam(cloud).delete_access_key(UserName="uploader", AccessKeyId=known["AccessKeyId"])
    make_people(cloud, iam(cloud), policies)
    assert who(variables(cloud, "uploader"), monkeypatch) == "uploader"
