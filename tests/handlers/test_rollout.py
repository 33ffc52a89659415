"""From the stack to the traffic, forward and back: stacks that fail, probes, shifts, alarms, and rollbacks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.fakes.eventing import check_event
from tests.fakes.voices import MORNING
from tests.handlers.scene import ALIAS, FUNCTION, VERSION_PARAMETER, Scene, preview
from towpath.promotion.events import EventKind
from towpath.promotion.records import to_text
from towpath.traffic.ports import AliasState, Observation, ProbeAnswer

ANSWERS = {"name": "answers", "kind": "lambda", "function": "Api", "retries": 1}
HTTP = {"name": "greets", "kind": "http", "output": "Url", "path": "/", "phases": ["after"], "expect": {"status": 200}}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_sleep(_seconds: float) -> None:
        """Probes are tried again at once."""

    monkeypatch.setattr(time, "sleep", no_sleep)


def reason(answer: dict[str, Any]) -> dict[str, str]:
    (found,) = answer["verdict"]["reasons"]
    return found


class TestDescribeStack:
    @pytest.mark.parametrize(
        ("status", "forward", "updated_back", "resumed"),
        [
            ("UPDATE_IN_PROGRESS", "in_progress", "in_progress", "in_progress"),
            ("UPDATE_ROLLBACK_IN_PROGRESS", "in_progress", "in_progress", "in_progress"),
            ("UPDATE_COMPLETE", "complete", "complete", "complete"),
            ("UPDATE_ROLLBACK_COMPLETE", "rolled_back", "failed", "resumed"),
            ("ROLLBACK_COMPLETE", "rolled_back", "failed", "failed"),
            ("UPDATE_ROLLBACK_FAILED", "failed", "failed", "failed"),
            ("DELETE_FAILED", "failed", "failed", "failed"),
        ],
    )
    def test_what_a_status_means_on_the_way_there_and_back(
        self, status: str, forward: str, updated_back: str, resumed: str
    ) -> None:
        scene = Scene()
        scene.deployer.stacks["orders"].status = status
        assert scene.call("describe_stack", way="")["outcome"] == forward
        assert scene.call("describe_stack", way="update")["outcome"] == updated_back
        assert scene.call("describe_stack", way="resume")["outcome"] == resumed

    def test_a_stack_that_is_gone_is_what_a_rollback_may_want(self) -> None:
        scene = Scene(first=True)
        assert scene.call("describe_stack", way="delete")["outcome"] == "complete"
        answer = scene.call("describe_stack")
        assert (answer["outcome"], reason(answer)["code"]) == ("failed", "stack-failed")

    @pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"])
    def test_the_first_cause_is_told(self, status: str) -> None:
        scene = Scene()
        scene.deployer.stacks["orders"].status, scene.deployer.why = status, "Queue: the name is taken"
        assert "Queue: the name is taken" in reason(scene.call("describe_stack"))["message"]


class TestProbes:
    def test_before_the_shift_the_new_version_is_reached_by_its_number_and_after_it_through_the_alias(self) -> None:
        scene = Scene(probes=[ANSWERS, HTTP])
        scene.deployed()
        assert scene.call("run_probes", phase="before")["outcome"] == "passed"
        assert [target["qualifier"] for target in scene.prober.asked] == ["3"]
        assert scene.call("run_probes", phase="after")["outcome"] == "passed"
        assert [target.get("qualifier") for target in scene.prober.asked] == ["3", ALIAS, None]
        assert scene.prober.asked[-1]["url"] == "https://x"
        told = [event for event in scene.runtime.fake_announcer.sent if event.kind is EventKind.PROBES_FINISHED]
        assert [event.specifics["phase"] for event in told] == ["before", "after"]
        for event in told:
            check_event(event)

    def test_no_probe_is_no_obstacle(self) -> None:
        scene = Scene(probes=[{**ANSWERS, "environments": ["staging"]}])
        scene.deployed()
        assert scene.call("run_probes", phase="before")["outcome"] == "passed"
        assert scene.prober.asked == []

    def test_one_that_fails_fails_the_phase_after_its_retries(self) -> None:
        scene = Scene(probes=[ANSWERS])
        scene.deployed()
        scene.prober.seen["lambda"] = Observation(ProbeAnswer.ANSWERED, 500)
        answer = scene.call("run_probes", phase="before")
        assert (answer["outcome"], len(scene.prober.asked)) == ("failed", 2)
        assert "status is 500" in reason(answer)["message"]
        assert answer["says"].startswith("1 of 1 probes did not pass before")

    @pytest.mark.parametrize(("setting", "outcome"), [("fail", "failed"), ("pass", "passed")])
    def test_the_settings_say_what_an_inconclusive_probe_means(self, setting: str, outcome: str) -> None:
        scene = Scene(environment=preview(gates={"probes_inconclusive": setting}), probes=[ANSWERS])
        scene.deployed()
        scene.prober.seen["lambda"] = Observation(ProbeAnswer.NOT_ALLOWED, error="not yours")
        assert scene.call("run_probes", phase="before")["outcome"] == outcome
        (event,) = [event for event in scene.runtime.fake_announcer.sent if event.kind is EventKind.PROBES_FINISHED]
        assert event.specifics["results"][0]["outcome"] == "inconclusive"

    def test_a_refused_probe_is_not_outvoted_by_an_inconclusive_one(self) -> None:
        second = {**HTTP, "phases": ["before"]}
        environment = preview(gates={"probes_inconclusive": "pass"})
        scene = Scene(environment=environment, probes=[ANSWERS, second])
        scene.deployed()
        scene.prober.seen = {
            "lambda": Observation(ProbeAnswer.UNREACHABLE),
            "http": Observation(ProbeAnswer.ANSWERED, 503),
        }
        assert scene.call("run_probes", phase="before")["outcome"] == "failed"


class TestShift:
    def test_from_the_live_version_to_the_new_one_with_the_alarms_of_the_stack(self) -> None:
        scene = Scene()
        deployment = scene.shifting()
        shift = scene.traffic.shifts[deployment]
        assert (shift.function, shift.alias, shift.current_version, shift.target_version) == (FUNCTION, ALIAS, "2", "3")
        assert (shift.strategy.name, shift.group) == ("canary-10-percent-5-minutes", "orders-Api")
        assert shift.alarms == ("orders-errors", "SharedErrors")

    def test_a_retry_begins_nothing_again(self) -> None:
        scene = Scene()
        scene.shifting()
        assert scene.call("shift_traffic")["deployments"] == ["d-1"]
        assert len(scene.traffic.shifts) == 1

    def test_the_environment_is_never_less_careful_than_its_minimum(self) -> None:
        scene = Scene(environment=preview(minimum_rollout="linear-10-percent-every-10-minutes"))
        assert scene.traffic.shifts[scene.shifting()].strategy.name == "linear-10-percent-every-10-minutes"

    def test_a_first_deployment_and_an_unchanged_function_have_nothing_to_shift(self) -> None:
        first = Scene(first=True)
        first.deployed()
        assert first.call("shift_traffic")["outcome"] == "nothing_to_shift"
        scene = Scene()
        scene.created()
        assert scene.call("shift_traffic") == {
            "outcome": "nothing_to_shift",
            "says": "No alias has a new version to shift to.",
            "deployments": [],
        }

    def test_a_shift_is_watched_until_all_traffic_has_moved(self) -> None:
        scene = Scene()
        deployment = scene.shifting()
        assert scene.call("watch_traffic")["outcome"] == "shifting"
        scene.traffic.finish(deployment)
        assert scene.call("watch_traffic")["outcome"] == "shifted"
        event = scene.runtime.fake_announcer.sent[-1]
        assert (event.kind, event.specifics) == (EventKind.TRAFFIC_SHIFTED, {"deployments": [deployment]})
        check_event(event)

    def test_one_failed_shift_fails_all_of_them(self) -> None:
        scene = Scene()
        scene.traffic.fail(scene.shifting(), "ApiErrors is in ALARM")
        answer = scene.call("watch_traffic")
        assert (answer["outcome"], reason(answer)["code"]) == ("failed", "alarm-active")
        assert "ApiErrors is in ALARM" in answer["says"]


class TestBake:
    def bake(self, scene: Scene) -> dict[str, Any]:
        return scene.call("watch_bake", since=to_text(MORNING))

    def test_it_bakes_for_as_long_as_the_environment_says(self) -> None:
        scene = Scene(environment=preview(bake_minutes=10))
        scene.deployed()
        assert self.bake(scene)["outcome"] == "baking"
        scene.runtime.fake_clock.advance(minutes=10)
        assert self.bake(scene)["outcome"] == "baked"

    def test_without_bake_time_it_is_through_at_once(self) -> None:
        scene = Scene()
        scene.deployed()
        assert self.bake(scene)["outcome"] == "baked"

    @pytest.mark.parametrize("alarm", ["orders-errors", "SharedErrors"])
    def test_an_alarm_of_the_rollout_ends_it_even_in_its_last_moment(self, alarm: str) -> None:
        scene = Scene(environment=preview(bake_minutes=10))
        scene.deployed()
        scene.runtime.fake_clock.advance(minutes=10)
        scene.traffic.firing = {alarm, "an alarm of somebody else"}
        answer = self.bake(scene)
        assert (answer["outcome"], reason(answer)["code"]) == ("failed", "alarm-while-baking")
        assert alarm in answer["says"]


class TestRollBackTraffic:
    def test_a_running_shift_is_stopped_once_and_awaited(self) -> None:
        scene = Scene()
        deployment = scene.shifting()
        assert scene.call("roll_back_traffic")["outcome"] == "rolling_back"
        assert scene.call("roll_back_traffic")["outcome"] == "rolling_back"
        assert scene.traffic.stopped == [deployment]
        scene.traffic.fail(deployment)
        assert scene.call("roll_back_traffic")["outcome"] == "rolled_back"
        assert scene.traffic.aliases[FUNCTION, ALIAS] == AliasState("2", {})
        assert scene.traffic.restored == []

    def test_a_shift_whose_answer_was_lost_is_found(self) -> None:
        scene = Scene()
        deployment = scene.shifting()
        assert scene.call("roll_back_traffic", deployments=[])["outcome"] == "rolling_back"
        assert scene.traffic.stopped == [deployment]

    def test_all_traffic_that_had_moved_comes_back(self) -> None:
        scene = Scene()
        scene.traffic.finish(scene.shifting())
        answer = scene.call("roll_back_traffic")
        assert answer == {"outcome": "rolled_back", "says": "Traffic of Api is back on the previous version."}
        assert scene.traffic.aliases[FUNCTION, ALIAS] == AliasState("2", {})

    def test_no_split_is_left_where_codedeploy_could_not_roll_back(self) -> None:
        scene = Scene()
        scene.traffic.fail(scene.shifting(), whole=False)
        assert scene.call("roll_back_traffic")["outcome"] == "rolled_back"
        assert scene.traffic.aliases[FUNCTION, ALIAS] == AliasState("2", {})

    def test_a_first_deployment_has_no_traffic_to_take_back(self) -> None:
        scene = Scene(first=True)
        scene.deployed()
        assert scene.call("roll_back_traffic")["outcome"] == "rolled_back"
        assert scene.traffic.restored == []


class TestRollBackStack:
    def test_the_stack_becomes_what_it_was_with_the_alias_where_it_is(self) -> None:
        scene = Scene()
        before = scene.deployer.stacks["orders"].template
        scene.deployed()
        assert scene.call("roll_back_stack")["outcome"] == "rolling_back"
        assert scene.call("roll_back_stack")["outcome"] == "busy"
        scene.deployer.settle()
        assert scene.call("describe_stack", way="update")["outcome"] == "complete"
        stack = scene.deployer.stacks["orders"]
        assert (stack.template, stack.parameters["Password"]) == (before, "secret of 1.1.0")
        assert stack.parameters[VERSION_PARAMETER] == "2"
        # Asked again, it finds nothing more to do.
        assert scene.call("roll_back_stack")["outcome"] == "nothing_to_do"

    def test_a_first_deployment_that_fails_leaves_nothing(self) -> None:
        scene = Scene(first=True)
        scene.reviewed()
        scene.call("execute_change_set")
        scene.deployer.settle("ROLLBACK_COMPLETE")
        assert scene.call("describe_stack")["outcome"] == "rolled_back"
        assert scene.call("roll_back_stack")["outcome"] == "rolling_back"
        scene.deployer.settle()
        assert scene.call("roll_back_stack") == {
            "outcome": "nothing_to_do",
            "says": "There is no stack, as before.",
        }
        assert scene.deployer.stacks == {}

    def test_a_rollback_that_cloudformation_could_not_finish_is_taken_up_again(self) -> None:
        scene = Scene()
        scene.reviewed()
        scene.call("execute_change_set")
        scene.deployer.settle("UPDATE_ROLLBACK_FAILED")
        assert scene.call("roll_back_stack")["way"] == "resume"
        assert scene.deployer.done[-1] == "resume orders"
        scene.deployer.settle()
        assert scene.call("describe_stack", way="resume")["outcome"] == "resumed"
        # CloudFormation's own rollback goes to the parameters of its last update, and so to an older version.
        assert scene.call("roll_back_stack")["way"] == "update"
        scene.deployer.settle()
        assert scene.call("describe_stack", way="update")["outcome"] == "complete"
        assert scene.deployer.stacks["orders"].parameters[VERSION_PARAMETER] == "2"

    def test_an_update_that_cannot_bring_the_previous_release_back_is_no_rollback(self) -> None:
        scene = Scene()
        scene.deployed()
        scene.call("roll_back_stack")
        scene.deployer.settle("UPDATE_ROLLBACK_COMPLETE")
        answer = scene.call("describe_stack", way="update")
        assert (answer["outcome"], reason(answer)["code"]) == ("failed", "stack-failed")

    def test_a_change_set_that_could_not_be_executed_does_not_stay(self) -> None:
        scene = Scene()
        scene.reviewed()
        assert scene.call("roll_back_stack")["outcome"] == "nothing_to_do"
        assert (scene.deployer.change_sets, scene.deployer.done) == ({}, [])
