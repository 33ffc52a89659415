"""From the change set to its execution: what is refused, what a rollback will need, and what a retry finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.deployer import FakeStack
from tests.fakes.eventing import check_event
from tests.handlers.scene import ALIAS, FUNCTION, VERSION_PARAMETER, Scene, preview
from towpath.errors import LeaseLost, MalformedEvent
from towpath.promotion.events import EventKind
from towpath.promotion.records import PlanState, StackOwner
from towpath.review.ports import ChangeSetCondition
from towpath.traffic.ports import AliasState


class TestCreate:
    def test_on_top_of_what_is_live_the_alias_stays_where_it_is(self) -> None:
        scene = Scene()
        assert scene.created()["type"] == "UPDATE"
        (change_set,) = scene.deployer.change_sets.values()
        assert change_set.deployment.parameters[VERSION_PARAMETER] == "2"
        assert change_set.deployment.parameters["Password"] == "secret of 1.2.0"
        assert change_set.deployment.capabilities == ("CAPABILITY_IAM",)

    def test_the_way_back_has_the_old_secret_and_the_alias_where_it_is_now(self) -> None:
        scene = Scene()
        scene.created()
        back = scene.snapshot()["deployment"]
        # The stack itself still says version 1: it was updated before the last traffic shift.
        assert back["parameters"][VERSION_PARAMETER] == "2"
        assert back["parameters"]["Password"] == "secret of 1.1.0"
        assert back["tags"] == {"team": "desk"}
        assert scene.documents.get(back["template"]).decode() == scene.deployer.stacks["orders"].template
        assert scene.snapshot()["aliases"] == {"Api": {"function": FUNCTION, "alias": ALIAS, "version": "2"}}

    def test_a_stack_that_no_release_made_keeps_its_hidden_values_on_the_way_back(self) -> None:
        scene = Scene()
        del scene.ledger.lives["orders", "preview"]
        scene.created()
        back = scene.snapshot()["deployment"]["parameters"]
        assert back["Password"] is None
        assert back[VERSION_PARAMETER] == "2"

    def test_a_first_deployment_has_nothing_to_go_back_to(self) -> None:
        scene = Scene(first=True)
        assert scene.created()["type"] == "CREATE"
        (change_set,) = scene.deployer.change_sets.values()
        assert change_set.deployment.parameters[VERSION_PARAMETER] == ""
        assert scene.snapshot() == {"deployment": None, "aliases": {}}

    def test_a_retry_finds_the_change_set_that_is_there(self) -> None:
        scene = Scene()
        assert scene.created() == scene.created()
        assert len(scene.deployer.change_sets) == 1

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            ("UPDATE_IN_PROGRESS", "stack-busy"),
            ("DELETE_IN_PROGRESS", "stack-busy"),
            ("ROLLBACK_COMPLETE", "stack-never-created"),
            ("UPDATE_ROLLBACK_FAILED", "stack-broken"),
        ],
    )
    def test_a_stack_that_cannot_be_changed_is_refused(self, status: str, code: str) -> None:
        scene = Scene()
        scene.deployer.stacks["orders"].status = status
        assert refusal(scene) == code
        assert scene.deployer.change_sets == {}

    def test_an_alias_that_splits_its_traffic_is_refused(self) -> None:
        scene = Scene()
        scene.traffic.aliases[FUNCTION, ALIAS] = AliasState("1", {"2": 0.5})
        assert refusal(scene) == "alias-split"

    def test_a_stack_of_another_service_is_refused(self) -> None:
        scene = Scene()
        scene.ledger.own_stack("111111111111", "eu-west-1", "orders", StackOwner("billing", "preview"))
        assert refusal(scene) == "stack-of-another-service"

    def test_a_release_cannot_name_the_stack_that_another_environment_has_for_it(self) -> None:
        """Or a release would be in production, past its gates, as soon as preview had let it in."""
        scene = Scene(stack="orders-production")
        scene.ledger.own_stack("111111111111", "eu-west-1", "orders-production", StackOwner("orders", "production"))
        assert refusal(scene) == "stack-of-another-environment"

    def test_who_lost_the_environment_creates_nothing(self) -> None:
        scene = Scene()
        with pytest.raises(LeaseLost):
            scene.call("create_change_set", fence=scene.given["fence"] + 1)
        assert scene.deployer.change_sets == {}


def refusal(scene: Scene) -> str:
    answer = scene.call("create_change_set")
    assert answer["outcome"] == "refused"
    (reason,) = answer["verdict"]["reasons"]
    assert reason["remedy"]
    assert reason["message"] in answer["says"]
    return reason["code"]


class TestDescribe:
    @pytest.mark.parametrize(
        ("condition", "outcome"),
        [
            (ChangeSetCondition.READY, "ready"),
            (ChangeSetCondition.PENDING, "pending"),
            (ChangeSetCondition.EMPTY, "empty"),
            (ChangeSetCondition.FAILED, "failed"),
            (ChangeSetCondition.EXECUTED, "failed"),
        ],
    )
    def test_each_condition_has_an_outcome(self, condition: ChangeSetCondition, outcome: str) -> None:
        scene = Scene()
        scene.deployer.set_change_set(scene.created()["id"], condition, "Parameters: [Size] must have values")
        answer = scene.call("describe_change_set")
        assert answer["outcome"] == outcome
        if outcome == "failed":
            assert "must have values" in answer["verdict"]["reasons"][0]["message"]

    def test_a_change_set_that_is_gone_has_failed(self) -> None:
        scene = Scene()
        scene.created()
        scene.deployer.change_sets.clear()
        assert scene.call("describe_change_set")["verdict"]["reasons"][0]["code"] == "change-set-failed"

    def test_an_input_without_a_change_set_is_malformed(self) -> None:
        with pytest.raises(MalformedEvent, match="change_set"):
            Scene().call("describe_change_set")


class TestReview:
    def test_a_plan_that_changes_no_permission_passes_and_is_told(self) -> None:
        scene = Scene()
        answer = scene.reviewed()
        assert answer["outcome"] == "passed"
        (event,) = scene.runtime.fake_announcer.sent
        check_event(event)
        assert event.kind is EventKind.PROMOTION_PLANNED
        assert event.specifics["plan"] == answer["plan"]["digest"]
        record = scene.ledger.plan(answer["plan"]["digest"])
        assert record is not None
        assert record.expansions == ()
        document = scene.documents.get(answer["plan"]["document"]).decode()
        assert "secret of" not in document
        assert scene.documents.get(answer["plan"]["page"]).startswith(b"<!")

    def test_the_same_review_again_is_the_same_plan_and_the_same_event(self) -> None:
        scene = Scene()
        assert scene.reviewed()["plan"]["digest"] == scene.call("review_change_set")["plan"]["digest"]
        assert len({event.id for event in scene.runtime.fake_announcer.sent}) == 1

    def test_a_change_of_permissions_needs_approval_until_it_has_been_approved(self) -> None:
        scene = Scene()
        answer = with_role(scene)
        assert answer["outcome"] == "approval_needed"
        assert answer["verdict"]["outcome"] == "inconclusive"
        plan = scene.ledger.plan(answer["plan"]["digest"])
        assert plan is not None
        assert len(plan.expansions) == 1
        # What was found comes first, then where; what to do is the same for all of them and in the plan.
        assert answer["verdict"]["reasons"][0]["where"].startswith("new Resources.")
        found = answer["verdict"]["reasons"][0]
        assert plan.reasons[0] == f"{found['message']} ({found['where']})"
        scene.ledger.write_plan(replace(plan, state=PlanState.APPROVED))
        assert scene.call("review_change_set")["outcome"] == "passed"

    def test_a_stack_that_towpath_did_not_deploy_is_taken_over_only_when_a_person_says_so(self) -> None:
        """It may be anybody's, and a template that only swaps its code widens no privilege."""
        scene = Scene()
        del scene.ledger.lives["orders", "preview"]
        answer = scene.reviewed()
        assert answer["outcome"] == "approval_needed"
        (found,) = answer["verdict"]["reasons"]
        assert (found["code"], found["where"]) == ("stack-not-deployed-by-towpath", "orders")
        plan = scene.ledger.plan(answer["plan"]["digest"])
        assert plan is not None
        assert plan.expansions == (), "taking a stack over in one environment says nothing about another one"

    def test_an_environment_may_refuse_instead_of_asking(self) -> None:
        assert with_role(Scene(environment=preview(gates={"privilege": "refuse"})))["outcome"] == "refused"


def with_role(scene: Scene) -> dict[str, Any]:
    """The review of a release whose template brings a role of its own."""
    role = '"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn:x"]}}, '
    text = scene.documents.get(scene.template).decode().replace('"Resources": {', role)
    scene.documents.kept[scene.template] = text.encode()
    return scene.reviewed()


class TestRecheck:
    def test_nothing_has_moved(self) -> None:
        scene = Scene()
        scene.reviewed()
        assert scene.call("recheck_plan")["outcome"] == "unchanged"
        assert len(scene.deployer.change_sets) == 1

    @pytest.mark.parametrize("mover", ["template", "parameter", "alias", "split", "change set", "executed"])
    def test_what_moved_voids_the_plan_and_discards_the_change_set(self, mover: str) -> None:
        scene = Scene()
        plan = scene.reviewed()["plan"]
        move(scene, mover)
        answer = scene.call("recheck_plan")
        assert answer["outcome"] == "moved"
        left = [found.condition for found in scene.deployer.change_sets.values()]
        assert left == ([ChangeSetCondition.EXECUTED] if mover == "executed" else [])
        record = scene.ledger.plan(plan["digest"])
        assert record is not None
        assert record.state is PlanState.VOIDED

    def test_a_task_that_somebody_answered_past_the_ledger_opens_nothing(self) -> None:
        """Whoever gets hold of the token can let the workflow go on; only the ledger's approval lets it execute."""
        scene = Scene()
        plan = with_role(scene)["plan"]
        scene.call("request_approval", token="token-1")
        answer = scene.call("recheck_plan")
        assert answer["outcome"] == "moved"
        assert "nobody has approved" in answer["says"]
        record = scene.ledger.plan(plan["digest"])
        assert record is not None
        assert record.state is PlanState.VOIDED

    def test_the_ledgers_approval_of_this_plan_lets_it_go_on(self) -> None:
        scene = Scene()
        plan = scene.ledger.plan(with_role(scene)["plan"]["digest"])
        assert plan is not None
        scene.ledger.write_plan(replace(plan, state=PlanState.APPROVED))
        assert scene.call("recheck_plan")["outcome"] == "unchanged"

    def test_an_empty_change_set_is_no_movement(self) -> None:
        scene = Scene()
        scene.deployer.set_change_set(scene.created()["id"], ChangeSetCondition.EMPTY)
        scene.given["plan"] = scene.call("review_change_set")["plan"]
        assert scene.call("recheck_plan")["outcome"] == "unchanged"


def move(scene: Scene, mover: str) -> None:
    stack, change_set = scene.deployer.stacks["orders"], scene.given["change_set"]["id"]
    match mover:
        case "template":
            stack.template = stack.template.replace("1.1.0", "by hand")
        case "parameter":
            stack.parameters["LogLevel"] = "DEBUG"
        case "alias":
            scene.traffic.aliases[FUNCTION, ALIAS] = AliasState("1", {})
        case "split":
            scene.traffic.aliases[FUNCTION, ALIAS] = AliasState("2", {"1": 0.5})
        case "change set":
            scene.deployer.set_change_set(change_set, ChangeSetCondition.GONE, "It is OBSOLETE.")
        case _:
            scene.deployer.set_change_set(change_set, ChangeSetCondition.EXECUTED)


class TestExecute:
    def test_it_is_carried_out_once_also_when_the_answer_was_lost(self) -> None:
        scene = Scene()
        scene.reviewed()
        assert scene.call("execute_change_set")["outcome"] == "executing"
        assert scene.call("execute_change_set")["outcome"] == "executing"
        scene.deployer.settle()
        # The retry may come so late that the stack has arrived meanwhile.
        assert scene.call("execute_change_set")["outcome"] == "executing"
        assert scene.deployer.done == ["update orders"]

    def test_an_empty_change_set_is_discarded(self) -> None:
        scene = Scene()
        scene.deployer.set_change_set(scene.created()["id"], ChangeSetCondition.EMPTY)
        assert scene.call("execute_change_set")["outcome"] == "nothing_to_do"
        assert scene.deployer.change_sets == {}

    @pytest.mark.parametrize("how", ["deleted", "obsolete"])
    def test_a_change_set_that_somebody_elses_change_outdated_is_planned_anew(self, how: str) -> None:
        """Nothing of ours has happened: a rollback would undo what the other one did."""
        scene = Scene()
        scene.reviewed()
        if how == "deleted":
            scene.deployer.change_sets.clear()
        else:
            scene.deployer.set_change_set(scene.given["change_set"]["id"], ChangeSetCondition.GONE, "It is OBSOLETE.")
        scene.deployer.stacks["orders"].status = "UPDATE_IN_PROGRESS"
        assert scene.call("execute_change_set")["outcome"] == "moved"
        assert scene.deployer.done == []

    def test_an_execution_that_aws_refuses_has_changed_nothing_and_takes_nothing_back(self) -> None:
        scene = Scene()
        scene.reviewed()
        scene.deployer.refusal = "Stack:orders is in UPDATE_IN_PROGRESS state and can not be updated."
        answer = scene.call("execute_change_set")
        assert answer["outcome"] == "refused"
        (found,) = answer["verdict"]["reasons"]
        assert found["code"] == "change-set-not-executed"
        assert "can not be updated" in found["message"]

    def test_a_refusal_after_an_execution_that_got_through_is_none(self) -> None:
        scene = Scene()
        scene.reviewed()
        assert scene.call("execute_change_set")["outcome"] == "executing"
        scene.deployer.refusal = "it was executed already"
        assert scene.call("execute_change_set")["outcome"] == "executing"

    def test_the_way_back_leaves_a_stack_alone_that_our_change_set_never_touched(self) -> None:
        scene = Scene()
        scene.reviewed()
        scene.deployer.stacks["orders"].status = "UPDATE_IN_PROGRESS"
        scene.deployer.stacks["orders"].template = scene.deployer.stacks["orders"].template.replace("1.1.0", "by hand")
        assert scene.call("roll_back_stack")["outcome"] == "nothing_to_do"
        assert (scene.deployer.done, scene.deployer.change_sets) == ([], {})


class TestDiscard:
    """What ends before anything was changed leaves nothing half done."""

    def test_a_first_plan_takes_its_empty_stack_with_it(self) -> None:
        scene = Scene(first=True)
        scene.reviewed()
        assert scene.call("discard_change_set")["outcome"] == "discarding"
        assert scene.call("discard_change_set")["outcome"] == "discarding"
        scene.deployer.settle()
        assert scene.call("discard_change_set")["outcome"] == "discarded"
        assert (scene.deployer.stacks, scene.deployer.change_sets) == ({}, {})

    def test_a_stack_that_is_live_stays(self) -> None:
        scene = Scene()
        scene.reviewed()
        assert scene.call("discard_change_set")["outcome"] == "discarded"
        assert scene.deployer.change_sets == {}
        assert (scene.deployer.stacks["orders"].status, scene.deployer.done) == ("UPDATE_COMPLETE", [])

    def test_it_finds_the_change_set_although_its_creator_never_answered(self) -> None:
        scene = Scene()
        scene.call("create_change_set")
        assert "change_set" not in scene.given
        scene.call("discard_change_set")
        assert scene.deployer.change_sets == {}

    def test_what_belongs_to_another_service_is_left_alone(self) -> None:
        scene = Scene(first=True)
        scene.ledger.own_stack("111111111111", "eu-west-1", "orders", StackOwner("billing", "preview"))
        scene.deployer.stacks["orders"] = FakeStack("REVIEW_IN_PROGRESS")
        assert scene.call("discard_change_set")["outcome"] == "discarded"
        assert scene.deployer.done == []

    def test_a_stack_that_somebody_else_changes_is_left_alone(self) -> None:
        scene = Scene()
        scene.created()
        scene.deployer.stacks["orders"].status = "UPDATE_IN_PROGRESS"
        assert scene.call("discard_change_set")["outcome"] == "discarded"
        assert scene.deployer.done == []

    def test_who_lost_the_environment_discards_nothing(self) -> None:
        scene = Scene()
        scene.created()
        with pytest.raises(LeaseLost):
            scene.call("discard_change_set", fence=0)
        assert len(scene.deployer.change_sets) == 1
