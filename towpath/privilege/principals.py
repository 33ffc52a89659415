"""Who makes a request, as one text, so that principals are decided by the same patterns as everything else.

An AWS principal is written `aws:<account>:<type>/<name>@<path>#<session>`, others `service:…`, `federated:…`,
`canonical:…` and `anonymous`. An account (its number or its root ARN) stands for all of its principals, a role for all
of its sessions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
In `NotPrincipal` only what is listed is exempt: naming the account does not exempt its users and roles, naming a role
does not exempt its sessions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from towpath.privilege.language.pattern import Letter, Pattern, Run, Symbol, Token, pattern_of, written
from towpath.privilege.language.reading import Reading, read_pattern
from towpath.privilege.language.words import Words
from towpath.privilege.statement import Kind, Principals, TextValue
from towpath.privilege.surroundings import Surroundings

_ACCOUNT: Final = re.compile(r"\d{12}")
_ACCOUNT_SYMBOLS: Final = [[Letter("${AWS::AccountId}")], [Letter("${AWS.AccountId}")]]
"""As a document has it, and as the sides of a comparison of templates do, where a name has no colons."""
_ARN_PARTS: Final = 6
_PRIVATE: Final = 0xE000
"""Where Unicode has room for characters that mean nothing; each stands for a letter while a word is taken apart."""
_PREFIXES: Final = {"Service": "service:", "Federated": "federated:", "CanonicalUser": "canonical:"}
_READING: Final = Reading()
_ANY_SESSION: Final = ("", "session", "example")
"""Names that stand for any session; nobody needs to read them."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request: the type and value as a policy would name them, and a role's session.

    `account` is that of an AWS principal; left empty, it is read from the ARN.
    """

    type_name: str
    value: str
    session: str = ""
    account: str = field(default="", compare=False)

    def to_json(self) -> dict[str, str]:
        """`{"AWS": "arn:…"}`, with the session of a role where one matters."""
        session = {"session": self.session} if self.session else {}
        return {self.type_name: self.value, **session}

    def __str__(self) -> str:
        if self.type_name == "*":
            return "anybody (not signed in)"
        return self.value if self.session in _ANY_SESSION else f"{self.value} (session {self.session})"


def principal_words(principals: Principals, kind: Kind, around: Surroundings) -> Words:
    """The request principals that the entries stand for."""
    return Words(
        pattern
        for type_name, value in principals.entries
        for pattern in _patterns(type_name, value, kind, around, listed=principals.negated)
    )


def _patterns(type_name: str, value: TextValue, kind: Kind, around: Surroundings, *, listed: bool) -> list[Pattern]:
    tokens = list(read_pattern(value, _READING).tokens)
    if type_name in _PREFIXES:
        return [pattern_of([*_PREFIXES[type_name], *tokens])]
    if tokens == [Run()]:
        everybody = type_name == "*" or kind is not Kind.TRUST
        return [pattern_of([Run()] if everybody else [*"aws:", Run()])]
    return [pattern_of([*"aws:", *_aws_tokens(tokens, around, listed=listed)])]


def _aws_tokens(tokens: Sequence[Token], around: Surroundings, *, listed: bool) -> list[Token]:
    text = "".join(token for token in tokens if isinstance(token, str))
    parts = _split(tokens, ":", _ARN_PARTS)
    if len(parts) == _ARN_PARTS:
        account, resource = _account(parts, around.partition), parts[5]
        if resource == list("root"):
            return [*account, *":root"] if listed else [*account, ":", Run()]
        return [*account, ":", *_named(parts[4], resource, around, listed=listed)]
    if len(text) == len(tokens) and _ACCOUNT.fullmatch(text):
        return [*text, *":root"] if listed else [*text, ":", Run()]
    if tokens in _ACCOUNT_SYMBOLS:
        return [tokens[0], *":root"] if listed else [tokens[0], ":", Run()]
    return [*"id:", *tokens, "#", *([] if listed else [Run()])]


def _account(parts: list[list[Token]], home: str) -> list[Token]:
    at_home = _shown(parts[1]) == home or any(isinstance(token, Letter) for token in parts[1])
    return [*parts[4], *([] if at_home else [*"@", *parts[1]])]


def _named(account: list[Token], resource: list[Token], around: Surroundings, *, listed: bool) -> list[Token]:
    """`role/path/name` or `assumed-role/name/session`, as `role/name@/path/#session`."""
    pieces = _split(resource, "/")
    kind = pieces[0]
    if kind == list("assumed-role") and len(pieces) > 2:
        path_of_role = around.role_paths.get(f"{_shown(account)}/{_shown(pieces[1])}", "/")
        return [*"role/", *pieces[1], "@", *path_of_role, "#", *_joined(pieces[2:])]
    name = pieces[-1]
    path: list[Token] = ["/", *(token for piece in pieces[1:-1] for token in (*piece, "/"))]
    if Run() in resource:  # AWS takes no wildcard here but `*` alone; should it ever, it would span path and name
        path.append(Run())
    with_sessions = kind == list("role") and not listed
    return [*kind, "/", *name, "@", *path, "#", *([Run()] if with_sessions else [])]


def _shown(tokens: Sequence[Token]) -> str:
    return written(token for token in tokens if isinstance(token, (str, Letter)))


def _joined(pieces: list[list[Token]]) -> list[Token]:
    joined = list(pieces[0])
    for piece in pieces[1:]:
        joined += ["/", *piece]
    return joined


def _split(tokens: Sequence[Token], separator: str, most: int = 1_000) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token == separator and len(parts) < most:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


_WHO: Final = re.compile(
    r"aws:(?P<account>[^:]*):(?:(?P<root>root)|(?P<kind>[^/]*)/(?P<name>[^/]*)@(?P<path>/[^#]*)#(?P<session>.*))",
    re.DOTALL,
)


def principal_named(word: Sequence[Symbol], home: str) -> Principal:
    """The principal that an encoded word stands for."""
    letters = list(dict.fromkeys(symbol for symbol in word if isinstance(symbol, Letter)))
    names = {chr(_PRIVATE + number): letter.name for number, letter in enumerate(letters)}
    text = "".join(chr(_PRIVATE + letters.index(symbol)) if isinstance(symbol, Letter) else symbol for symbol in word)
    found = _decoded(text, home)

    def spelled(part: str) -> str:
        return "".join(names.get(character, character) for character in part)

    return Principal(found.type_name, spelled(found.value), spelled(found.session), spelled(found.account))


def _decoded(text: str, home: str) -> Principal:
    for type_name, prefix in _PREFIXES.items():
        if text.startswith(prefix):
            return Principal(type_name, text.removeprefix(prefix))
    match = _WHO.fullmatch(text)
    if match is None:
        by_id = text.startswith("aws:id:")
        return Principal("AWS", text.removeprefix("aws:id:").partition("#")[0]) if by_id else Principal("*", "*")
    account, _, partition = match["account"].partition("@")
    arn = f"arn:{partition or home}:iam::{account}:"
    if match["root"]:
        return Principal("AWS", f"{arn}root", account=account)
    if match["kind"] == "federated-user":
        return Principal("AWS", f"{arn.replace(':iam:', ':sts:')}federated-user/{match['name']}", account=account)
    return Principal("AWS", f"{arn}{match['kind']}{match['path']}{match['name']}", match["session"], account)
