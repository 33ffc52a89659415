"""Which partition is home: the one that account numbers without an ARN belong to."""

import re
from collections import Counter
from collections.abc import Iterable

from towpath.privilege.statement import Statement

_PARTITION = re.compile(r"arn:(aws[a-z-]*):")


def home_partition(statements: Iterable[Statement]) -> str:
    """The partition that most ARNs of the statements name; `aws` where none does."""
    seen: Counter[str] = Counter()
    for statement in statements:
        entries = [] if statement.principals is None else [value for _, value in statement.principals.entries]
        texts = [*(statement.resources.texts if statement.resources else ()), *entries]
        seen.update(match.group(1) for text in texts if (match := _PARTITION.match(str(text))))
    return seen.most_common(1)[0][0] if seen else "aws"
