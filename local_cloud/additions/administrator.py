"""The account has an administrator: an IAM user, since nobody works as the account's root.

AWS: a person or a pipeline that may do everything is a user or role with the policy AdministratorAccess; explicit
denies of resource policies bind it, and it has a name
(https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#lock-away-credentials).

Stock ministack: without credentials of one's own there is only the key `test`, which is the root of the account and is
asked for neither signature nor permission.

Seam: `app._load_persisted_state` and `app._reset_all_state`, after which the user named here exists. Its key is made by
`local_cloud.cloud`, kept in the server's folder and handed over in the server's environment.
"""

from __future__ import annotations

import contextvars
import importlib
import os
from collections.abc import Callable
from typing import Any

from local_cloud.settings import ADMINISTRATOR

NAME = "administrator"
POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


def install() -> None:
    key, _, secret = os.environ.pop(ADMINISTRATOR, "").partition(":")
    if not secret:
        return
    app: Any = importlib.import_module("ministack.app")

    def then_appoint(stock: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            stock()
            contextvars.copy_context().run(_appoint, key, secret)

        return run

    app._load_persisted_state = then_appoint(app._load_persisted_state)
    app._reset_all_state = then_appoint(app._reset_all_state)


def _appoint(key: str, secret: str) -> None:
    scope: Any = importlib.import_module("ministack.core.responses")
    iam: Any = importlib.import_module("ministack.services.iam")
    scope._request_account_id.set(os.environ["MINISTACK_ACCOUNT_ID"])
    if NAME not in iam._users:
        iam._create_user({"UserName": [NAME]})
        iam._attach_user_policy({"UserName": [NAME], "PolicyArn": [POLICY]})
    iam._access_keys[key] = {
        "UserName": NAME,
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "Status": "Active",
        "CreateDate": iam._now(),
    }
