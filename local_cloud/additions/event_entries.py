"""PutEvents refuses entries that are no events.

On AWS an entry needs Source, DetailType and a Detail that is a JSON object; an entry without them is answered with an
error code in its place while the others go through, and a request above 1 MB is refused whole.
Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html

Stock ministack takes every entry, and fills what is missing with nothing.

Seam: `services.eventbridge._put_events`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local_cloud.service_role import ministack

MAXIMUM_BYTES = 1024 * 1024
Answer = tuple[int, dict[str, str], bytes]
Entry = Mapping[str, Any]


def install() -> None:
    service, responses = ministack("services.eventbridge"), ministack("core.responses")
    stock = service._put_events

    def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Answer:
        entries: list[Entry] = data.get("Entries", [])
        if sum(_size(entry) for entry in entries) > MAXIMUM_BYTES:
            message = "Total size of the entries in the request is over the limit."
            return responses.error_response_json("ValidationException", message, 400)
        refused = {index: refusal for index, entry in enumerate(entries) if (refusal := _refusal(entry))}
        if not refused:
            return stock(data, allow_aws_source)
        sound = [entry for index, entry in enumerate(entries) if index not in refused]
        status, headers, body = stock({**data, "Entries": sound}, allow_aws_source)
        return _merged(responses, refused, json.loads(body)) if status == 200 else (status, headers, body)

    service._put_events = put_events


def _refusal(entry: Entry) -> dict[str, str] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    try:
        if isinstance(json.loads(str(entry["Detail"])), dict):
            return None
    except ValueError:
        pass
    return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def _merged(responses: Any, refused: Mapping[int, dict[str, str]], accepted: Mapping[str, Any]) -> Answer:
    results: list[Any] = list(accepted["Entries"])
    for index in sorted(refused):
        results.insert(index, refused[index])
    return responses.json_response(
        {"FailedEntryCount": accepted["FailedEntryCount"] + len(refused), "Entries": results}
    )


def _size(entry: Entry) -> int:
    """As the user guide counts: 14 bytes for a time, and the bytes of source, detail type, detail and resources."""
    texts = [str(entry.get(name) or "") for name in ("Source", "DetailType", "Detail")]
    resources: list[str] = entry.get("Resources") or []
    texts += resources
    return (14 if "Time" in entry else 0) + sum(len(text.encode()) for text in texts)
