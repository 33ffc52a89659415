"""What is the same thing before and after, whatever its logical id; and what is another thing in spite of it."""

from typing import Any

from tests.unit.privilege.gathering.templates import (
    READ,
    WRITE,
    Json,
    answer,
    compared,
    document,
    resource,
    role,
    template,
)


def reader(bucket: str, **properties: Any) -> Json:
    return role({**READ, "Resource": {"Fn::Sub": f"${{{bucket}.Arn}}/*"}}, **properties)


def test_all_logical_ids_may_change() -> None:
    old = template(Worker=reader("Data"), Data=resource("S3::Bucket"), Other=role(WRITE))
    new = template(Runner=reader("Store"), Store=resource("S3::Bucket"), Another=role(WRITE))
    assert answer(old, new) == "NO_EXPANSION"
    assert answer(new, old) == "NO_EXPANSION"


def test_many_roles_may_be_renamed_and_rewritten_at_once() -> None:
    def reading(number: int) -> list[Json]:
        return [{**READ, "Resource": f"arn:aws:s3:::{name}-{number}/*"} for name in ("data", "logs")]

    def at_once(number: int) -> Json:
        return {**READ, "Resource": [statement["Resource"] for statement in reading(number)]}

    old = template(**{f"Worker{number}": role(at_once(number)) for number in range(30)})
    new = template(**{f"Runner{number}": role(*reading(number)) for number in range(30)})
    assert answer(old, new) == "NO_EXPANSION"
    assert answer(new, old) == "NO_EXPANSION"
    new["Resources"]["Runner7"] = role(*reading(7), WRITE)
    assert answer(old, new) == "EXPANSION"


def test_a_renamed_role_is_judged_by_what_it_may_do_more() -> None:
    (finding,) = compared(template(Worker=role(READ)), template(Runner=role(READ, WRITE))).findings
    assert finding.witness.action == "s3:PutObject"
    assert "is new" not in finding.title


def test_roles_that_swap_their_logical_ids_keep_their_names() -> None:
    old = template(A=role(READ, RoleName="reader"), B=role(WRITE, RoleName="writer"))
    new = template(A=role(WRITE, RoleName="writer"), B=role(READ, RoleName="reader"))
    assert answer(old, new) == "NO_EXPANSION"


def test_a_swap_behind_the_same_logical_ids_is_seen() -> None:
    def buckets(first: str, second: str) -> Json:
        return template(
            Worker=reader("A"), A=resource("S3::Bucket", BucketName=first), B=resource("S3::Bucket", BucketName=second)
        )

    assert answer(buckets("open", "secret"), buckets("secret", "open")) == "EXPANSION"


def test_a_name_and_a_reference_to_it_are_the_same() -> None:
    bucket = resource("S3::Bucket", BucketName="data")
    by_reference = template(Worker=reader("Data"), Data=bucket)
    by_name = template(Worker=role({**READ, "Resource": "arn:aws:s3:::data/*"}), Data=bucket)
    assert answer(by_reference, by_name) == "NO_EXPANSION"
    assert answer(by_name, by_reference) == "NO_EXPANSION"


def test_a_role_with_another_name_is_another_principal() -> None:
    old, new = (template(Worker=role(READ, RoleName=name)) for name in ("one", "other"))
    (finding,) = compared(old, new).findings
    assert finding.subject == "role other"


def test_another_type_under_the_same_logical_id_is_another_thing() -> None:
    old = template(Worker=role({**READ, "Resource": {"Fn::GetAtt": ["Thing", "Arn"]}}), Thing=resource("SQS::Queue"))
    new = template(Worker=role({**READ, "Resource": {"Fn::GetAtt": ["Thing", "Arn"]}}), Thing=resource("S3::Bucket"))
    assert answer(old, new) == "EXPANSION"


def test_a_first_deployment_is_one_finding_for_each_principal() -> None:
    found = compared(None, template(One=role(READ, WRITE), Two=role(WRITE)))
    assert sorted(item.subject for item in found.findings) == ["role ${One}", "role ${Two}"]


def test_the_end_of_everything_is_none() -> None:
    assert answer(template(One=role(READ, {**WRITE, "Effect": "Deny"})), None) == "NO_EXPANSION"


def test_one_cause_is_one_finding_for_all_whom_it_concerns() -> None:
    def shared(*statements: Json) -> Json:
        return template(
            One=role(ManagedPolicyArns=[{"Ref": "Shared"}]),
            Two=role(ManagedPolicyArns=[{"Ref": "Shared"}]),
            Shared=resource("IAM::ManagedPolicy", PolicyDocument=document(*statements)),
        )

    (finding,) = compared(shared(READ), shared(READ, WRITE)).findings
    assert finding.subject == "role ${One}, role ${Two}"


def handler(code: str, role_name: str, **more: Any) -> Json:
    where = {"S3Bucket": "assets", "S3Key": f"{code}.zip"}
    return resource("Lambda::Function", Code=where, Role={"Fn::GetAtt": [role_name, "Arn"]}, **more)


def called_by(service: str, function: str) -> Json:
    properties = {"Principal": f"{service}.amazonaws.com", "SourceAccount": "111122223333"}
    named = {"Fn::GetAtt": [function, "Arn"]}
    return resource("Lambda::Permission", Action="lambda:InvokeFunction", FunctionName=named, **properties)


def two_functions(
    first: str, second: str, codes: tuple[str, str], roles: tuple[str, str] = ("Reads", "Writes")
) -> Json:
    return template(
        Reads=role(READ),
        Writes=role(WRITE),
        **{first: handler(codes[0], roles[0]), second: handler(codes[1], roles[1])},
        **{f"Call{first}": called_by("s3", first), f"Call{second}": called_by("sns", second)},
    )


def test_several_functions_may_be_renamed_and_get_other_code_at_once() -> None:
    old = two_functions("OrdersA1B2C3D4", "NoticesA1B2C3D4", ("one", "two"))
    new = two_functions("ApiOrders0F1E2D3C", "ApiNotices0F1E2D3C", ("three", "four"))
    assert answer(old, new) == "NO_EXPANSION"
    assert answer(new, old) == "NO_EXPANSION"


def test_functions_that_are_renamed_do_not_hide_that_they_change_roles() -> None:
    old = two_functions("Orders", "Notices", ("one", "two"))
    for names in (("First", "Second"), ("NoticesNew", "OrdersNew"), ("OrdersNew", "NoticesNew")):
        new = two_functions(*names, ("three", "four"), ("Writes", "Reads"))
        assert answer(old, new) == "EXPANSION"
