"""Which text is a valid `towpath.toml`: its shape by the JSON Schema beside this module, its sense by `settings_sense`.

Every error names its key, and all of them are reported together.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import fastjsonschema

from towpath.promotion.settings import Settings
from towpath.promotion.settings_sense import errors_of_sense
from towpath.verdict import Reason

_ROOT = "data"


class SettingsError(ValueError):
    """Settings that cannot be used. `reasons` has one entry per error; its `where` is the key. Terminal."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(str(reason) for reason in self.reasons))


def parse_settings(toml_text: str) -> Settings:
    """The settings in a TOML text, with defaults filled in. Raises SettingsError."""
    try:
        document = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([Reason("settings-not-toml", f"this is not TOML: {error}.")]) from None
    reasons = list(_errors_of_shape(document))
    if reasons:
        raise SettingsError(reasons)
    settings = Settings.from_json(document)
    reasons = list(errors_of_sense(settings))
    if reasons:
        raise SettingsError(reasons)
    return settings


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of `towpath.toml`."""
    return json.loads((files("towpath.promotion") / "schema" / "settings.schema.json").read_text("utf-8"))


@cache
def _validator() -> Any:
    return fastjsonschema.compile(settings_schema(), use_default=False, fast_fail=False)


def _errors_of_shape(document: dict[str, Any]) -> Iterator[Reason]:
    try:
        _validator()(document)
    except fastjsonschema.JsonSchemaValuesException as failure:
        for error in failure.errors:
            yield from _reasons(error)


def _reasons(error: fastjsonschema.JsonSchemaValueException) -> Iterator[Reason]:
    key = _key(error)
    known = list(error.definition.get("properties", ()))
    match error.rule:
        case "additionalProperties":
            forms = list(error.definition.get("patternProperties", ()))
            yield from (_unknown(key, name, known, forms) for name in _unknown_names(error.value, known, forms))
        case "required":
            for name in [name for name in error.rule_definition if name not in error.value]:
                yield Reason("settings-key-missing", "the key is missing.", _join(key, name))
        case _:
            yield Reason("settings-value-invalid", _what_is_wrong(error), key)


def _what_is_wrong(error: fastjsonschema.JsonSchemaValueException) -> str:
    rule, wanted = error.rule, error.rule_definition
    wishes = {
        "type": f"must be of type {wanted}",
        "enum": f"must be one of {', '.join(str(choice) for choice in wanted)}" if rule == "enum" else "",
        "const": f"must be {wanted}",
        "pattern": f"must match {wanted}",
        "minimum": f"must be at least {wanted}",
        "maximum": f"must be at most {wanted}",
        "minItems": f"must have at least {wanted}",
        "maxItems": f"must have at most {wanted}",
        "minProperties": f"must have at least {wanted}",
        "uniqueItems": "must not name anything twice",
    }
    found = "" if isinstance(error.value, dict) else f", not {json.dumps(error.value, default=str)}"
    return f"{wishes.get(str(rule), error.message)}{found}."


def _key(error: fastjsonschema.JsonSchemaValueException) -> str:
    return (error.name or _ROOT).removeprefix(_ROOT).removeprefix(".")


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _unknown_names(found: Iterable[str], known: list[str], forms: list[str]) -> list[str]:
    return sorted(name for name in found if name not in known and not any(re.search(form, name) for form in forms))


def _unknown(key: str, name: str, known: list[str], forms: list[str]) -> Reason:
    if forms:
        message = f"{name!r} cannot be a name here: it must match {forms[0]}."
        return Reason("settings-name-invalid", message, _join(key, name))
    return Reason("settings-key-unknown", "no such key.", _join(key, name), _nearest(name, known))


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known here: {', '.join(known)}."
