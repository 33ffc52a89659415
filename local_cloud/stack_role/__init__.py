"""In whose name CloudFormation works on a stack's resources, and what that name must be allowed.

On AWS every resource handler calls the resource's service with the stack's service role, or with the rights of whoever
asked for the operation; what they may not do fails the resource. ministack's handlers write into its services' tables
and ask nobody, so here each create, update and delete is put before IAM first.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
"""
