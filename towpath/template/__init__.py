"""CloudFormation templates as data: loading with positions, short tags, intrinsics, parameters, conditions, SAM."""
