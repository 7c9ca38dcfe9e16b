"""What is stored comes back exactly as it was, whatever a target answered."""

import dataclasses
import math
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.adapters.store.codec import Unpacker, encode_sorted, encode_trial, pack, unpack_head, unpack_trial
from foretell.adapters.store.squeeze import squeeze, unsqueeze
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Usage
from foretell.core.domain.runs import Conclusion, Run
from foretell.core.domain.scores import Score
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.trial import Outcome, TrialRecord
from foretell.core.errors import BadInput
from foretell.core.ports.facts import TrialRow
from foretell.core.ports.traffic import TrafficSample

# Any text that Python can hold: halves of surrogate pairs too, as a cut-off answer has them.
texts = st.text(st.characters(exclude_categories=[]), max_size=8)
numbers = st.floats(allow_nan=False)
leaves = st.none() | st.booleans() | st.integers() | numbers | texts
jsons = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=4
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Any: jsons,
    str: texts,
    float: numbers,
    int: st.integers(),
    bool: st.booleans(),
    NoneType: st.none(),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type with every field filled in, so that a new field is tested without anybody thinking of it."""
    if kind in SCALARS:
        return SCALARS[kind]
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, UnionType):
        return st.one_of(*map(values_of, parts))
    if origin is tuple:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(values_of(parts[0]), values_of(parts[1]), max_size=2)
    assert dataclasses.is_dataclass(kind), kind
    return st.builds(kind, **{name: values_of(hint) for name, hint in get_type_hints(kind).items()})


@given(values_of(TrialRow))
def test_a_trial_comes_back_as_it_was(row: TrialRow) -> None:
    record = row.record
    data = squeeze(encode_trial(row, "here"))
    assert unpack_trial(data, record.run, record.case_no, record.repeat) == row
    assert unpack_head(data, "here") == (row.conclusion, record.outcome.error)


@pytest.mark.parametrize("kind", [Run, Case, Interaction, TrafficSample, object], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_value_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    value = data.draw(values_of(Any if kind is object else kind))
    assert Unpacker(kind).unpack(pack(value, "here"), "here") == value


@given(st.binary(max_size=10_000))
def test_bytes_come_back_as_they_were(data: bytes) -> None:
    assert unsqueeze(squeeze(data)) == data


@given(jsons)
def test_equal_values_have_one_sorted_encoding(value: Any) -> None:
    def backwards(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: backwards(part[key]) for key in reversed(part)}
        return [backwards(item) for item in part] if isinstance(part, list) else part

    assert encode_sorted(backwards(value), "here") == encode_sorted(value, "here")


@given(values_of(TrialRow), st.data())
def test_damaged_bytes_are_an_error_of_ours(row: TrialRow, data: st.DataObject) -> None:
    whole = squeeze(encode_trial(row, "here"))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadInput, match="cannot be read from the store"):
        unpack_trial(whole[:cut], "r", 0, 0)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("beside", ["", 2**64], ids=["msgpack", "json"])
def test_floats_that_are_no_numbers_stay(number: float, beside: Any) -> None:
    outcome = Outcome([number, beside], usage=Usage(1), cost_usd=number, latency_ms=number)
    row = TrialRow(TrialRecord("r", 0, "c", 0, outcome, {"s": Score(number)}), Conclusion("success"))
    found = unpack_trial(squeeze(encode_trial(row, "here")), "r", 0, 0)
    assert repr(found) == repr(row)


@pytest.mark.parametrize("output", [object(), {"deep": {1, object()}}, 1j], ids=["object", "deep", "complex"])
def test_what_is_not_json_is_refused_with_its_place(output: Any) -> None:
    row = TrialRow(TrialRecord("r", 0, "c", 0, Outcome(output), {}), Conclusion("success"))
    with pytest.raises(BadInput, match=r"^Run r, case 'c': cannot be stored: "):
        encode_trial(row, "Run r, case 'c'")
