"""Step Functions as a service around the interpreter: executions, task tokens, and calls in the role's name.

Decides nothing of the language (that is `local_cloud.asl`) and keeps ministack's records as its own, so that its
listing, paging, tagging and persistence go on as they are.
"""
