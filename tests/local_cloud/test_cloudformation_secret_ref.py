"""Contract: what `Ref` gives for a secret is the ARN under which it can be read, also after an update."""

import json
from collections.abc import Callable
from typing import Any


def template(description: str) -> str:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Description": description, "SecretString": "s"}}
    return json.dumps({"Resources": {"Key": secret}, "Outputs": {"Key": {"Value": {"Ref": "Key"}}}})


def test_ref_of_a_secret_is_its_arn(client: Callable[[str], Any]) -> None:
    cloudformation, secrets = client("cloudformation"), client("secretsmanager")
    stack = "secret-ref-contract"
    cloudformation.create_stack(StackName=stack, TemplateBody=template("first"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    arn = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"][0]["OutputValue"]
    found = secrets.describe_secret(SecretId=arn)
    assert found["ARN"] == arn
    cloudformation.update_stack(StackName=stack, TemplateBody=template("second"))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert secrets.describe_secret(SecretId=arn)["Description"] == "second"
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert arn not in [secret["ARN"] for secret in secrets.list_secrets()["SecretList"]]
