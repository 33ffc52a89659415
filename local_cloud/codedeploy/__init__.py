"""AWS CodeDeploy for the Lambda platform, which the emulator lacks: applications, groups, configurations, deployments.

Decides how one Lambda alias is moved from one version to another: the lifecycle events and their hooks, the steps of
canary and linear shifts, the alarms that end one, and the rollback, which is a deployment of its own. It acts on Lambda
and CloudWatch as any client does, over the emulator's own endpoint, with a session of the group's service role, so what
that role may not do fails here as it does on AWS. `additions/codedeploy.py` puts it into the emulator.
Source: https://docs.aws.amazon.com/codedeploy/latest/APIReference/ and .../userguide/deployment-steps-lambda.html.
"""
