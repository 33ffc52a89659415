"""CodeDeploy. AWS has it (https://docs.aws.amazon.com/codedeploy/latest/userguide/welcome.html, Lambda platform);
stock ministack answers every call with the credential scope `codedeploy` as S3.

Seams: `app.SERVICE_REGISTRY`, `app.SERVICE_HANDLERS` and `app._state_map` take the service and with it reset and
persistence; `core.router.SERVICE_PATTERNS` finds it; `core.iam_actions.SERVICE_TO_IAM_NAMESPACE` and
`extract_resource_arn` let IAM judge its callers; `iam._seed_aws_managed_policies` learns the policies of its role. The
service itself is `local_cloud.codedeploy`.
"""

from __future__ import annotations

import sys
from typing import Any

from local_cloud.codedeploy import access, managed_policies, service
from local_cloud.service_role import ministack


def install() -> None:
    emulator = ministack("app")
    emulator.SERVICE_REGISTRY["codedeploy"] = {"module": "codedeploy"}
    emulator.SERVICE_HANDLERS["codedeploy"] = service.handle_request
    emulator._state_map["codedeploy"] = "codedeploy"
    emulator._loaded_modules["codedeploy"] = service
    # ministack resets and saves what it finds under this name, loaded through its own importer or not.
    sys.modules["ministack.services.codedeploy"] = service
    ministack("services").codedeploy = service
    ministack("core.persistence").SERVICE_STATE_FORMAT_VERSIONS["codedeploy"] = 3
    ministack("core.router").SERVICE_PATTERNS["codedeploy"] = {
        "target_prefixes": [service.TARGET_PREFIX],
        "host_patterns": [r"codedeploy\."],
        "credential_scope": "codedeploy",
    }
    _let_iam_judge()
    managed_policies.seed()


def _let_iam_judge() -> None:
    actions = ministack("core.iam_actions")
    actions.SERVICE_TO_IAM_NAMESPACE["codedeploy"] = "codedeploy"
    original = actions.extract_resource_arn

    def extract_resource_arn(name: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        if name == "codedeploy":
            return access.resource(body)
        return original(name, method, path, headers, body, *rest)

    actions.extract_resource_arn = extract_resource_arn
