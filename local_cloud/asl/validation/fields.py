"""Which fields a state of each type may have, in each query language, and which it must.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html, one page per type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_cloud.asl.validation.diagnostic import Diagnostic, schema

JSONATA, JSONPATH = "JSONata", "JSONPath"
_EVERYWHERE = frozenset({"Type", "Comment", "QueryLanguage"})
_GOING_ON = frozenset({"Next", "End"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULTS = frozenset({"ResultPath", "ResultSelector", "Parameters"})
_ERRORS = frozenset({"Retry", "Catch"})


@dataclass(frozen=True, slots=True)
class Fields:
    """`both` holds for either language, the others for theirs only; `required` fields must be there."""

    both: frozenset[str]
    jsonpath: frozenset[str] = _PATHS
    jsonata: frozenset[str] = frozenset({"Output"})
    required: tuple[str, ...] = ()


_TOLERANCE = frozenset({"ToleratedFailureCount", "ToleratedFailurePercentage"})
FIELDS = {
    "Pass": Fields(_GOING_ON | {"Assign"}, _PATHS | {"Parameters", "Result", "ResultPath"}),
    "Task": Fields(
        _GOING_ON | _ERRORS | {"Assign", "Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
        _PATHS | _RESULTS | {"TimeoutSecondsPath", "HeartbeatSecondsPath"},
        frozenset({"Arguments", "Output"}),
        ("Resource",),
    ),
    "Choice": Fields(frozenset({"Choices", "Default", "Assign"}), required=("Choices",)),
    "Wait": Fields(_GOING_ON | {"Seconds", "Timestamp", "Assign"}, _PATHS | {"SecondsPath", "TimestampPath"}),
    "Succeed": Fields(frozenset()),
    "Fail": Fields(frozenset({"Error", "Cause"}), frozenset({"ErrorPath", "CausePath"}), frozenset()),
    "Parallel": Fields(
        _GOING_ON | _ERRORS | {"Assign", "Branches"},
        _PATHS | _RESULTS,
        frozenset({"Arguments", "Output"}),
        ("Branches",),
    ),
    "Map": Fields(
        _GOING_ON
        | _ERRORS
        | _TOLERANCE
        | {"Assign", "ItemProcessor", "Iterator", "MaxConcurrency", "ItemReader", "ItemBatcher", "ItemSelector"}
        | {"ResultWriter", "Label"},
        _PATHS
        | _RESULTS
        | {"ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"},
        frozenset({"Items", "Output"}),
    ),
}


def check_fields(state: Mapping[str, Any], language: str, place: str) -> Iterator[Diagnostic]:
    fields = FIELDS[state["Type"]]
    own, other = (fields.jsonata, fields.jsonpath) if language == JSONATA else (fields.jsonpath, fields.jsonata)
    elsewhere = JSONPATH if language == JSONATA else JSONATA
    for name in state:
        if name in other and name not in own:
            yield schema(
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the "
                f"'{elsewhere}' QueryLanguage",
                place,
            )
        elif name not in fields.both | own | _EVERYWHERE:
            yield schema(f"Field '{name}' is not supported", place)
    for name in fields.required:
        if name not in state:
            yield schema(f"Field '{name}' is required", place)
    if fields.both >= _GOING_ON and len(_GOING_ON & state.keys()) != 1:
        yield schema("Exactly one of 'Next' and 'End' is required", place)
