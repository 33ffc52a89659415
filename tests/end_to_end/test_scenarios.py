"""The acceptance scenarios of the product, end to end, in the order in which the demonstration tells them.

They build on one another (the second release needs the first), so they share one world; each one names what broke.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from examples.demo.checks import Checks
from examples.demo.scenarios import SCENARIOS
from examples.demo.world import ROOT, World

pytestmark = pytest.mark.end_to_end


@pytest.mark.timeout(300)
@pytest.mark.parametrize("title", SCENARIOS)
def test_scenario(world: World, title: str) -> None:
    checks = Checks()
    SCENARIOS[title](world, checks)
    assert checks.made
    assert [check for check in checks.made if not check.holds] == []


def schema_of(kind: str) -> dict[str, Any]:
    path: Path = ROOT / "docs" / "events" / f"{kind.lower().replace(' ', '-')}.schema.json"
    return json.loads(path.read_text())


def test_every_event_that_the_consumer_received_is_what_its_schema_says(world: World) -> None:
    kinds = {event.kind for event in world.inbox.events}
    assert {"Promotion Planned", "Approval Requested", "Promotion Rolled Back", "Release Rejected"} <= kinds
    for event in world.inbox.events:
        jsonschema.validate(event.detail, schema_of(event.kind))


def test_no_event_was_lost_on_its_way(world: World) -> None:
    sqs = world.client("sqs")
    queues = [url for url in sqs.list_queues()["QueueUrls"] if "undelivered" in url.lower()]
    assert queues
    for url in queues:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        assert found["Attributes"]["ApproximateNumberOfMessages"] == "0", url
