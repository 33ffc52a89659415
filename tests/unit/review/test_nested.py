"""Nested stacks in a plan: their templates on both sides, compared with what is passed down, or said to be unread."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.deployer import InMemoryDeployer
from tests.fakes.voices import InMemoryDocuments
from tests.unit.release.artifact_builder import sha256
from tests.unit.review.test_plan import BASIS, plan
from towpath.review.gates import Decision
from towpath.review.nested import (
    NestedTemplates,
    addressed,
    digest_of,
    live_templates,
    nested_stacks,
    place_of,
    proposed_templates,
)
from towpath.review.ports import StackResource

Json = dict[str, Any]


def role(action: Any, **sections: Any) -> Json:
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::data/*"}
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    return {**sections, "Resources": {"Worker": {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}}}


def url(template: Json) -> Json:
    return {"Fn::Sub": f"https://${{TowpathAssetBucket}}/${{TowpathAssetPrefix}}{sha256(text(template))}"}


def text(template: Json) -> bytes:
    return json.dumps(template).encode()


def outer(address: Any, **parameters: Any) -> Json:
    properties = {"TemplateURL": address, **({"Parameters": parameters} if parameters else {})}
    return {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}}


def basis(old: Json, new: Json, live: Json, assets: list[Json]) -> Any:
    """The basis in which `old` becomes `new`; `live` are the templates that run, `assets` those of the release."""
    kept = {sha256(text(item)): text(item) for item in assets}
    nested = NestedTemplates(live, *proposed_templates(new, kept.get))
    return replace(BASIS, live_template=old, proposed_template=new, nested=nested)


READ, WRITE = role("s3:GetObject"), role("s3:PutObject")


def test_a_harmless_nested_change_passes() -> None:
    wide = role(["s3:GetObject", "s3:PutObject"])
    found = plan(basis(outer(url(wide)), outer(url(READ)), {"Inner": wide}, [READ]))
    assert found.decision is Decision.PASSED
    assert found.privileges["verdict"] == "NO_EXPANSION"


def test_a_widening_one_names_the_nested_stack_and_a_request() -> None:
    found = plan(basis(outer(url(READ)), outer(url(WRITE)), {"Inner": READ}, [WRITE]))
    (finding,) = found.privileges["findings"]
    assert found.decision is Decision.APPROVAL_NEEDED
    assert finding["subject"] == "Inner: role ${Worker}"
    assert finding["witness"]["action"] == "s3:PutObject"
    assert "nested stack Inner" in found.gates[0].verdict.reasons[0].where
    assert [change.path for change in found.permissions] == ["Inner/Worker"]


def test_what_runs_counts_and_not_what_it_was_deployed_from() -> None:
    """Somebody took a right away from the running stack: a release with the same template as before brings it back."""
    found = plan(basis(outer(url(WRITE)), outer(url(WRITE)), {"Inner": READ}, [WRITE]))
    assert found.privileges["verdict"] == "EXPANSION"


def test_parameters_are_passed_down() -> None:
    inner = role({"Ref": "Action"}, Parameters={"Action": {"Type": "String"}})
    old, new = (outer(url(inner), Action=action) for action in ("s3:GetObject", "s3:*"))
    assert plan(basis(old, old, {"Inner": inner}, [inner])).decision is Decision.PASSED
    found = plan(basis(old, new, {"Inner": inner}, [inner]))
    assert found.privileges["verdict"] == "EXPANSION"
    assert found.permissions


def test_a_parameter_of_the_release_reaches_the_innermost_stack() -> None:
    deep = role({"Ref": "Action"}, Parameters={"Action": {"Type": "String"}})
    middle = {**outer(url(deep), Action={"Ref": "Given"}), "Parameters": {"Given": {"Type": "String"}}}
    top = {**outer(url(middle), Given={"Ref": "Level"}), "Parameters": {"Level": {"Type": "String"}}}
    live = {"Inner": middle, "Inner/Inner": deep}
    same = replace(basis(top, top, live, [middle, deep]), live_parameters={"Level": "s3:Get*"})
    found = plan(replace(same, parameters={"Level": "s3:*"}))
    assert found.privileges["findings"][0]["subject"].startswith("Inner: Inner: role")
    assert [change.path for change in found.permissions] == ["Inner/Inner/Worker"]
    assert plan(replace(same, parameters={"Level": "s3:GetObject"})).privileges["verdict"] == "NO_EXPANSION"


@pytest.mark.parametrize("address", ["https://elsewhere.example/t.json", url(WRITE), {"Ref": "Address"}])
def test_a_template_that_is_no_asset_is_not_known_although_its_address_stays(address: Any) -> None:
    found = plan(basis(outer(address), outer(address), {"Inner": READ}, []))
    same = digest_of(address) != ""
    assert found.privileges["verdict"] == ("NO_EXPANSION" if same else "UNKNOWN")
    assert found.decision is (Decision.PASSED if same else Decision.APPROVAL_NEEDED)
    assert "names no asset" in found.notices[-1]


def test_a_transform_that_only_aws_makes_is_not_known() -> None:
    sam = {**READ, "Transform": "AWS::Serverless-2016-10-31"}
    found = plan(basis(outer(url(READ)), outer(url(sam)), {"Inner": READ}, [sam]))
    assert found.privileges["verdict"] == "UNKNOWN"
    assert "AWS::Serverless-2016-10-31" in found.notices[-1]


def test_text_that_is_no_template_is_not_known() -> None:
    broken = b"[1"
    address = f"https://assets/{sha256(broken)}"
    _, unread = proposed_templates(outer(address), lambda _: broken)
    assert "cannot be read" in unread["Inner"]


def test_a_stack_that_does_not_run_yet_is_new_as_a_whole() -> None:
    found = plan(basis({"Resources": {}}, outer(url(READ)), {}, [READ]))
    assert found.privileges["verdict"] == "EXPANSION"


def test_a_running_stack_whose_template_is_missing_is_not_known() -> None:
    found = plan(basis(outer(url(READ)), outer(url(WRITE)), {}, [WRITE]))
    assert found.privileges["verdict"] == "UNKNOWN"


def test_an_expansion_is_the_same_in_the_next_environment_and_another_one_is_not() -> None:
    first = plan(basis(outer(url(READ)), outer(url(WRITE)), {"Inner": READ}, [WRITE]))
    again = plan(replace(basis(outer(url(READ)), outer(url(WRITE)), {"Inner": READ}, [WRITE]), environment="other"))
    other = plan(basis(outer(url(READ)), outer(url(WRITE)), {"Inner": role("s3:ListBucket")}, [WRITE]))
    assert first.expansion == again.expansion != other.expansion


def test_the_digest_covers_what_runs_inside() -> None:
    found = [basis(outer(url(WRITE)), outer(url(WRITE)), {"Inner": live}, [WRITE]) for live in (WRITE, READ)]
    assert plan(found[0]).digest != plan(found[1]).digest


def test_as_many_are_read_as_are_allowed() -> None:
    many = {"Resources": {f"S{n}": outer(url(READ))["Resources"]["Inner"] for n in range(201)}}
    found, unread = proposed_templates(many, lambda _: text(READ))
    assert len(found) == 200
    assert list(unread) == ["S200"]


def test_what_runs_is_read_at_any_depth() -> None:
    class Deployer(InMemoryDeployer):
        def resources(self, stack: str) -> dict[str, StackResource]:
            inner = {"top": "arn:middle", "arn:middle": "arn:deep"}
            other = StackResource("AWS::IAM::Role", "r")
            return {"Inner": StackResource("AWS::CloudFormation::Stack", inner[stack]), "Other": other}

        def live_template(self, stack: str) -> str:
            return json.dumps({"arn:middle": outer("u"), "arn:deep": READ}[stack])

    found = live_templates(Deployer(InMemoryDocuments()), "top", outer("u"))
    assert found == {"Inner": outer("u"), "Inner/Inner": READ}


def test_templates_without_nested_stacks_stay_as_they_are() -> None:
    assert addressed(READ, WRITE, NestedTemplates()) == (READ, WRITE, {})
    assert not list(nested_stacks({"Resources": ["no mapping"]}))
    assert place_of("<live:A/B>") == "A/B"
