"""How much a text may ask of its reader before it is refused.

A template is somebody else's input. Every limit is far above what CloudFormation itself takes (1 MB, 500 resources;
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html), so only hostile or broken
texts meet one.
"""

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 100
"""Levels of mappings and lists inside one another."""
MAX_NODES = 400_000
"""Values after aliases are expanded: nine levels of nine aliases each would be 387 million."""
