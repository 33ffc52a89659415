"""Which functions a template may call, and how their short tags read in long form.

The list is closed: CloudFormation refuses a function that it does not know, and so does the loader, naming the nearest
known one. Source: the intrinsic function, condition function and rule function references of the template reference
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
"""

from collections.abc import Mapping
from typing import Any

_BARE = ("Ref", "Condition")
_PREFIXED = (
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "Implies",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
)
LONG_FORMS: Mapping[str, str] = {name: name for name in _BARE} | {name: f"Fn::{name}" for name in _PREFIXED}
"""Short tag without its exclamation mark → key of the long form."""

FUNCTIONS = frozenset(LONG_FORMS.values())


def long_form(tag: str, value: Any) -> dict[str, Any]:
    """What `!tag value` means: `!Ref X` is `{"Ref": "X"}`; `!GetAtt A.B.C` is `{"Fn::GetAtt": ["A", "B.C"]}`."""
    if tag == "GetAtt" and isinstance(value, str) and "." in value:
        return {"Fn::GetAtt": value.split(".", 1)}
    return {LONG_FORMS[tag]: value}


def function_of(value: Any) -> str | None:
    """The function that a value in long form calls, or None: `{"Ref": …}` and `{"Fn::…": …}` with nothing beside it."""
    if not isinstance(value, dict) or len(value) != 1:  # pyright: ignore[reportUnknownArgumentType]
        return None
    key = next(iter(value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return key if isinstance(key, str) and (key == "Ref" or key.startswith("Fn::")) else None
