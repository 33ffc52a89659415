import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def handler(event, _context):
    for record in event["Records"]:
        table.put_item(Item={"parcel": record["body"]})
