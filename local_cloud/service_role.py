"""Acting as AWS services do: whether a service may assume a role, and clients that hold a session of it.

On AWS a state machine, a rule or a stack does nothing in its own name: the service assumes the role that it was given
and calls other services with that. So here: the calls go over the emulator's own endpoint, signed with a session of the
role, and meet the same IAM checks as anybody's. Without IAM (`--no-iam`) they carry the account's own key.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
"""

from __future__ import annotations

import importlib
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any, cast

from botocore.config import Config
from botocore.session import Session

from local_cloud.settings import settings

SESSION_SECONDS = 12 * 60 * 60
RENEW_SECONDS = 60 * 60
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\w+=,.@-]+/)*([\w+=,.@-]+)")
_LONGEST_INVOCATION = 905


class RoleNotAssumable(Exception):  # noqa: N818 -- the callers answer it with the error of their own service
    """The role is not there, or its trust policy does not name the service."""


def ministack(name: str) -> Any:
    """A module of the emulator; it ships no types."""
    return importlib.import_module(f"ministack.{name}")


def is_enforced() -> bool:
    return bool(ministack("app").AUTH)


def role_record(role_arn: str) -> Mapping[str, Any] | None:
    found = _ROLE.fullmatch(role_arn)
    return ministack("services.iam")._roles.get_scoped(found[1], None, found[2]) if found else None


def trusts(role_arn: str, service: str, source: str = "") -> bool:
    """Whether the role is there and its trust policy lets the service principal (`states.amazonaws.com`) assume it.

    `source` is the ARN of what the service acts for, which it tells as `aws:SourceArn`.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    role = role_record(role_arn)
    if role is None:
        return False
    evaluator = ministack("core.iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=role_arn.split(":")[4],
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region="",
        service_context={
            "aws:sourceaccount": role_arn.split(":")[4],
            **({"aws:sourcearn": source} if source else {}),
        },
    )
    return bool(evaluator.evaluate_trust_policy(_naming(role["AssumeRolePolicyDocument"], service), service, context))


def _naming(document: Any, service: str) -> dict[str, Any]:
    """ministack's evaluator lets any service principal through to the account root; here only the one named."""
    parsed = cast(dict[str, Any], json.loads(document) if isinstance(document, str) else document)
    names = re.compile(rf"{re.escape(service.split('.')[0])}(\.[a-z0-9-]+)?\.amazonaws\.com")
    statements: list[Any] = []
    for statement in _listed(parsed.get("Statement")):
        principal: Any = statement.get("Principal", {})
        services = _listed(cast(dict[str, Any], principal).get("Service", [])) if isinstance(principal, dict) else []
        named = principal == "*" or any(names.fullmatch(str(name)) for name in services)
        statements.append({**statement, "Principal": {"AWS": [service] if named else []}})
    return {**parsed, "Statement": statements}


def _listed(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [value]


class RoleClients:
    """Clients that act as one role for one service. They are kept, because making one costs more than using it."""

    def __init__(self, role_arn: str, service: str, session_name: str, source: str = "") -> None:
        self._role, self._service, self._session_name, self._source = role_arn, service, session_name, source
        self._lock = threading.Lock()
        self._botocore = Session()
        self._credentials: dict[str, str] = {}
        self._issued = 0.0
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str) -> Any:
        """A botocore client; raises `RoleNotAssumable`."""
        with self._lock:
            self._renew()
            if (service, region) not in self._clients:
                self._clients[service, region] = cast(Any, self._botocore).create_client(
                    service,
                    region_name=region,
                    endpoint_url=settings().endpoint,
                    config=Config(
                        retries={"total_max_attempts": 1},
                        read_timeout=_LONGEST_INVOCATION,
                        max_pool_connections=256,
                        s3={"addressing_style": "path"},
                    ),
                    **self._credentials,
                )
            return self._clients[service, region]

    def _renew(self) -> None:
        account = self._role.split(":")[4]
        if not is_enforced():
            self._credentials = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
            return
        if not trusts(self._role, self._service, self._source):
            raise RoleNotAssumable(
                f"Neither the global service principal {self._service}, nor the regional one is authorized to assume "
                f"the provided role {self._role}."
            )
        sessions = ministack("services.sts")._sessions
        key = self._credentials.get("aws_access_key_id")
        if key in sessions and time.time() - self._issued < SESSION_SECONDS - RENEW_SECONDS:
            return
        self._credentials = open_session(self._role, self._session_name)
        self._issued = time.time()
        self._clients.clear()


def open_session(role_arn: str, session_name: str) -> dict[str, str]:
    """Credentials of a session of the role, as botocore's create_client takes them."""
    sts = ministack("services.sts")
    name = role_arn.rsplit("/", 1)[-1]
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), secrets.token_urlsafe(60)
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{role_arn.split(':')[4]}:assumed-role/{name}/{session_name}",
            "UserId": f"{sts._role_id(role_arn)}:{session_name}",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": time.time() + SESSION_SECONDS,
            "AccountId": role_arn.split(":")[4],
            "PrincipalType": "AssumedRole",
        },
    )
    return {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}


_kept: dict[tuple[str, str, str], RoleClients] = {}
_kept_lock = threading.Lock()


def clients_of(role_arn: str, service: str, source: str = "") -> RoleClients:
    """The clients with which `service` acts as the role, for the resource that `source` names."""
    key = (role_arn, service, source)
    with _kept_lock:
        if key not in _kept:
            _kept[key] = RoleClients(role_arn, service, secrets.token_urlsafe(24), source)
        return _kept[key]
