"""What keeps strangers out of buckets besides policies: the public access block, ACLs, and who owns objects.

A new bucket blocks public access and has ACLs turned off unless its template says otherwise; a block that is taken out
of a template is taken off the bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from towpath.privilege.comparison import FindingClass, Severity
from towpath.privilege.gathering.grant import Fact, Grants, Guards, entries, options
from towpath.privilege.gathering.side import Side
from towpath.privilege.gathering.subject import named, subject_of
from towpath.privilege.principals import Principal
from towpath.privilege.request import Request
from towpath.template.position import Path
from towpath.template.resolution import Resource
from towpath.template.value import scalar_text

_FLAGS: Final = {
    "BlockPublicAcls": ("public ACLs can be set", "s3:PutBucketAcl"),
    "IgnorePublicAcls": ("public ACLs count", "s3:GetObject"),
    "BlockPublicPolicy": ("a public policy can be set", "s3:PutBucketPolicy"),
    "RestrictPublicBuckets": ("a public policy counts for strangers", "s3:GetObject"),
}
_ACLS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "PublicRead": (("everybody", "s3:ListBucket"),),
    "PublicReadWrite": (("everybody", "s3:ListBucket"), ("everybody", "s3:PutObject")),
    "AuthenticatedRead": (("every AWS account", "s3:ListBucket"),),
    "LogDeliveryWrite": (("S3's log delivery", "s3:PutObject"),),
    "AwsExecRead": (("EC2's image import", "s3:GetObject"),),
}
_POINTS: Final = (
    "AWS::S3::AccessPoint", "AWS::S3::MultiRegionAccessPoint", "AWS::S3Express::AccessPoint",
    "AWS::S3ObjectLambda::AccessPoint",
)  # fmt: skip
_PUBLIC: Final = (FindingClass.PUBLIC,)
_BLOCK: Final = "PublicAccessBlockConfiguration"


def gather(side: Side, grants: Grants) -> None:
    """Adds what buckets and access points let through."""
    for bucket in side.of("AWS::S3::Bucket"):
        subject, guards, at = subject_of(side, bucket), side.guards(bucket), (*bucket.path, "Properties")
        _block(grants, subject, bucket, guards)
        _acl(grants, subject, bucket.properties.get("AccessControl"), guards, at)
        _ownership(grants, subject, bucket.properties.get("OwnershipControls"), guards, (*at, "OwnershipControls"))
    for point in side.of(*_POINTS):
        subject = named("S3 access point", f"${{{side.label(point.logical_id)}}}")
        _block(grants, subject, point, side.guards(point))
        _network(grants, subject, point)


def _block(grants: Grants, subject: str, bucket: Resource, guards: Guards) -> None:
    at = (*bucket.path, "Properties", _BLOCK)
    name = "PublicAccessBlock" if bucket.type.endswith("MultiRegionAccessPoint") else _BLOCK
    value = bucket.properties.get(name)
    if value is None:
        grants.defaults[f"{subject} {_BLOCK}"] = [_open(subject, flag, bucket.path, ()) for flag in _FLAGS]
        return
    grants.explicit.add(f"{subject} {_BLOCK}")
    for block, when, place in entries(value, guards, at):
        for flag in _FLAGS:
            for state, also, path in options(block.get(flag, False), when, (*place, flag)):
                if scalar_text(state) != "true":
                    grants.facts.append(_open(subject, flag, path, also))


def _network(grants: Grants, subject: str, point: Resource) -> None:
    """An access point with a network takes requests from there only."""
    if point.properties.get("VpcConfiguration") is not None:
        grants.explicit.add(f"{subject} VpcConfiguration")
        return
    title = f"{subject} newly takes requests from outside its network (no VpcConfiguration)"
    request = Request("s3:GetObject", subject, context={"s3:AccessPointNetworkOrigin": "Internet"})
    fact = Fact(subject, "network origin", "Internet", title, request, point.path, Severity.MEDIUM)
    grants.defaults[f"{subject} VpcConfiguration"] = [fact]


def _open(subject: str, flag: str, path: Path, guards: Guards) -> Fact:
    effect, action = _FLAGS[flag]
    title = f"{subject} no longer has {flag}: {effect}"
    request = Request(action, subject, Principal("*", "*"))
    return Fact(subject, "public access block", flag, title, request, path, Severity.HIGH, _PUBLIC, guards)


def _acl(grants: Grants, subject: str, value: Any, guards: Guards, at: Path) -> None:
    for acl, when, path in options(value, guards, (*at, "AccessControl")):
        known = _ACLS.get(str(acl), () if acl in ("Private", "BucketOwnerRead", "BucketOwnerFullControl") else None)
        for who, action in (("whoever the ACL names", "s3:*"),) if known is None else known:
            title = f"{subject} newly lets {who} do {action} (ACL {acl})"
            classes = _PUBLIC if who.startswith("every") else ()
            severity = Severity.CRITICAL if classes and action == "s3:PutObject" else Severity.HIGH
            request = Request(action, subject, Principal("*", "*") if classes else Principal("Service", who))
            fact = Fact(subject, "ACL", f"{who} {action}", title, request, path, severity, classes, when)
            grants.facts.append(fact)


def _ownership(grants: Grants, subject: str, value: Any, guards: Guards, at: Path) -> None:
    """Objects that their writers own have ACLs of their own."""
    if value is None:
        grants.defaults[f"{subject} OwnershipControls"] = [
            _acls_count(subject, "no OwnershipControls", at[:-2], guards)
        ]
        return
    grants.explicit.add(f"{subject} OwnershipControls")
    for controls, when, place in entries(value, guards, at):
        for rule, also, path in entries(controls.get("Rules"), when, (*place, "Rules")):
            owner: Any = cast("Any", rule.get("ObjectOwnership"))
            if owner != "BucketOwnerEnforced":
                grants.facts.append(_acls_count(subject, f"ObjectOwnership {owner}", path, also))


def _acls_count(subject: str, why: str, path: Path, guards: Guards) -> Fact:
    title = f"{subject} newly takes ACLs into account ({why})"
    request = Request("s3:PutObjectAcl", subject)
    return Fact(subject, "ACL", "ACLs count", title, request, path, Severity.MEDIUM, guards=guards)
