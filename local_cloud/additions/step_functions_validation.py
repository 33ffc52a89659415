"""Definitions that cannot run are refused when they are given, not when they are run.

On AWS CreateStateMachine, UpdateStateMachine and the CloudFormation resource refuse a definition with everything that
is wrong with it: transitions to nowhere, states that nothing leads to, no end, fields that a state of its type or query
language does not have, expressions that do not parse. ValidateStateMachineDefinition tells the same.
Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html

Stock ministack parses JSONata expressions and takes everything else; its ValidateStateMachineDefinition always says OK.

Seam: `services.stepfunctions._validate_definition_jsonata` and `_validate_state_machine_definition`, and
`services.cloudformation.provisioners._sfn_definition`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_cloud.asl.validation import Diagnostic, diagnose
from local_cloud.service_role import ministack


def install() -> None:
    service = ministack("services.stepfunctions")
    service._validate_definition_jsonata = refusal
    service._validate_state_machine_definition = _validate
    _check_templates(ministack("services.cloudformation.provisioners"))


def refusal(definition: Any) -> str | None:
    """Why a definition is refused, in the words of InvalidDefinition; None when it is not."""
    found = diagnose(str(definition or ""))
    return f"Invalid State Machine Definition: '{', '.join(map(str, found))}'" if found else None


def _validate(data: Mapping[str, Any]) -> Any:
    found: Sequence[Diagnostic] = diagnose(str(data.get("definition", "")))
    limit = int(data.get("maxResults") or 100)
    answer = {
        "result": "FAIL" if found else "OK",
        "diagnostics": [_shown(diagnostic) for diagnostic in found[:limit]],
        "truncated": len(found) > limit,
    }
    return ministack("core.responses").json_response(answer)


def _shown(diagnostic: Diagnostic) -> dict[str, str]:
    shown = {"severity": "ERROR", "code": diagnostic.code, "message": diagnostic.message}
    return shown | ({"location": diagnostic.location} if diagnostic.location is not None else {})


def _check_templates(provisioners: Any) -> None:
    stock = provisioners._sfn_definition

    def definition(properties: Mapping[str, Any]) -> str:
        text: str = stock(properties)
        why = refusal(text)
        if why is not None:
            raise provisioners._sfn_handler_error(f"{why} (Service: Sfn, Status Code: 400)")
        return text

    provisioners._sfn_definition = definition
