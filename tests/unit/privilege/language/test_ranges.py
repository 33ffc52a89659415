"""Intervals: set laws, and samples that really lie in the set."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from towpath.privilege.language.ranges import ALL, LEAST, MOST, NONE, Cut, Ranges, union_of

VALUES = [Fraction(number, 2) for number in range(-4, 13)]

cuts = st.tuples(st.integers(-1, 5).map(Fraction), st.sampled_from([0, 1]))


@st.composite
def ranges(draw: st.DrawFn) -> Ranges:
    found: list[Cut] = sorted(draw(st.sets(cuts, max_size=6)))
    ends = draw(st.sampled_from([[], [LEAST], [MOST], [LEAST, MOST]]))
    every = sorted([*found, *ends])
    return Ranges(tuple(every if len(every) % 2 == 0 else every[:-1]), draw(st.booleans()))


@given(ranges(), ranges())
def test_intersection_union_and_complement_are_pointwise(one: Ranges, other: Ranges) -> None:
    for value in VALUES:
        assert (value in (one & other)) == (value in one and value in other)
        assert (value in (one | other)) == (value in one or value in other)
        assert (value in one.complement()) == (value not in one)
    assert (one & other).others == (one.others and other.others)


@given(ranges())
def test_complement_twice_is_the_same_and_meets_nothing(one: Ranges) -> None:
    assert one.complement().complement() == one
    assert (one & one.complement()) == NONE
    assert (one | one.complement()) == ALL


@given(ranges())
def test_a_sample_is_in_the_set_and_missing_only_when_the_line_is_empty(one: Ranges) -> None:
    sample = one.sample()
    if sample is None:
        assert not one.cuts
        assert one.is_empty is not one.others
    else:
        assert sample in one


def test_a_sample_is_a_whole_number_where_there_is_one() -> None:
    assert Ranges(((Fraction(1, 2), 1), (Fraction(5), 0))).sample() == 1
    assert Ranges(((Fraction(1), 1), (Fraction(2), 0))).sample() == Fraction(3, 2)


def test_halves_make_a_whole() -> None:
    below, above = Ranges((LEAST, (Fraction(5), 1))), Ranges(((Fraction(5), 1), MOST))
    assert union_of([below, above]) == Ranges((LEAST, MOST))
