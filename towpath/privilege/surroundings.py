"""What the documents of a comparison tell about the account around them: its partition, and the paths of its roles."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from towpath.privilege.statement import Statement

_PARTITION = re.compile(r"arn:(aws[a-z-]*):")
_ROLE = re.compile(r"arn:[^:]*:iam::(\d{12}):role(/.*/|/)([^/]+)")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`partition` is where account numbers without an ARN belong. `role_paths` has the path of each role by
    `account/name`: a session's ARN does not tell it, and an account has only one role of a name."""

    partition: str = "aws"
    role_paths: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> Self:
        """The partition that most ARNs name, `aws` where none does; the roles that are named with their path."""
        listed = list(statements)
        seen = Counter(match.group(1) for text in _texts(listed) if (match := _PARTITION.match(text)))
        roles = (match for text in _texts(listed) if (match := _ROLE.fullmatch(text)))
        paths = {f"{match.group(1)}/{match.group(3)}": match.group(2) for match in roles}
        return cls(seen.most_common(1)[0][0] if seen else "aws", paths)


def _texts(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        yield from (str(text) for text in (statement.resources.texts if statement.resources else ()))
        yield from (str(value) for _, value in (statement.principals.entries if statement.principals else ()))
