"""Sessions share what AWS's services look like, and nothing of who they are."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from towpath.aws.session import open_session


def credentials(of: str) -> dict[str, str]:
    return {"aws_access_key_id": of, "aws_secret_access_key": f"secret of {of}", "region_name": f"{of}-north-1"}


def client(of: str, service: str) -> Any:
    session: Any = open_session(**credentials(of))
    return session.client(service)


def test_each_session_keeps_its_own_credentials_and_region() -> None:
    clients = {name: client(name, "sqs") for name in ("eu", "us")}
    for name, made in clients.items():
        signed_by = made._request_signer._credentials
        assert (signed_by.access_key, signed_by.secret_key) == (name, f"secret of {name}")
        assert made.meta.region_name == f"{name}-north-1"


def test_a_description_is_read_once_for_all_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    client("eu", "cloudformation")
    read: list[str] = []
    load: Callable[..., Any] = JSONFileLoader.load_file

    def note(loader: JSONFileLoader, path: str) -> Any:
        content = load(loader, path)
        read.extend([path] if content is not None else [])
        return content

    monkeypatch.setattr(JSONFileLoader, "load_file", note)
    client("us", "cloudformation")
    assert read == []
    client("us", "codedeploy")
    assert read
