"""A second opinion in the review step: asked only where the settings want it, and never a pass by silence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import PropertyMock, patch

from tests.fakes.eventing import check_event
from tests.handlers.scene import Scene, preview
from towpath.aws.access_analyzer import AccessAnalyzerOpinion
from towpath.aws.stage import Stage
from towpath.promotion.events import EventKind
from towpath.review.ports import Opinion


class Judge:
    def __init__(self, allows_new: bool | None) -> None:
        self.opinion = Opinion(allows_new, "So it says.")
        self.asked = 0

    def no_new_access(self, old: Mapping[str, Any], new: Mapping[str, Any], *, names_principals: bool) -> Opinion:
        self.asked += 1
        return self.opinion


def role(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::data/*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}


def narrowing(scene: Scene) -> None:
    """The live stack may do more than the new release: our own comparison finds nothing new."""
    for text, actions in (("live", ("s3:GetObject", "s3:PutObject")), ("new", ("s3:GetObject",))):
        found = scene.deployer.stacks["orders"].template if text == "live" else scene.documents.kept[scene.template]
        document = json.loads(found)
        document["Resources"]["Worker"] = role(*actions)
        if text == "live":
            scene.deployer.stacks["orders"].template = json.dumps(document)
        else:
            scene.documents.kept[scene.template] = json.dumps(document).encode()


def reviewed(allows_new: bool | None) -> tuple[Scene, dict[str, Any]]:
    scene = Scene(environment=preview(gates={"second_opinion": "access-analyzer"}))
    narrowing(scene)
    with patch.object(Stage, "second_opinion", PropertyMock(return_value=Judge(allows_new))):
        answer = scene.reviewed()
        if answer["outcome"] == "approval_needed":
            # Nobody has approved it: whoever let the workflow go on, it does not execute.
            assert scene.call("recheck_plan")["outcome"] == "moved"
        else:
            assert scene.call("recheck_plan")["outcome"] == "unchanged"
    for event in scene.runtime.fake_announcer.sent:
        check_event(event)
    return scene, answer


def test_agreement_passes() -> None:
    assert reviewed(False)[1]["outcome"] == "passed"


def test_a_dissent_waits_for_a_person_and_is_in_plan_and_event() -> None:
    scene, answer = reviewed(True)
    assert answer["outcome"] == "approval_needed"
    plan = json.loads(scene.documents.get(answer["plan"]["document"]))
    assert "Towpath says NO_EXPANSION" in plan["gates"][-1]["reasons"][0]["message"]
    assert "So it says." in plan["gates"][-1]["reasons"][0]["message"]
    (planned,) = [event for event in scene.runtime.fake_announcer.sent if event.kind is EventKind.PROMOTION_PLANNED]
    assert {"gate": "second opinion", "outcome": "inconclusive"} in planned.specifics["gates"]


def test_silence_waits_for_a_person() -> None:
    assert reviewed(None)[1]["outcome"] == "approval_needed"


def test_nobody_is_asked_unless_the_settings_say_so() -> None:
    for wanted, kind in (("off", None), ("access-analyzer", AccessAnalyzerOpinion)):
        scene = Scene(environment=preview(gates={"second_opinion": wanted}))
        with patch.object(Stage, "_client", return_value=object()), scene.on_stage():
            from towpath.aws.step import read

            found = Stage(read(scene.given)).second_opinion
        assert (found is None) if kind is None else isinstance(found, kind)
