"""What is kept of a step's input and output, and to which trial a step belongs."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from foretell.adapters.targets.recording import LARGEST, as_json, json_or_raise, present, trial, within


@dataclass
class Document:
    text: str
    score: float


class Strange:
    def __repr__(self) -> str:
        return "Strange(1)"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no name")


class Model:
    def model_dump(self) -> dict:
        return {"kind": "model"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        ("text", "text"),
        (float("nan"), None),
        ({"a": (1, math.inf)}, {"a": [1, None]}),
        ({1: "a"}, {"1": "a"}),
        ([Document("x", 0.5)], [{"text": "x", "score": 0.5}]),
        ([Strange(), {"m": Model()}], ["Strange(1)", {"m": {"kind": "model"}}]),
        (np.array([1.5, 2.0]), [1.5, 2.0]),
        (Broken(), "<Broken>"),
        ({(1, 2): "a"}, {"(1, 2)": "a"}),
        ([10**30], [10**30]),
        ("\ud800", "'\\ud800'"),
        ("x" * 10, "x" * 10),
    ],
)
def test_values_are_kept_as_json(value: object, kept: object) -> None:
    assert as_json(value) == kept


def test_cycles_are_shown() -> None:
    cycle: list = [1]
    cycle.append(cycle)
    assert as_json(cycle) == "[1, [...]]"


def test_only_the_beginning_of_a_large_value_is_kept() -> None:
    kept = as_json("é" * LARGEST)
    assert kept.startswith('"éé')
    assert kept.endswith(f"… ({2 * LARGEST + 2} bytes)")
    assert len(kept.encode()) < LARGEST + 40


def test_what_is_kept_is_a_copy() -> None:
    given = {"a": [1]}
    kept = as_json(given)
    given["a"].append(2)
    assert kept == {"a": [1]}


@pytest.mark.parametrize("value", [Strange(), [Strange()], {(1, 2): 3}, "\ud800"])
def test_an_answer_without_a_json_form_is_refused(value: object) -> None:
    with pytest.raises(Exception, match=r"JSON form|surrogates"):
        json_or_raise(value)


def test_steps_know_the_step_they_are_in() -> None:
    with trial() as recording:
        outer = recording.begin("outer", "chain", {})
        with within(outer):
            recording.begin("inner", "tool", {}).close(1)
        recording.begin("after", "tool", {}).close(error=ValueError("no"))
    shape = [(span.name, span.span_id, span.parent_id, span.error, span.end is None) for span in recording.spans()]
    assert shape == [
        ("outer", "1", None, None, True),
        ("inner", "2", "1", None, False),
        ("after", "3", None, "ValueError: no", False),
    ]


def test_a_trial_ends() -> None:
    with trial() as first:
        assert present() is first
    assert present() is None
