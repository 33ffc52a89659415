"""Emptiness of glob languages: laws, a check over all short words, and questions that explode when done naively."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.privilege.language.pattern import Letter, Pattern, exactly, pattern_of
from towpath.privilege.language.reading import Reading, read_pattern
from towpath.privilege.language.search import find_word
from towpath.privilege.language.words import Words
from towpath.privilege.language.work import BudgetExceededError, Work

ALPHABET = "ab:"
SHORT = [tuple(word) for length in range(6) for word in product(ALPHABET, repeat=length)]

globs = st.text("ab:*?", max_size=5)


@st.composite
def words(draw: st.DrawFn) -> Words:
    fold, segments = draw(st.booleans()), draw(st.booleans())
    found = draw(st.lists(globs, min_size=1, max_size=3))
    return Words(read_pattern(text, Reading(fold=fold, segments=segments)) for text in found)


def glob(text: str) -> Pattern:
    return read_pattern(text, Reading())


def globs_of(*texts: str) -> Words:
    return Words(map(glob, texts))


@settings(max_examples=300, deadline=None)
@given(st.lists(words(), min_size=1, max_size=3), st.lists(words(), max_size=3))
def test_a_word_is_found_exactly_when_there_is_one(inside: list[Words], outside: list[Words]) -> None:
    found = find_word(inside, outside, Work())
    if found is not None:
        assert all(item.accepts(found) for item in inside)
        assert not any(item.accepts(found) for item in outside)
    else:
        for word in SHORT:
            assert not all(item.accepts(word) for item in inside) or any(item.accepts(word) for item in outside)


@settings(deadline=None)
@given(words())
def test_a_beginning_decides_as_the_automaton_does(some: Words) -> None:
    letter = Letter("key", free=True, within=glob("a*"))
    for word in [*SHORT, *((*word, letter) for word in SHORT), *((letter, *word) for word in SHORT)]:
        assert some.accepts(word) is some.machine.accepts(word)


@given(globs, globs)
def test_covering_by_one_pattern_is_sound(one: str, other: str) -> None:
    if globs_of(one).covers(glob(other)):
        assert all(globs_of(one).accepts(word) for word in SHORT if globs_of(other).accepts(word))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("a", "a"),
        ("a*b", "a*"),
        ("a?b", "a*b"),
        ("*?", "?*"),
        ("a**b", "a*b"),
        ("ab*ba", "a*b*a"),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::*"),
    ],
)
def test_one_pattern_within_another(narrow: str, wide: str) -> None:
    assert find_word([globs_of(narrow)], [globs_of(wide)], Work()) is None
    assert (find_word([globs_of(wide)], [globs_of(narrow)], Work()) is None) == (glob(narrow) == glob(wide))


def test_several_patterns_cover_together_what_none_covers_alone() -> None:
    assert find_word([globs_of("a*")], [globs_of("a", "a?"), globs_of("a??*")], Work()) is None
    assert find_word([globs_of("a*")], [globs_of("a", "a?"), globs_of("a???*")], Work()) is not None


def test_case_is_folded_only_where_it_is_said() -> None:
    anycase = Words([exactly("Ab", fold=True)])
    assert anycase.accepts(tuple("aB"))
    assert find_word([anycase], [globs_of("ab", "Ab", "aB", "AB")], Work()) is None
    assert find_word([anycase], [globs_of("ab", "Ab", "aB")], Work()) == tuple("AB")


def test_wildcards_of_a_segment_stay_in_it() -> None:
    segments = Words([read_pattern("arn:aws:sns:*:1:t", Reading(segments=True))])
    assert segments.accepts(tuple("arn:aws:sns:us-east-1:1:t"))
    assert not segments.accepts(tuple("arn:aws:sns:a:b:1:t"))
    assert globs_of("arn:aws:sns:*:1:t").accepts(tuple("arn:aws:sns:a:b:1:t"))


def test_a_symbol_is_equal_only_to_itself() -> None:
    bucket, other = Letter("Ref(Bucket)"), Letter("Ref(Other)")
    named = Words([pattern_of([*"arn:", bucket])])
    assert find_word([named], [Words([pattern_of([*"arn:", bucket])])], Work()) is None
    assert find_word([named], [Words([pattern_of([*"arn:", other])])], Work()) == (*"arn:", bucket)
    assert find_word([named], [globs_of("arn:bucket")], Work()) == (*"arn:", bucket)
    assert find_word([named], [globs_of("arn:*")], Work()) is None
    assert find_word([named], [globs_of("arn:?")], Work()) == (*"arn:", bucket)


def test_the_value_of_a_key_may_be_any_text() -> None:
    user = Letter("${aws:username}", free=True)
    home = Words([pattern_of([*"h/", user])])
    assert find_word([home], [home], Work()) is None
    assert find_word([globs_of("h/b*"), home], [], Work()) is not None
    assert find_word([globs_of("h/b*"), home], [home], Work()) is None
    assert find_word([globs_of("g/*"), home], [], Work()) is None


def test_a_key_value_known_to_match_a_pattern_is_within_it() -> None:
    member = Letter("${aws:username}", free=True, within=glob("team-*"))
    assert find_word([Words([pattern_of([*"h/", member, "/"])])], [globs_of("h/team-*/")], Work()) is None
    assert find_word([Words([pattern_of([*"h/", member, "/"])])], [globs_of("h/team-a*/")], Work()) is not None


LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("count", [14, 26])
def test_many_patterns_of_one_letter_each(count: int) -> None:
    each = globs_of(*(f"*{letter}*" for letter in LETTERS[:count]))
    assert find_word([globs_of("*")], [each], Work(100_000)) is not None
    assert find_word([each], [globs_of(f"*{LETTERS[0]}*")], Work(100_000)) is not None
    all_of = [globs_of(f"*{letter}*") for letter in LETTERS[:count]]
    assert find_word(all_of, all_of[:1], Work(100_000)) is None


def test_hundreds_of_patterns_are_decided_within_a_small_budget() -> None:
    some = [f"*{one}*{two}*{three}*" for one in LETTERS[:7] for two in LETTERS[:7] for three in LETTERS[:7]]
    assert find_word([globs_of(*some)], [globs_of(*reversed(some))], Work(200_000)) is None
    assert find_word([globs_of(*some)], [globs_of(*some[1:])], Work(200_000)) is not None


def test_what_cannot_be_decided_in_budget_is_refused_and_not_guessed() -> None:
    evil = globs_of("*a" + "?" * 40 + "b*")
    with pytest.raises(BudgetExceededError):
        find_word(
            [evil, globs_of("*b" + "?" * 40 + "a*")], [globs_of("*b" + "?" * 39 + "b*"), globs_of("*x*")], Work(20_000)
        )
