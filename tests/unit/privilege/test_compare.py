"""What policy documents mean for each other: one row per AWS rule, with the page that says so.

[logic] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
[elements] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
[principal] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
[notprincipal] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
[resource] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
[variables] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
[version] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
[operators] https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
[boundary] https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

import json
from typing import Any

import pytest

from towpath.privilege import Answer, Comparison, compare_access, compare_documents
from towpath.privilege.access import AccessPolicies
from towpath.privilege.compare import policies
from towpath.privilege.statement import Kind

OBJECTS = "arn:aws:s3:::b/*"
Statement = dict[str, Any]


def policy(*statements: Statement, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def allow(action: Any = "s3:GetObject", resource: Any = OBJECTS, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: Any = "s3:GetObject", resource: Any = OBJECTS, **more: Any) -> Statement:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def without(statement: Statement, name: str, **more: Any) -> Statement:
    return {key: value for key, value in statement.items() if key != name} | more


EQUAL: list[tuple[str, list[Statement], list[Statement]]] = [
    ("order of statements", [allow(), deny("s3:*", "c")], [deny("s3:*", "c"), allow()]),
    ("a string is a list of one [elements]", [allow("s3:GetObject")], [allow(["s3:GetObject"])]),
    ("actions fold case [elements]", [allow("s3:GetObject")], [allow("S3:getOBJECT")]),
    ("split by action", [allow(["s3:GetObject", "s3:PutObject"])], [allow("s3:GetObject"), allow("s3:PutObject")]),
    ("split by resource", [allow(resource=["a", "b"])], [allow(resource="a"), allow(resource="b")]),
    ("a wildcard twice", [allow("s3:*")], [allow("s3:**")]),
    ("what is covered already", [allow("s3:*")], [allow("s3:*"), allow("s3:GetObject")]),
    ("sids say nothing [elements]", [allow(Sid="A")], [allow(Sid="B")]),
    ("case of keys and operators", [allow(**when("StringEquals", "aws:username", "a"))],
     [allow(**when("stringequals", "AWS:UserName", "a"))]),
    ("order of values", [allow(**when("StringEquals", "aws:username", ["a", "b"]))],
     [allow(**when("StringEquals", "aws:username", ["b", "a"]))]),
    ("two halves of a block", [allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))],
     [allow(**when("IpAddress", "aws:SourceIp", ["10.0.0.0/9", "10.128.0.0/9"]))]),
    ("equal or not equal or absent", [allow()],
     [allow(**when("StringEquals", "aws:username", "a")), allow(**when("StringNotEquals", "aws:username", "a"))]),
    ("present or absent", [allow()],
     [allow(**when("Null", "aws:username", "true")), allow(**when("Null", "aws:username", "false"))]),
    ("below, at and above", [allow(**when("Null", "s3:max-keys", "false"))],
     [allow(**when("NumericLessThanEquals", "s3:max-keys", "5")),
      allow(**when("NumericGreaterThan", "s3:max-keys", "5"))]),
    ("a deny of what nobody allows [logic]", [allow()], [allow(), deny("ec2:*", "*")]),
    ("NotAction of all but some", [allow("s3:*")], [allow("*"), deny("*", OBJECTS) | {"NotAction": "s3:*"}]),
    ("an ARN and its equality", [allow(**when("ArnLike", "aws:SourceArn", "arn:aws:sns:*:*:t"))],
     [allow(**when("ArnEquals", "aws:SourceArn", "arn:aws:sns:*:*:t"))]),
    ("a moment in two zones [operators]", [allow(**when("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"))],
     [allow(**when("DateLessThan", "aws:CurrentTime", "2020-01-01T01:00:00+01:00"))]),
    ("a moment as seconds [operators]", [allow(**when("DateGreaterThan", "aws:CurrentTime", "1577836800"))],
     [allow(**when("DateGreaterThan", "aws:CurrentTime", "2020-01-01"))]),
    ("bits beyond the prefix [operators]", [allow(**when("IpAddress", "aws:SourceIp", "203.0.113.7/24"))],
     [allow(**when("IpAddress", "aws:SourceIp", "203.0.113.0/24"))]),
    ("IfExists where absence matches already [operators]", [allow(**when("StringNotEquals", "aws:username", "a"))],
     [allow(**when("StringNotEqualsIfExists", "aws:username", "a"))]),
    ("a variable whose value is fixed [variables]",
     [allow(resource="arn:aws:s3:::b/bob/*", **when("StringEquals", "aws:username", "bob"))],
     [allow(resource="arn:aws:s3:::b/${aws:username}/*", **when("StringEquals", "aws:username", "bob"))]),
    ("an escaped wildcard [variables]", [allow(**when("StringLike", "aws:username", "a${*}"))],
     [allow(**when("StringEquals", "aws:username", "a*"))]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "one", "other"), EQUAL, ids=[row[0] for row in EQUAL])
def test_saying_the_same_in_another_way_is_no_expansion(why: str, one: list[Statement], other: list[Statement]) -> None:
    first, second = (
        [without(item, "Action") if "NotAction" in item else item for item in side] for side in (one, other)
    )
    assert compare_documents(policy(*first), policy(*second)).verdict is Answer.NO_EXPANSION
    assert compare_documents(policy(*second), policy(*first)).verdict is Answer.NO_EXPANSION


WIDER: list[tuple[str, list[Statement], list[Statement]]] = [
    ("an action more", [allow()], [allow(["s3:GetObject", "s3:PutObject"])]),
    ("a wildcard in the action", [allow()], [allow("s3:Get*")]),
    ("a wildcard in the resource", [allow(resource="arn:aws:s3:::b/a")], [allow()]),
    ("a condition dropped", [allow(**when("StringEquals", "aws:PrincipalOrgID", "o-1"))], [allow()]),
    ("a value more", [allow(**when("StringEquals", "aws:username", "a"))],
     [allow(**when("StringEquals", "aws:username", ["a", "b"]))]),
    ("IfExists lets absent keys in", [allow(**when("StringEquals", "aws:username", "a"))],
     [allow(**when("StringEqualsIfExists", "aws:username", "a"))]),
    ("a deny dropped [logic]", [allow(), deny(resource="arn:aws:s3:::b/secret/*")], [allow()]),
    ("a deny narrowed", [allow(), deny(resource="arn:aws:s3:::b/s*")],
     [allow(), deny(resource="arn:aws:s3:::b/secret/*")]),
    ("a condition on a deny", [allow(), deny()], [allow(), deny(**when("Bool", "aws:SecureTransport", "false"))]),
    ("Bool does not match an absent key", [allow(), deny(**when("BoolIfExists", "aws:SecureTransport", "false"))],
     [allow(), deny(**when("Bool", "aws:SecureTransport", "false"))]),
    ("ForAllValues lets absent keys in",
     [allow(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}})],
     [allow(**when("ForAllValues:StringEquals", "aws:TagKeys", "a"))]),
    ("a larger block", [allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/9"))],
     [allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))]),
    ("a later date", [allow(**when("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"))],
     [allow(**when("DateLessThan", "aws:CurrentTime", "2026-01-01T00:00:01Z"))]),
    ("both families of addresses [operators]", [allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/0"))],
     [allow(**when("IpAddress", "aws:SourceIp", ["0.0.0.0/0", "::/0"]))]),
    ("a segment of an ARN ends at its colon [operators]",
     [allow(**when("ArnLike", "aws:SourceArn", "arn:aws:s3:*:*:b"))],
     [allow(**when("StringLike", "aws:SourceArn", "arn:aws:s3:*:b"))]),
    ("a Deny on all but one service spares another",
     [allow("*", "*"), without(deny("*", "*"), "Action", NotAction="s3:*")],
     [allow("*", "*"), without(deny("*", "*"), "Action", NotAction=["s3:*", "ec2:*"])]),
    ("a resource's case counts [resource]", [allow(resource="arn:aws:s3:::b/A")],
     [allow(resource=["arn:aws:s3:::b/A", "arn:aws:s3:::b/a"])]),
    ("another partition", [allow(resource="arn:aws:s3:::b/a")], [allow(resource="arn:aws*:s3:::b/a")]),
    ("another user's folder [variables]", [allow(resource="arn:aws:s3:::b/${aws:username}/*")],
     [allow(resource=["arn:aws:s3:::b/bob/*", "arn:aws:s3:::b/${aws:username}/*"])]),
    ("a default for an absent key [variables]", [allow(resource="arn:aws:s3:::b/${aws:PrincipalTag/t}/*")],
     [allow(resource="arn:aws:s3:::b/${aws:PrincipalTag/t, 'any'}/*")]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "old", "new"), WIDER, ids=[row[0] for row in WIDER])
def test_widening_is_an_expansion_and_narrowing_is_none(why: str, old: list[Statement], new: list[Statement]) -> None:
    assert compare_documents(policy(*old), policy(*new)).verdict is Answer.EXPANSION
    assert compare_documents(policy(*new), policy(*old)).verdict is Answer.NO_EXPANSION


def test_two_statements_cover_together_what_neither_covers_alone() -> None:
    both = policy(
        allow(**when("StringEquals", "aws:username", "a")), allow(**when("StringNotEquals", "aws:username", "a"))
    )
    assert compare_documents(both, policy(allow())).verdict is Answer.NO_EXPANSION


def test_several_documents_of_one_principal_are_judged_together() -> None:
    old = [policy(allow("s3:GetObject")), policy(allow("s3:PutObject"))]
    assert compare_documents(old, policy(allow(["s3:GetObject", "s3:PutObject"]))).verdict is Answer.NO_EXPANSION
    assert compare_documents(old[:1], policy(allow(["s3:GetObject", "s3:PutObject"]))).verdict is Answer.EXPANSION


def test_notaction_and_notresource() -> None:
    everything_but = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/*"}
    assert compare_documents(policy(allow("s3:*", "*")), policy(everything_but)).verdict is Answer.EXPANSION
    assert compare_documents(policy(everything_but), policy(allow("iam:GetUser", "*"))).verdict is Answer.EXPANSION
    assert (
        compare_documents(policy(everything_but), policy(allow("s3:*", "arn:aws:s3:::c"))).verdict
        is Answer.NO_EXPANSION
    )


def test_variables_are_plain_text_before_2012() -> None:
    """[version]"""
    home = allow(resource="arn:aws:s3:::b/${aws:username}")
    old, new = policy(home, version="2008-10-17"), policy(home)
    assert compare_documents(old, new).verdict is Answer.EXPANSION
    assert compare_documents(new, old).verdict is Answer.EXPANSION
    literal = json.dumps(policy(allow(resource="arn:aws:s3:::b/${$}{aws:username}")))
    assert compare_documents(old, literal).verdict is Answer.NO_EXPANSION


def test_a_missing_version_is_2008() -> None:
    """[version]"""
    home = allow(resource="arn:aws:s3:::b/${aws:username}")
    assert compare_documents({"Statement": home}, policy(home, version="2008-10-17")).verdict is Answer.NO_EXPANSION


ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/deploy"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"


def trust(principal: Any, **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal} | more


def named(principal: Any, **more: Any) -> Statement:
    return allow(Principal=principal, **more)


PRINCIPALS: list[tuple[str, Any, Any, str, bool]] = [
    ("an account stands for its principals [principal]", {"AWS": ROOT},
     {"AWS": [ROLE, USER, SESSION]}, "resource", False),
    ("its number is its root [principal]", {"AWS": ROOT}, {"AWS": ACCOUNT}, "resource", False),
    ("its root is its number [principal]", {"AWS": ACCOUNT}, {"AWS": ROOT}, "resource", False),
    ("a role is not its account", {"AWS": ROLE}, {"AWS": ROOT}, "resource", True),
    ("a role stands for its sessions [principal]", {"AWS": ROLE}, {"AWS": SESSION}, "resource", False),
    ("a session is not its role", {"AWS": SESSION}, {"AWS": ROLE}, "resource", True),
    ("another account", {"AWS": ROOT}, {"AWS": "444455556666"}, "resource", True),
    ("an account of another partition", {"AWS": ROOT}, {"AWS": ROOT.replace("aws", "aws-cn")}, "resource", True),
    ("everybody", {"AWS": ROOT}, "*", "resource", True),
    ("everybody in two ways [principal]", {"AWS": "*"}, "*", "resource", False),
    ("in a trust policy, * is more than every AWS principal", {"AWS": "*"}, "*", "trust", True),
    ("every AWS principal is within *", "*", {"AWS": "*"}, "trust", False),
    ("a service is not AWS: *", {"AWS": "*"}, {"Service": "lambda.amazonaws.com"}, "trust", True),
    ("a service more", {"Service": "lambda.amazonaws.com"},
     {"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}, "trust", True),
    ("a federated provider", {"AWS": ROOT}, {"Federated": "cognito-identity.amazonaws.com"}, "trust", True),
    ("a canonical user", {"AWS": ROOT}, {"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}, "resource", True),
    ("a canonical user is somebody", "*", {"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}, "resource", False),
]  # fmt: skip


@pytest.mark.parametrize(("why", "old", "new", "kind", "expands"), PRINCIPALS, ids=[row[0] for row in PRINCIPALS])
def test_principals(why: str, old: Any, new: Any, kind: str, expands: bool) -> None:
    statement = trust if kind == "trust" else named
    answer = compare_documents(policy(statement(old)), policy(statement(new)), kind).verdict
    assert answer is (Answer.EXPANSION if expands else Answer.NO_EXPANSION)


def not_principal(*arns: str) -> Statement:
    return without(deny("s3:*", "*"), "Principal", NotPrincipal={"AWS": list(arns)})


@pytest.mark.parametrize(
    ("old", "new", "expands"),
    [
        ([USER, ROOT], [USER, ROOT, f"{USER}a"], True),
        ([USER, ROOT], [USER], False),
        ([ROOT], [ROOT, USER], True),
        ([ROLE, ROOT], [ROLE, SESSION, ROOT], True),
        ([ROLE, SESSION, ROOT], [ROLE, ROOT], False),
    ],
)
def test_a_deny_spares_exactly_whom_notprincipal_lists(old: list[str], new: list[str], expands: bool) -> None:
    """[notprincipal] An account that is listed does not spare its users and roles; they have to be listed too."""
    everybody = named("*", Action="s3:*", Resource="*")
    before, after = (policy(everybody, not_principal(*arns)) for arns in (old, new))
    answer = compare_documents(before, after, "resource").verdict
    assert answer is (Answer.EXPANSION if expands else Answer.NO_EXPANSION)


def test_a_service_without_its_source_is_a_confused_deputy() -> None:
    service = {"Service": "events.amazonaws.com"}
    sourced = named(service, **when("ArnLike", "aws:SourceArn", f"arn:aws:events:*:{ACCOUNT}:rule/r"))
    comparison = compare_documents(policy(sourced), policy(named(service)), "resource")
    assert [item.value for item in comparison.findings[0].classes] == ["confused-deputy"]
    assert compare_documents(policy(named(service)), policy(sourced), "resource").verdict is Answer.NO_EXPANSION


def test_a_service_that_acts_with_a_role_is_a_confused_deputy_only_where_a_source_was_asked_for() -> None:
    def trusting(*services: str, **more: Any) -> Any:
        principal = {"Service": list(services)}
        return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})

    (plain,) = compare_documents(policy(), trusting("lambda.amazonaws.com"), "trust").findings
    assert (plain.classes, plain.severity.value) == ((), "medium")
    assert plain.title == "Statement #1 newly lets lambda.amazonaws.com do sts:AssumeRole"
    sourced = trusting("scheduler.amazonaws.com", **when("StringEquals", "aws:SourceAccount", ACCOUNT))
    (freed,) = compare_documents(sourced, trusting("scheduler.amazonaws.com"), "trust").findings
    assert ([item.value for item in freed.classes], freed.severity.value) == (["confused-deputy"], "high")


def bounded(old: list[Statement] | None, new: list[Statement] | None, *identity: list[Statement]) -> Comparison:
    """Compares identities (one policy, or an old and a new one) within an old and a new boundary."""
    sides = [
        AccessPolicies(
            policies(policy(*statements), Kind.IDENTITY, "role"),
            None if limit is None else policies(policy(*limit), Kind.IDENTITY, "boundary"),
        )
        for statements, limit in ((identity[0], old), (identity[-1], new))
    ]
    before, after = sides
    return compare_access(before, after)


def test_a_boundary_caps_what_is_allowed() -> None:
    """[boundary] Effective access is the intersection."""
    read, everything = [allow("s3:Get*", "*")], [allow("s3:*", "*")]
    assert bounded(read, read, read, everything).verdict is Answer.NO_EXPANSION
    assert bounded(None, None, read, everything).verdict is Answer.EXPANSION
    assert bounded(None, read, everything).verdict is Answer.NO_EXPANSION


def test_removing_or_widening_a_boundary_is_an_expansion_of_its_own_class() -> None:
    read, everything = [allow("s3:Get*", "*")], [allow("s3:*", "*")]
    for wider in (None, everything):
        comparison = bounded(read, wider, everything)
        assert comparison.verdict is Answer.EXPANSION
        assert {item.value for finding in comparison.findings for item in finding.classes} >= {"ceiling"}
    unreached = bounded(read, everything, [allow("ec2:DescribeInstances", "*")])
    assert [[item.value for item in finding.classes] for finding in unreached.findings] == [["ceiling"]]


def test_one_cause_is_one_finding() -> None:
    old = policy(*(allow("s3:*", f"arn:aws:s3:::{name}/*") for name in "abcdef"), deny("s3:Delete*", "*"))
    new = policy(*(allow("s3:*", f"arn:aws:s3:::{name}/*") for name in "abcdef"))
    (finding,) = compare_documents(old, new).findings
    assert finding.cause == "deny-weakened"
    assert finding.location.place.document == "old"


def test_what_is_gone_is_told() -> None:
    comparison = compare_documents(policy(allow(), allow("sqs:SendMessage", "*", Sid="Send")), policy(allow()))
    assert comparison.verdict is Answer.NO_EXPANSION
    (removal,) = comparison.removed
    assert removal.location.sid == "Send"
    assert removal.witness.action == "sqs:SendMessage"


def test_a_witness_is_an_action_on_a_resource_that_it_takes() -> None:
    (finding,) = compare_documents(policy(), policy(allow(["s3:GetObject", "s3:ListBucket"], "*"))).findings
    assert finding.reach.total == 2
    assert (finding.witness.action, finding.witness.resource.count("/")) == ("s3:GetObject", 1)
    (useless,) = compare_documents(policy(), policy(allow("s3:GetObject", "arn:aws:s3:::bucket-without-key"))).findings
    assert [item.value for item in useless.classes] == ["not-catalogue-valid"]


def test_one_key_compared_as_text_and_as_address_is_decided_or_unknown_never_wrong() -> None:
    both = allow(Condition={"StringLike": {"aws:SourceIp": "10.*"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    address = allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8"))
    assert compare_documents(policy(address), policy(both)).verdict is Answer.NO_EXPANSION
    comparison = compare_documents(policy(both), policy(address))
    assert comparison.verdict is Answer.UNKNOWN
    assert "does not prove it" in comparison.unknown[0].message


def test_too_much_work_is_unknown_with_the_reason() -> None:
    comparison = compare_documents(policy(allow("s3:*")), policy(allow("s3:*"), allow("sqs:*", "a*")), steps=1)
    assert comparison.verdict is Answer.UNKNOWN
    assert comparison.unknown[0].code == "privilege-work-budget"


TEAM = "aws:ResourceTag/team"
OWN = "${aws:PrincipalTag/team}"
SAME_KEYS: list[tuple[str, Statement, Statement, bool]] = [
    ("StringLike of a variable alone is its equality", allow(**when("StringEquals", TEAM, OWN)),
     allow(**when("StringLike", TEAM, OWN)), False),
    ("an equality has no direction", allow(**when("StringEquals", TEAM, OWN)),
     allow(**when("StringLike", "aws:PrincipalTag/team", "${aws:ResourceTag/team}")), False),
    ("in another case as well", allow(**when("StringEquals", TEAM, OWN)),
     allow(**when("StringEqualsIgnoreCase", TEAM, OWN)), True),
    ("in one case only", allow(**when("StringEqualsIgnoreCase", TEAM, OWN)), allow(**when("StringEquals", TEAM, OWN)),
     False),
    ("case around a variable", allow(**when("StringEqualsIgnoreCase", TEAM, f"Team-{OWN}")),
     allow(**when("StringEquals", TEAM, f"tEAM-{OWN}")), False),
    ("with more behind it", allow(**when("StringLike", TEAM, OWN)), allow(**when("StringLike", TEAM, f"{OWN}*")), True),
]  # fmt: skip


@pytest.mark.parametrize(("why", "old", "new", "expands"), SAME_KEYS, ids=[row[0] for row in SAME_KEYS])
def test_one_key_compared_with_another(why: str, old: Statement, new: Statement, expands: bool) -> None:
    """[variables]"""
    answer = compare_documents(policy(old), policy(new)).verdict
    assert answer is (Answer.EXPANSION if expands else Answer.NO_EXPANSION)


def test_a_deny_of_unequal_keys_that_forgives_case_denies_less() -> None:
    """[variables]"""
    strict, mild = (deny(**when(f"StringNotEquals{way}", TEAM, OWN)) for way in ("", "IgnoreCase"))
    assert compare_documents(policy(allow(), strict), policy(allow(), mild)).verdict is Answer.EXPANSION
    assert compare_documents(policy(allow(), mild), policy(allow(), strict)).verdict is Answer.NO_EXPANSION
    exists = deny(**when("StringNotEqualsIfExists", TEAM, OWN))
    assert compare_documents(policy(allow(), strict), policy(allow(), exists)).verdict is Answer.NO_EXPANSION
    assert compare_documents(policy(allow(), exists), policy(allow(), strict)).verdict is Answer.NO_EXPANSION


def test_a_key_of_a_provider_that_holds_several_values() -> None:
    """`amr` has two values for a user who is signed in:
    https://docs.aws.amazon.com/cognito/latest/developerguide/iam-roles.html"""
    every, some = (
        allow(**when(f"{way}:StringLike", "cognito-identity.amazonaws.com:amr", "authenticated"))
        for way in ("ForAllValues", "ForAnyValue")
    )
    assert compare_documents(policy(every), policy(some)).verdict is Answer.EXPANSION


def test_a_number_or_an_address_compared_as_a_text() -> None:
    number = allow(**when("NumericLessThanEquals", "s3:max-keys", "10"))
    assert compare_documents(
        policy(number), policy(allow(**when("StringEquals", "s3:max-keys", ["9", "10"])))
    ).verdict is (Answer.NO_EXPANSION)
    more = compare_documents(policy(number), policy(allow(**when("StringEquals", "s3:max-keys", ["9", "11"]))))
    assert more.verdict is Answer.EXPANSION
    assert more.findings[0].witness.context == {"s3:max-keys": "11"}


def test_a_witness_is_somebody_else_when_the_usual_examples_are_allowed_already() -> None:
    trusted = {"AWS": ["444455556666"]}
    known = [trust(trusted), trust({"AWS": "*"}, **when("StringEquals", "aws:PrincipalOrgID", "o-1"))]
    comparison = compare_documents(policy(*known), policy(known[0], trust({"AWS": "*"})), "trust")
    witness = comparison.findings[0].witness
    assert witness.principal is not None
    assert witness.principal.type_name == "AWS"
    assert "444455556666" not in witness.principal.value


@pytest.mark.parametrize("name", ["user/joe@example.com", "user/team@home/joe@example.com", "role/joe@example.com"])
def test_a_principal_may_be_named_like_a_mail_address(name: str) -> None:
    def reading(*names: str) -> dict[str, Any]:
        principals = [f"arn:aws:iam::111122223333:{one}" for one in names]
        return {"Statement": {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sqs:*", "Resource": "*"}}

    (finding,) = compare_documents(reading("user/jane"), reading("user/jane", name), "resource").findings
    assert finding.witness.principal is not None
    assert finding.witness.principal.value == f"arn:aws:iam::111122223333:{name}"


SAME_CALLER = {"ArnEquals": {"aws:PrincipalArn": ROLE}}
OTHER_ROLE = "arn:aws:iam::111122223333:role/other"


@pytest.mark.parametrize("kind", ["trust", "resource"])
def test_a_key_that_says_who_it_is_names_the_principal(kind: str) -> None:
    statement = trust if kind == "trust" else named
    by_key = policy(statement({"AWS": "*"}, Condition=SAME_CALLER))
    assert compare_documents(policy(statement({"AWS": ROLE})), by_key, kind).verdict is Answer.NO_EXPANSION
    either = {"ArnEquals": {"aws:PrincipalArn": [ROLE, OTHER_ROLE]}}
    more = policy(statement({"AWS": "*"}, Condition=either))
    (finding,) = compare_documents(policy(statement({"AWS": ROLE})), more, kind).findings
    assert str(finding.witness.principal) == OTHER_ROLE
    assert finding.witness.context["aws:PrincipalArn"] == OTHER_ROLE


@pytest.mark.parametrize("kind", ["trust", "resource"])
def test_no_witness_is_somebody_else_than_its_keys_say(kind: str) -> None:
    statement = trust if kind == "trust" else named
    old = policy(statement({"AWS": ROLE}))
    wide = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/team-*"}}
    (finding,) = compare_documents(old, policy(statement({"AWS": "*"}, Condition=wide)), kind).findings
    assert finding.witness.principal is not None
    assert finding.witness.principal.value == finding.witness.context["aws:PrincipalArn"]
    account = {"StringEquals": {"aws:PrincipalAccount": "777788889999"}}
    (finding,) = compare_documents(old, policy(statement({"AWS": "*"}, Condition=account)), kind).findings
    assert "777788889999" in str(finding.witness.principal)


def test_a_canonical_user_may_be_anybody_of_its_account() -> None:
    canonical = {"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}
    new = policy(named(canonical, Condition=SAME_CALLER))
    assert compare_documents(policy(), new, "resource").verdict is Answer.EXPANSION
