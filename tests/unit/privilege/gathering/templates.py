"""Short ways to write the templates that these tests compare."""

import json
from importlib.resources import files
from typing import Any

from jsonschema import validate

from towpath.privilege import Comparison, compare_templates

Json = dict[str, Any]
LAMBDA_TRUST: Json = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ: Json = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
WRITE: Json = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::data/*"}
_SCHEMA = json.loads(files("towpath.privilege").joinpath("schema", "comparison.schema.json").read_text("utf-8"))


def template(**resources: Json) -> Json:
    return {"Resources": resources}


def resource(kind: str, **properties: Any) -> Json:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def document(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(*statements: Json, **properties: Any) -> Json:
    inline = [{"PolicyName": "inline", "PolicyDocument": document(*statements)}] if statements else []
    own: Json = {"AssumeRolePolicyDocument": LAMBDA_TRUST, "Policies": inline, **properties}
    return resource("IAM::Role", **{name: value for name, value in own.items() if value != []})


def compared(old: Json | None, new: Json | None, **given: Any) -> Comparison:
    """The comparison, whose JSON form has to follow the schema."""
    found = compare_templates(old, new, **given)
    validate(json.loads(json.dumps(found.to_json())), _SCHEMA)
    return found


def answer(old: Json | None, new: Json | None, **given: Any) -> str:
    return compared(old, new, **given).verdict.value
