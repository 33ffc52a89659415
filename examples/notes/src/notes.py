import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
queue = boto3.client("sqs")


def handler(event, _context):
    key = event["pathParameters"]["id"]
    if event["httpMethod"] == "PUT":
        table.put_item(Item={"id": key, "text": event["body"]})
        queue.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps({"id": key}))
        return {"statusCode": 204, "body": ""}
    found = table.get_item(Key={"id": key}).get("Item")
    return {"statusCode": 200 if found else 404, "body": json.dumps(found)}
