"""Every way through one promotion, with functions that answer as their modules document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.statemachines.walker import Run, StepError, Walker, scripted, source

PROMOTION = {
    "id": "orders-1.2.0-preview-0a1b2c3d",
    "service": "orders",
    "version": "1.2.0",
    "digest": "d" * 64,
    "environment": "preview",
    "chain": "chain-1",
}
VERDICT = {"outcome": "refused", "reasons": [{"code": "x", "message": "No."}]}
STRAIGHT: dict[str, dict[str, Any]] = {
    "TakeEnvironment": {"outcome": "taken", "fence": 7},
    "CreateChangeSet": {"outcome": "created", "change_set": {"id": "arn:cs", "stack": "orders", "type": "UPDATE"}},
    "DescribeChangeSet": {"outcome": "ready"},
    "ReviewChangeSet": {"outcome": "passed", "plan": {"digest": "p1", "document": "documents/plan/1"}},
    "RequestApproval": {"decision": "approved", "by": "arn:someone", "comment": ""},
    "RecheckPlan": {"outcome": "unchanged"},
    "ExecuteChangeSet": {"outcome": "executing"},
    "DescribeStack": {"outcome": "complete"},
    "RunProbes": {"outcome": "passed"},
    "ShiftTraffic": {"outcome": "shifting", "deployments": ["d-1"]},
    "WatchTraffic": {"outcome": "shifted"},
    "WatchBake": {"outcome": "baked"},
    "RecordLive": {"outcome": "live"},
    "RollBackTraffic": {"outcome": "rolled_back"},
    "RollBackStack": {"outcome": "rolling_back", "way": "update"},
    "DiscardChangeSet": {"outcome": "discarded"},
    "ClosePromotion": {"outcome": "closed"},
}
BEFORE = ("TakeEnvironment", "CreateChangeSet", "DescribeChangeSet", "ReviewChangeSet", "RecheckPlan")
AFTER = ("ExecuteChangeSet", "DescribeStack", "RunProbes", "ShiftTraffic", "WatchTraffic", "WatchBake", "RecordLive")


def walk(**script: Any) -> Run:
    return Walker("promote_to_environment", scripted(STRAIGHT, script)).run({"promotion": PROMOTION})


def closing(run: Run) -> dict[str, Any]:
    """What the promotion was closed with; it is always the last call."""
    name, payload = run.calls[-1]
    assert name == "ClosePromotion"
    assert payload["promotion"]["id"] == PROMOTION["id"]
    assert payload["promotion"]["execution"]
    assert payload["promotion"]["started"]
    return payload


def test_a_straight_promotion_is_live_in_less_than_sixty_transitions() -> None:
    looks = 5
    run = walk(
        DescribeChangeSet=[{"outcome": "pending"}] * 2 + [{"outcome": "ready"}],
        DescribeStack=[{"outcome": "in_progress"}] * looks + [{"outcome": "complete"}],
        WatchTraffic=[{"outcome": "shifting"}, {"outcome": "shifted"}],
    )
    assert run.status == "SUCCEEDED"
    assert run.output == {"outcome": "live", "says": "RecordLive says."}
    assert len(run.states) < 60
    assert "ClosePromotion" not in run.called()
    assert set(run.waits) == {15}


def test_waits_grow_with_the_time_that_passed_and_stay_within_their_bound() -> None:
    run = walk(DescribeStack=[{"outcome": "in_progress"}] * 120 + [{"outcome": "complete"}])
    stack = run.waits[1:-1]
    assert stack == sorted(stack)
    assert (min(stack), max(stack)) == (15, 600)
    for index, seconds in enumerate(stack):
        assert seconds <= max(15, sum(stack[:index]) / 20), "no later than a twentieth of the time"


def test_each_step_gets_the_promotion_its_fence_and_its_references() -> None:
    run = walk()
    for name, payload in run.calls[1:]:
        assert payload["fence"] == 7, name
    by_name = dict(run.calls)
    assert by_name["RecheckPlan"]["plan"]["digest"] == "p1"
    assert by_name["WatchTraffic"]["deployments"] == ["d-1"]
    assert by_name["WatchBake"]["since"]
    assert [payload["phase"] for name, payload in run.calls if name == "RunProbes"] == ["before", "after"]


def test_nothing_to_change_and_nothing_to_shift_is_live_too() -> None:
    run = walk(
        DescribeChangeSet={"outcome": "empty"},
        ExecuteChangeSet={"outcome": "nothing_to_do"},
        ShiftTraffic={"outcome": "nothing_to_shift", "deployments": []},
    )
    assert run.output["outcome"] == "live"
    assert "DescribeStack" not in run.called()
    assert "WatchTraffic" not in run.called()


@pytest.mark.parametrize("outcome", ["waiting", "closed"])
def test_it_asks_again_until_the_environment_is_free(outcome: str) -> None:
    run = walk(TakeEnvironment=[{"outcome": outcome}, {"outcome": outcome}, {"outcome": "taken", "fence": 7}])
    assert run.status == "SUCCEEDED"
    assert run.called().count("TakeEnvironment") == 3


def test_a_superseded_release_ends_well_and_is_told_by_which() -> None:
    run = walk(TakeEnvironment={"outcome": "superseded", "by": "1.3.0"})
    assert run.status == "SUCCEEDED"
    assert run.output == {"outcome": "superseded", "says": "TakeEnvironment says."}
    assert (closing(run)["outcome"], closing(run)["problem"]["by"]) == ("superseded", "1.3.0")


def test_a_release_that_is_live_already_ends_well() -> None:
    run = walk(TakeEnvironment={"outcome": "unchanged"})
    assert run.status == "SUCCEEDED"
    assert run.output["outcome"] == "unchanged"
    assert closing(run)["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        ("CreateChangeSet", {"outcome": "refused", "verdict": VERDICT}),
        ("DescribeChangeSet", {"outcome": "failed", "verdict": VERDICT}),
        ("ReviewChangeSet", {"outcome": "refused", "plan": {"digest": "p1"}, "verdict": VERDICT}),
    ],
)
def test_a_refusal_before_executing_blocks(function: str, answer: dict[str, Any]) -> None:
    run = walk(**{function: answer})
    assert (run.status, run.error) == ("FAILED", "PromotionBlocked")
    assert closing(run)["outcome"] == "blocked"
    assert closing(run)["problem"]["verdict"] == VERDICT
    assert closing(run)["problem"]["says"] == f"{function} says."
    assert "ExecuteChangeSet" not in run.called()


def needs_approval(answer: Any) -> Run:
    plan = {"digest": "p1", "document": "documents/plan/1"}
    return walk(ReviewChangeSet={"outcome": "approval_needed", "plan": plan}, RequestApproval=answer)


def test_an_approved_plan_is_checked_again_and_carried_out() -> None:
    run = needs_approval({"decision": "approved", "by": "arn:someone", "comment": "fine"})
    assert run.output["outcome"] == "live"
    order = run.called()
    assert order.index("RequestApproval") < order.index("RecheckPlan") < order.index("ExecuteChangeSet")
    assert dict(run.calls)["RequestApproval"]["token"]


def test_a_plan_that_is_approved_outside_the_windows_waits_for_the_next_one() -> None:
    taken = {"outcome": "taken", "fence": 7}
    run = walk(
        TakeEnvironment=[taken, {"outcome": "closed"}, {"outcome": "closed"}, taken],
        ReviewChangeSet={"outcome": "approval_needed", "plan": {"digest": "p1"}},
    )
    assert run.output["outcome"] == "live"
    assert run.called().count("TakeEnvironment") == 4
    order = run.called()
    assert (
        order.index("RequestApproval")
        < len(order) - 1 - order[::-1].index("TakeEnvironment")
        < order.index("RecheckPlan")
    )


def test_a_rejected_plan_ends_the_promotion() -> None:
    run = needs_approval({"decision": "rejected", "by": "arn:someone", "comment": "no"})
    assert (run.error, closing(run)["outcome"]) == ("PromotionBlocked", "rejected")


def test_a_plan_that_nobody_approves_blocks() -> None:
    run = needs_approval(StepError("States.Timeout", cause=""))
    assert (run.error, closing(run)["outcome"]) == ("PromotionBlocked", "blocked")
    assert closing(run)["problem"]["verdict"]["reasons"][0]["where"] == "preview"


def test_what_moved_is_planned_again_a_few_times() -> None:
    run = walk(RecheckPlan=[{"outcome": "moved"}, {"outcome": "unchanged"}])
    assert run.output["outcome"] == "live"
    assert run.called().count("CreateChangeSet") == 2
    forever = walk(RecheckPlan={"outcome": "moved"})
    assert closing(forever)["outcome"] == "blocked"
    assert forever.called().count("CreateChangeSet") == 5


@pytest.mark.parametrize("function", BEFORE)
def test_an_error_before_executing_closes_as_failed(function: str) -> None:
    run = walk(**{function: StepError("RefusedByAws")})
    assert (run.status, run.error) == ("FAILED", "PromotionBlocked")
    assert closing(run)["outcome"] == "failed"
    assert "RefusedByAws" in closing(run)["problem"]["says"]
    assert json.loads(closing(run)["problem"]["cause"])["errorMessage"] == "no luck"
    assert "RollBackStack" not in run.called()


@pytest.mark.parametrize("function", AFTER)
@pytest.mark.parametrize("error", [StepError("RefusedByAws"), StepError("States.Timeout", cause="")])
def test_an_error_after_executing_rolls_back_traffic_then_stack(function: str, error: StepError) -> None:
    answers: list[Any] = [error, STRAIGHT[function]]
    run = walk(**{function: answers})
    assert (run.status, run.error) == ("FAILED", "PromotionRolledBack")
    assert closing(run)["outcome"] == "rolled_back"
    order = run.called()
    assert order.index("RollBackTraffic") < order.index("RollBackStack")
    assert error.name in closing(run)["problem"]["says"]


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        ("DescribeStack", "failed"),
        ("DescribeStack", "rolled_back"),
        ("RunProbes", "failed"),
        ("WatchTraffic", "failed"),
        ("WatchBake", "failed"),
    ],
)
def test_a_failure_after_executing_rolls_back_and_says_why(function: str, outcome: str) -> None:
    run = walk(**{function: [{"outcome": outcome, "verdict": VERDICT}, STRAIGHT[function]]})
    assert run.error == "PromotionRolledBack"
    assert closing(run)["problem"]["verdict"] == VERDICT
    assert closing(run)["problem"]["says"] == f"{function} says."
    assert run.cause == "ClosePromotion says."
    assert [p.get("way") for name, p in run.calls if name == "DescribeStack"][-1] == "update"


def test_probes_that_fail_behind_the_alias_roll_back() -> None:
    run = walk(RunProbes=[{"outcome": "passed"}, {"outcome": "failed", "verdict": VERDICT}])
    assert run.error == "PromotionRolledBack"


def test_a_rollback_asks_until_traffic_and_stack_are_back() -> None:
    run = walk(
        WatchTraffic={"outcome": "failed", "verdict": VERDICT},
        RollBackTraffic=[{"outcome": "rolling_back"}, {"outcome": "rolled_back"}],
        RollBackStack=[{"outcome": "busy"}, {"outcome": "rolling_back"}],
        DescribeStack=[{"outcome": "complete"}, {"outcome": "in_progress"}, {"outcome": "complete"}],
    )
    assert run.error == "PromotionRolledBack"
    assert run.called().count("RollBackTraffic") == 2


def test_a_rollback_that_was_resumed_goes_on_to_the_previous_release() -> None:
    run = walk(
        RunProbes={"outcome": "failed"},
        RollBackStack=[{"outcome": "rolling_back", "way": "resume"}, {"outcome": "rolling_back", "way": "update"}],
        DescribeStack=[{"outcome": "complete"}, {"outcome": "resumed"}, {"outcome": "complete"}],
    )
    assert run.error == "PromotionRolledBack"
    ways = [payload["way"] for name, payload in run.calls if name == "DescribeStack" and "way" in payload]
    assert ways == ["resume", "update"]


def test_a_stack_that_is_back_already_needs_no_look() -> None:
    run = walk(RunProbes={"outcome": "failed"}, RollBackStack={"outcome": "nothing_to_do"})
    assert run.error == "PromotionRolledBack"
    assert run.called().count("DescribeStack") == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"RollBackTraffic": StepError("RefusedByAws")},
        {"RollBackStack": StepError("RefusedByAws")},
        {"DescribeStack": [{"outcome": "complete"}, {"outcome": "failed"}]},
        {"DescribeStack": [{"outcome": "complete"}, StepError("RefusedByAws")]},
        {"RollBackTraffic": {"outcome": "nonsense"}},
    ],
)
def test_a_rollback_that_fails_says_so_and_why_it_began(broken: dict[str, Any]) -> None:
    run = walk(RunProbes={"outcome": "failed"}, **broken)
    assert (run.status, run.error) == ("FAILED", "RollbackFailed")
    assert closing(run)["outcome"] == "rollback_failed"
    assert closing(run)["problem"]["before"]["says"] == "RunProbes says."


@pytest.mark.parametrize("function", [*AFTER, "RollBackTraffic", "RollBackStack"])
def test_a_promotion_that_lost_the_environment_touches_nothing_more(function: str) -> None:
    rolls_back = {"RunProbes": {"outcome": "failed"}} if function.startswith("RollBack") else {}
    run = walk(**rolls_back, **{function: StepError("LeaseLost")})
    assert (run.status, run.error) == ("FAILED", "EnvironmentLost")
    assert closing(run)["outcome"] == "failed"
    assert run.called()[-2] == function


@pytest.mark.parametrize("function", [name for name in STRAIGHT if name not in ("ClosePromotion", "RecordLive")])
def test_an_answer_that_nobody_knows_never_goes_on(function: str) -> None:
    script: dict[str, Any] = {"ReviewChangeSet": {"outcome": "approval_needed", "plan": {"digest": "p1"}}}
    if function.startswith("RollBack"):
        script["RunProbes"] = {"outcome": "failed"}
    if function == "DiscardChangeSet":
        script["RequestApproval"] = {"decision": "rejected"}
    nonsense = {**STRAIGHT[function], "outcome": "nonsense", "decision": "nonsense"}
    run = walk(**{**script, function: [nonsense, STRAIGHT[function]]})
    assert run.status == "FAILED"
    assert "RecordLive" not in run.called()
    assert closing(run)


@pytest.mark.parametrize(
    "script",
    [
        {"CreateChangeSet": StepError("RefusedByAws")},
        {"DescribeChangeSet": {"outcome": "failed", "verdict": VERDICT}},
        {"ReviewChangeSet": {"outcome": "refused", "plan": {"digest": "p1"}}},
        {"ReviewChangeSet": {"outcome": "approval_needed"}, "RequestApproval": {"decision": "rejected"}},
        {"ReviewChangeSet": {"outcome": "approval_needed"}, "RequestApproval": StepError("States.Timeout", "")},
    ],
)
@pytest.mark.parametrize("discarding", [{}, {"DiscardChangeSet": StepError("RefusedByAws")}])
def test_what_ends_before_the_change_discards_its_change_set_first(
    script: dict[str, Any], discarding: dict[str, Any]
) -> None:
    review = {**STRAIGHT["ReviewChangeSet"], **script.get("ReviewChangeSet", {})}
    run = walk(**{**script, "ReviewChangeSet": review, **discarding})
    assert (run.status, run.error) == ("FAILED", "PromotionBlocked")
    assert run.called()[-2:] == ["DiscardChangeSet", "ClosePromotion"]


def test_the_environment_is_kept_until_the_stack_is_gone_but_not_for_ever() -> None:
    gone = [{"outcome": "discarding"}, {"outcome": "discarding"}, {"outcome": "discarded"}]
    run = walk(DescribeChangeSet={"outcome": "failed"}, DiscardChangeSet=gone)
    assert run.called()[-4:] == ["DiscardChangeSet"] * 3 + ["ClosePromotion"]
    run = walk(DescribeChangeSet={"outcome": "failed"}, DiscardChangeSet={"outcome": "discarding"})
    assert run.called().count("DiscardChangeSet") == 21
    assert closing(run)["outcome"] == "blocked"


def test_who_never_had_the_environment_discards_nothing() -> None:
    assert "DiscardChangeSet" not in walk(TakeEnvironment=StepError("RefusedByAws")).called()


@pytest.mark.parametrize("name", ["ThrottledByAws", "AwsUnavailable", "LedgerBusy", "Lambda.TooManyRequestsException"])
def test_what_may_succeed_later_is_tried_again(name: str) -> None:
    run = walk(DescribeStack=[StepError(name), StepError(name), {"outcome": "complete"}])
    assert run.output["outcome"] == "live"


def test_a_promotion_that_cannot_be_closed_fails_and_is_left_to_reconciliation() -> None:
    run = walk(TakeEnvironment={"outcome": "superseded"}, ClosePromotion=StepError("RefusedByAws"))
    assert (run.status, run.error) == ("FAILED", "PromotionNotClosed")


def test_a_change_set_that_was_outdated_at_the_last_moment_is_planned_anew() -> None:
    run = walk(
        ExecuteChangeSet=[{"outcome": "moved"}, {"outcome": "executing"}],
        RecheckPlan=[{"outcome": "unchanged"}, {"outcome": "moved"}, {"outcome": "unchanged"}],
    )
    assert run.status == "SUCCEEDED"
    assert run.called().count("ReviewChangeSet") == 2
    assert "RollBackStack" not in run.called()


@pytest.mark.parametrize("outcome", ["moved", "refused"])
def test_what_was_never_executed_is_not_rolled_back(outcome: str) -> None:
    run = walk(ExecuteChangeSet={"outcome": outcome, "verdict": VERDICT})
    assert (run.status, run.error) == ("FAILED", "PromotionBlocked")
    assert not {"RollBackTraffic", "RollBackStack"} & set(run.called())
    assert "DiscardChangeSet" in run.called()
    assert closing(run)["outcome"] == "blocked"


def test_a_function_that_was_killed_is_called_again() -> None:
    """A slow minute of AWS must not roll a good release back."""
    run = walk(WatchTraffic=[StepError("Sandbox.Timedout"), StepError("Lambda.Unknown"), {"outcome": "shifted"}])
    assert run.status == "SUCCEEDED"


def waiting(state: str) -> bool:
    return source("promote_to_environment")["States"][state]["Type"] == "Wait"


WAYS_BACK = ("Wait while the traffic goes back", "Wait until the stack can go back")


@pytest.mark.parametrize(
    ("function", "outcome", "done"),
    [("RollBackTraffic", "rolling_back", "rolled_back"), ("RollBackStack", "busy", "nothing_to_do")],
)
def test_a_long_way_back_is_looked_at_less_and_less_often(function: str, outcome: str, done: str) -> None:
    """Twelve hours of it, every fifteen seconds, would be more events than an execution may have."""
    answers: dict[str, Any] = {function: [{"outcome": outcome}] * 100 + [{"outcome": done}]}
    stack = [{"outcome": "failed", "verdict": VERDICT}, {"outcome": "complete"}]
    run = walk(DescribeStack=stack, **answers)
    assert run.error == "PromotionRolledBack"
    # The last wait of a stack's own way back is not one of them.
    waits = [seconds for name, seconds in zip(filter(waiting, run.states), run.waits, strict=True) if name in WAYS_BACK]
    assert len(waits) == 100
    assert waits == sorted(waits)
    assert max(waits) >= 120
