"""Whether a document fits a JSON Schema (draft 7), and if not, what is wrong where, in words for its author.

All mistakes are found at once. An unknown field is named together with the nearest field that the schema knows.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import fastjsonschema

from towpath.verdict import Reason

_LONGEST_SHOWN: Final = 80
_WORDS: Final = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}


_BOUNDS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
}


def check_against(schema: Path, document: Any, name: str, code: str) -> tuple[Reason, ...]:
    """Every violation as a reason with this code, or nothing when the document fits.

    `name` is what a person calls the document; `where` of a reason reads `name $.path.to[0].part`.
    """
    validate = _validator(schema)
    try:
        validate(document)
    except fastjsonschema.JsonSchemaValuesException as violations:
        return tuple(_reasons(violations.errors, name, code))
    return ()


@cache
def _validator(schema: Path) -> Callable[[Any], Any]:
    definition: dict[str, Any] = json.loads(schema.read_text(encoding="utf-8"))
    return fastjsonschema.compile(definition, use_default=False, use_formats=False, fast_fail=False)


def _reasons(errors: Iterable[fastjsonschema.JsonSchemaValueException], name: str, code: str) -> Iterable[Reason]:
    for error in errors:
        place = "$" + (error.name or "data").removeprefix("data")
        for message, remedy in _explain(error):
            yield Reason(code, message, f"{name} {shorten(place, 200)}", remedy)


def _explain(error: fastjsonschema.JsonSchemaValueException) -> Iterable[tuple[str, str]]:
    """What was found and what to do, once per mistake: one rule can be broken by several fields."""
    definition = cast("Mapping[str, Any]", error.definition or {})
    rule, value = error.rule or "", error.value
    wanted: Any = definition.get(rule)
    match rule:
        case "additionalProperties" if wanted is False:
            known = list(cast("Mapping[str, Any]", definition.get("properties", {})))
            yield from (_unknown(field, known) for field in value if field not in known)
        case "required":
            missing = [field for field in wanted if field not in value]
            yield from ((f"The field {json.dumps(field)} is missing.", "Add it.") for field in missing)
        case "propertyNames":
            pattern = str(wanted["pattern"])
            wrong = [field for field in value if not re.search(pattern, field)]
            yield from ((f"{show(field)} cannot be a name here.", f"A name matches {pattern}") for field in wrong)
        case _:
            yield f"Found {show(value)}.", _remedy(rule, wanted, definition)


def _unknown(field: str, known: list[str]) -> tuple[str, str]:
    near = get_close_matches(field, known, n=1, cutoff=0.6)
    remedy = f"Did you mean {json.dumps(near[0])}?" if near else f"Known are: {', '.join(sorted(known))}."
    return f"The field {show(field)} is unknown.", remedy


def _remedy(rule: str, wanted: Any, definition: Mapping[str, Any]) -> str:
    explanation = str(definition.get("description", ""))
    match rule:
        case "type":
            kinds = cast("list[str]", wanted) if isinstance(wanted, list) else [str(wanted)]
            return f"It must be {' or '.join(_WORDS.get(kind, kind) for kind in kinds)}."
        case "const":
            return f"It must be {json.dumps(wanted)}."
        case "enum":
            return f"It must be one of {', '.join(json.dumps(choice) for choice in wanted)}."
        case "pattern":
            return explanation or f"It must match {wanted}."
        case "uniqueItems":
            return "Each entry may stand there once."
        case "oneOf":
            choices = [" and ".join(choice.get("required", ())) for choice in wanted]
            return f"It needs exactly one of {', '.join(choices)}."
        case _ if rule in _BOUNDS:
            return " ".join(filter(None, (f"It must have {_BOUNDS[rule].format(wanted)}.", explanation)))
        case _:
            return f"It must keep to {rule} {json.dumps(wanted)}."


def show(value: Any) -> str:
    """A value for a message: what kind it is when it has parts, else itself as JSON on one short line."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return shorten(json.dumps(value, ensure_ascii=True), _LONGEST_SHOWN)


def shorten(text: str, longest: int) -> str:
    """The text itself, or its beginning and an ellipsis; what is not printable is escaped."""
    printable = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return printable if len(printable) <= longest else printable[: longest - 1] + "…"
