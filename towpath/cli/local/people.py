"""The people of the embedded AWS: who they are, what each may do, and where their keys are kept.

Their keys go into files of AWS's own form in the folder, one profile each, so that `AWS_PROFILE` chooses the person.
A person that may upload and one that may approve are two: the pipeline's policies exclude one another.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from local_cloud.cloud import Key, LocalCloud
from towpath.cli.pipeline import REVIEWER_PROFILE

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

ADMINISTRATOR: Final = "administrator"
UPLOADER: Final = "uploader"
REVIEWER: Final = "reviewer"
PEOPLE: Final = (UPLOADER, REVIEWER, ADMINISTRATOR)
CREDENTIALS_FILE: Final = "credentials"
CONFIG_FILE: Final = "config"


def make_people(cloud: LocalCloud, iam: IAMClient, policies: Mapping[str, str]) -> None:
    """Make every person in `policies` (name → ARN of a managed policy) who is not there yet, with a profile."""
    kept = _read(cloud.folder)
    _write(cloud, {name: _person(iam, name, policy, kept.get(name)) for name, policy in policies.items()})


def write_profiles(cloud: LocalCloud) -> None:
    """The files that AWS's command and libraries read, with the people known so far; the port may be a new one."""
    _write(cloud, {})


def _write(cloud: LocalCloud, more: Mapping[str, Key]) -> None:
    keys = {**_read(cloud.folder), ADMINISTRATOR: cloud.administrator, **more}
    credentials, config = configparser.RawConfigParser(), configparser.RawConfigParser()
    for name, key in keys.items():
        credentials[name] = {"aws_access_key_id": key.access, "aws_secret_access_key": key.secret}
        config[f"profile {name}"] = {"region": cloud.region, "endpoint_url": cloud.endpoint}
    for file, content in ((CREDENTIALS_FILE, credentials), (CONFIG_FILE, config)):
        path = cloud.folder / file
        path.touch(mode=0o600)
        with path.open("w") as stream:
            content.write(stream)


def variables(cloud: LocalCloud, person: str = "") -> dict[str, str]:
    """What a shell needs to be this person; by default the uploader, or the administrator when there is no other."""
    known = _read(cloud.folder)
    chosen = person or (UPLOADER if UPLOADER in known else ADMINISTRATOR)
    if chosen not in known:
        raise KeyError(chosen)
    found = {
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_REGION": cloud.region,
        "AWS_DEFAULT_REGION": cloud.region,
        "AWS_CONFIG_FILE": str(cloud.folder / CONFIG_FILE),
        "AWS_SHARED_CREDENTIALS_FILE": str(cloud.folder / CREDENTIALS_FILE),
        "AWS_PROFILE": chosen,
    }
    return {**found, REVIEWER_PROFILE: REVIEWER} if REVIEWER in known else found


def _read(folder: Path) -> dict[str, Key]:
    content = configparser.RawConfigParser()
    content.read(folder / CREDENTIALS_FILE)
    return {
        name: Key(content[name]["aws_access_key_id"], content[name]["aws_secret_access_key"])
        for name in content.sections()
    }


def _person(iam: IAMClient, name: str, policy: str, kept: Key | None) -> Key:
    """A user with one managed policy, and a key that is the kept one as long as AWS knows it."""
    try:
        iam.create_user(UserName=name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "EntityAlreadyExists":
            raise
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    known = [key.get("AccessKeyId", "") for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
    if kept is not None and kept.access in known:
        return kept
    for access in known:
        iam.delete_access_key(UserName=name, AccessKeyId=access)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])
