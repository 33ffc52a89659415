"""CDK cloud assemblies (`cdk.out`) as sources of releases: what they hold, and how their stacks become our templates.

The format: https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema
"""
