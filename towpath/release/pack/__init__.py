"""Makes a release of what a team already has: a CloudFormation or SAM template with local paths, or a CDK assembly."""
