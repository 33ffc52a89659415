"""What IAM needs to know of a request besides its action: its resources, its condition keys, the roles it passes.

Pure functions of the request's parameters; `local_cloud.additions.iam_callers` plugs them into ministack. Source for
all of it: https://docs.aws.amazon.com/service-authorization/latest/reference/ (one page per service).
"""
