"""The catalogue: dated, complete enough to be useful, silent about what it does not know."""

import re

import pytest

from towpath.privilege import catalogue
from towpath.privilege.conditions.context_keys import facts


def test_it_says_of_which_day_it_is() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", catalogue.dated())


def test_it_has_the_services_and_their_actions() -> None:
    assert len(catalogue.services()) > 400
    found = catalogue.action("S3:getobject")
    assert found is not None
    assert (found.name, found.level) == ("s3:GetObject", "Read")
    assert catalogue.action("s3:NoSuchAction") is None
    assert catalogue.action("nosuchservice:Action") is None
    assert catalogue.action("") is None


@pytest.mark.parametrize(
    ("action", "resource", "takes"),
    [
        ("s3:GetObject", "arn:aws:s3:::bucket/key", True),
        ("s3:GetObject", "arn:aws:s3:::bucket", False),
        ("s3:ListBucket", "arn:aws:s3:::bucket", True),
        ("s3:ListBucket", "arn:aws:s3:::bucket/key", False),
        ("sts:GetCallerIdentity", "*", True),
        ("sts:GetCallerIdentity", "arn:aws:s3:::bucket", False),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/team/deploy", True),
        ("iam:PassRole", "arn:aws:iam::111122223333:user/ann", False),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:queue", True),
        ("sqs:SendMessage", "arn:aws:sns:eu-west-1:111122223333:queue", False),
    ],
)
def test_it_knows_which_resources_an_action_takes(action: str, resource: str, takes: bool) -> None:
    found = catalogue.action(action)
    assert found is not None
    assert catalogue.resources_of(found.resource_forms).accepts(tuple(resource)) is takes


@pytest.mark.parametrize(
    ("key", "multivalued", "type_name"),
    [
        ("aws:sourceip", False, "IPAddress"),
        ("aws:tagkeys", True, "String"),
        ("aws:principaltag/team", False, ""),
        ("s3:max-keys", False, "Numeric"),
        ("s3:requestobjecttag/team", False, "String"),
        ("dynamodb:leadingkeys", True, "String"),
        ("kms:encryptioncontext:app", False, "String"),
        ("custom:key", None, ""),
    ],
)
def test_it_knows_what_a_context_key_holds(key: str, multivalued: bool | None, type_name: str) -> None:
    known = facts(key)
    assert (known.multivalued, known.type_name) == (multivalued, type_name)


def test_a_reviewer_is_told_the_best_known_of_what_is_grave() -> None:
    def gravest(service: str) -> str:
        return min(catalogue.actions_of(service).values(), key=lambda action: action.gravity).name

    assert gravest("s3") == "s3:PutBucketAcl"
    assert gravest("sqs") == "sqs:AddPermission"
    assert gravest("dynamodb") == "dynamodb:PutResourcePolicy"
    assert gravest("sns") == "sns:AddPermission"
