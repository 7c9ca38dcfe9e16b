import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.core.domain.cases import NOTHING, Case
from foretell.core.domain.packed import PackedCases

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_CASES = st.builds(
    Case,
    id=st.text(min_size=1),
    input=_JSON,
    expected=_JSON,
    slices=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    turns=st.lists(_JSON, max_size=2).map(tuple),
    goal=st.none() | st.text(),
    metadata=st.dictionaries(st.text(max_size=3), _JSON, max_size=2),
)


@given(st.lists(_CASES, max_size=5))
def test_what_is_taken_out_is_what_was_put_in(cases: list[Case]) -> None:
    packed = PackedCases(cases)
    assert list(packed) == cases
    assert [repr(one) for one in packed] == [repr(one) for one in cases]  # 1, 1.0 and true are equal
    assert (len(packed), packed[1:3], packed[::-1]) == (len(cases), tuple(cases[1:3]), tuple(cases[::-1]))


def test_places_are_those_of_a_sequence() -> None:
    packed = PackedCases([Case("a", "one"), Case("b", "two")])
    assert (packed[-1], packed[0]) == (Case("b", "two"), Case("a", "one"))
    assert packed[0].slices is packed[0].metadata is NOTHING
    with pytest.raises(IndexError):
        packed[2]
