"""A pipeline in memory: both workflows walked with our own handlers, the ports faked, other steps scripted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from tests.fakes.runtime import FakeRuntime
from tests.statemachines.test_promote_to_environment import STRAIGHT
from tests.statemachines.walker import Run, StepError, Walker
from tests.unit.release.artifact_builder import artifact, artifact_files
from towpath.aws.runtime import replaced
from towpath.errors import TowpathError
from towpath.promotion.events import Event, EventKind
from towpath.promotion.records import PlanRecord, Promotion, hold_of

OURS = {
    "VerifyArtifact": "verify_artifact",
    "RegisterRelease": "register_release",
    "TakeEnvironment": "take_environment",
    "RequestApproval": "request_approval",
    "RecordLive": "record_live",
    "ClosePromotion": "close_promotion",
    "CloseRelease": "close_release",
}
PLAN = "a" * 64


def call(module: str, event: Mapping[str, Any]) -> dict[str, Any]:
    return import_module(f"handlers.{module}").handler(dict(event), None)


def uploaded(key: str, version_id: str, **more: Any) -> dict[str, Any]:
    """The event that S3 sends through EventBridge."""
    detail = {"bucket": {"name": "releases"}, "object": {"key": key, "size": 10, "version-id": version_id}}
    return {"detail-type": "Object Created", "time": "2026-11-23T08:59:59Z", "detail": detail, **more}


class Story:
    """One pipeline. `script` overrides the answers of steps that are not ours."""

    def __init__(self, **script: Any) -> None:
        self.runtime = FakeRuntime()
        self.runtime.fake_clock.tick = timedelta(milliseconds=1)
        self.script = script
        self.nested: list[Run] = []
        self.count = 0

    def upload(self, version: str = "1.2.0", content: bytes | None = None, key: str = "") -> dict[str, Any]:
        key = key or f"releases/orders/{version}.zip"
        self.runtime.fake_clock.advance(seconds=1)
        if content is None:
            content = artifact(artifact_files(version=version))
        return uploaded(key, self.runtime.fake_artifacts.upload(key, content))

    def release(self, event: Mapping[str, Any]) -> Run:
        with replaced(self.runtime):
            return self._walk("promote_release", event)

    def kinds(self) -> list[EventKind]:
        return self.runtime.fake_announcer.kinds()

    def sent(self, kind: EventKind) -> list[Event]:
        return [event for event in self.runtime.fake_announcer.sent if event.kind is kind]

    def play(self, function: str, payload: Mapping[str, Any]) -> Any:
        if function == "PromoteToEnvironment":
            run = self._walk("promote_to_environment", payload)
            self.nested.append(run)
            if run.status == "FAILED":
                raise StepError("States.TaskFailed", f'{{"Error": "{run.error}"}}')
            return run.output
        try:
            return self._answer(function, payload)
        except TowpathError as error:
            raise StepError(type(error).__name__, f'{{"errorMessage": "{error}"}}') from error

    def _walk(self, machine: str, event: Mapping[str, Any]) -> Run:
        self.count += 1
        arn = f"arn:aws:states:eu-west-1:111111111111:execution:{machine}:{self.count}"
        run = Walker(machine, self.play).run(event, execution=arn)
        # As in AWS: whoever asks from now on hears that it has ended.
        self.runtime.fake_executions.ended.add(arn)
        return run

    def _answer(self, function: str, payload: Mapping[str, Any]) -> Any:
        answer = self.script.get(function)
        if isinstance(answer, StepError):
            raise answer
        if callable(answer):
            return answer(payload)
        if function == "RequestApproval":
            call("request_approval", payload)
            return self.runtime.fake_executions.answers[payload["token"]]
        if function in OURS:
            return call(OURS[function], payload)
        if function == "ReviewChangeSet":
            self._record_plan(payload)
        result: dict[str, Any] = {"says": f"{function} says.", **STRAIGHT[function], **(answer or {})}
        return {**result, "plan": {"digest": PLAN, "document": "documents/plan/1"}} if "plan" in result else result

    def _record_plan(self, payload: Mapping[str, Any]) -> None:
        promotion = Promotion.from_json(payload["promotion"])
        plan = PlanRecord(PLAN, promotion, "documents/plan/1", expansions=("e1",))
        self.runtime.ledger.record_plan(plan, hold_of(promotion, payload["fence"]))
