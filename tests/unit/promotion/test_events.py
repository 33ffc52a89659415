from typing import Any

import jsonschema
import pytest

from tests.fakes.eventing import SCHEMAS, check_event, schema_of
from tests.fakes.voices import MORNING
from tests.unit.promotion.test_records import release
from towpath.promotion.cdevents import package_url
from towpath.promotion.events import Event, EventKind, event_id, of_promotion, of_release
from towpath.promotion.records import Promotion, chain_id

CHAIN = chain_id("orders", "1.2.0", "d" * 64)
PROMOTION = Promotion("orders-1.2.0-preview-0a1b2c3d", "orders", "1.2.0", "d" * 64, "preview", CHAIN, "arn:execution")
LIVE = {"outcome": "live", "plan": "p" * 64}


def succeeded(**specifics: Any) -> Event:
    return of_promotion(EventKind.PROMOTION_SUCCEEDED, PROMOTION, "It is live.", MORNING, {**LIVE, **specifics})


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_has_a_schema_that_names_it(kind: EventKind) -> None:
    schema = schema_of(kind.value)
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["title"] == kind.value
    assert {"id", "chain", "time", "service", "version", "says"} <= set(schema["required"]) <= set(schema["properties"])


def test_every_schema_has_a_kind() -> None:
    assert {schema_of(kind.value)["title"] for kind in EventKind} == {
        schema_of(path.name.removesuffix(".schema.json").replace("-", " "))["title"]
        for path in SCHEMAS.glob("*.schema.json")
    }


def test_an_event_comes_back_from_its_detail() -> None:
    event = succeeded(previous_version="1.1.0", previous_digest="c" * 64)
    assert Event.from_detail("Promotion Succeeded", event.to_detail()) == event


def test_the_same_cause_has_the_same_id() -> None:
    kind = EventKind.APPROVAL_REQUESTED
    assert event_id("arn:1", kind, "p1") == event_id("arn:1", kind, "p1")
    assert len({event_id("arn:1", kind, "p1"), event_id("arn:2", kind, "p1"), event_id("arn:1", kind, "p2")}) == 3


def test_specifics_never_replace_what_all_events_have() -> None:
    assert succeeded(service="impostor").to_detail()["service"] == "orders"


@pytest.mark.parametrize(
    ("specifics", "kind"),
    [({}, "deployed"), ({"previous_version": "1.1.0", "previous_digest": "c" * 64}, "upgraded")],
)
def test_a_live_release_is_a_deployed_or_an_upgraded_service(specifics: dict[str, Any], kind: str) -> None:
    event = succeeded(**specifics)
    check_event(event)
    cdevent = event.to_detail()["cdevent"]
    assert cdevent["context"]["type"] == f"dev.cdevents.service.{kind}.0.3.0"
    assert cdevent["context"]["id"] == event.id
    assert cdevent["subject"]["content"] == {
        "environment": {"id": "preview"},
        "artifactId": f"pkg:generic/orders@1.2.0?checksum=sha256:{'d' * 64}",
    }


def test_a_release_that_was_live_already_is_no_deployment() -> None:
    assert "cdevent" not in succeeded(outcome="unchanged").to_detail()


def test_a_rolled_back_service_names_what_serves_again() -> None:
    specifics = {"outcome": "rolled_back", "previous_version": "1.1.0", "previous_digest": "c" * 64}
    event = of_promotion(EventKind.PROMOTION_ROLLED_BACK, PROMOTION, "Back.", MORNING, specifics)
    check_event(event)
    assert event.to_detail()["cdevent"]["subject"]["content"]["artifactId"].startswith("pkg:generic/orders@1.1.0")
    first = of_promotion(EventKind.PROMOTION_ROLLED_BACK, PROMOTION, "Back.", MORNING, {"outcome": "rolled_back"})
    assert "cdevent" not in first.to_detail()


def test_a_verified_release_is_a_published_artifact() -> None:
    specifics = {"path": ["preview"], "size": 10, "key": "releases/orders/1.2.0.zip"}
    found = release()
    event = of_release(EventKind.RELEASE_VERIFIED, found, "Sound.", MORNING, specifics, cause="arn:1")
    cdevent = event.to_detail()["cdevent"]
    assert cdevent["context"]["type"] == "dev.cdevents.artifact.published.0.3.0"
    assert cdevent["subject"]["id"] == package_url("orders", "1.2.0", "d" * 64)


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["passed", "passed"], "success"),
        (["passed", "refused", "inconclusive"], "failure"),
        (["passed", "inconclusive"], "error"),
    ],
)
def test_finished_probes_are_a_finished_test_suite(outcomes: list[str], said: str) -> None:
    reasons = [{"code": "x", "message": "No."}]
    results = [
        {"name": f"p{number}", "kind": "http", "outcome": outcome, "reasons": reasons, "tries": 1, "latency_ms": 3}
        for number, outcome in enumerate(outcomes)
    ]
    specifics = {"phase": "before", "results": results}
    event = of_promotion(EventKind.PROBES_FINISHED, PROMOTION, "They ran.", MORNING, specifics, discriminator="before")
    check_event(event)
    cdevent = event.to_detail()["cdevent"]
    assert cdevent["context"]["type"] == "dev.cdevents.testsuiterun.finished.0.3.0"
    assert cdevent["subject"]["id"] == f"{PROMOTION.id}/before"
    assert cdevent["subject"]["content"]["outcome"] == said
    assert cdevent["subject"]["content"]["environment"] == {"id": "preview"}


def test_build_metadata_is_quoted_in_a_package_url() -> None:
    assert package_url("orders", "1.2.0+build.7") == "pkg:generic/orders@1.2.0%2Bbuild.7"


def test_the_catalogue_lists_every_kind() -> None:
    catalogue = (SCHEMAS / "README.md").read_text("utf-8")
    for kind in EventKind:
        assert f"[{kind.value}]({kind.value.lower().replace(' ', '-')}.schema.json)" in catalogue
