"""Change sets that say what will change, for stacks that can take them.

AWS: a change set lists no resource whose condition is false, lists one whose reference moved to another resource, says
per property whether it replaces the resource (by the type's schema), shows definitions before and after with
`IncludePropertyValues`, masks NoEcho parameters, and is refused for stacks in progress or after a failed creation;
a second change set of a stack in review belongs to the same stack
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html, API_ResourceChange.html).

Stock ministack lists resources with false conditions, misses references that moved, calls most replacements
conditional, has no contexts, shows NoEcho values, accepts change sets in any state, and makes a new stack for each.

Seams: `cloudformation.changesets._resolve_props_for_diff`, `_find_change_set`,
`cloudformation.stacks._property_recreation` and `cloudformation.handlers._ACTION_HANDLERS`.
"""

from __future__ import annotations

from local_cloud.cloudformation import change_sets, schemas
from local_cloud.service_role import ministack


def install() -> None:
    changesets = ministack("services.cloudformation.changesets")
    stacks = ministack("services.cloudformation.stacks")
    actions = ministack("services.cloudformation.handlers")._ACTION_HANDLERS
    changesets._resolve_props_for_diff = change_sets.comparable
    changesets._find_change_set = change_sets.finding(changesets._find_change_set)
    stacks._property_recreation = schemas.recreation(stacks._property_recreation)
    actions["CreateChangeSet"] = change_sets.creating(actions["CreateChangeSet"])
    actions["ExecuteChangeSet"] = change_sets.executing(actions["ExecuteChangeSet"])
    actions["ListChangeSets"] = change_sets.listing(actions["ListChangeSets"])
    actions["DescribeChangeSet"] = change_sets.describe
