"""Lambda's execution environment for Python: sandboxes that run AWS's own runtime client behind a Runtime API.

Knows nothing of ministack; `local_cloud.additions.lambda_executor` ties the two together.
"""
