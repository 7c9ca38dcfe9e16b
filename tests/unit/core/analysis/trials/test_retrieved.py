"""The passages and texts that a target read, whatever their shape."""

from typing import Any

import pytest

from foretell.core.analysis.trials.retrieved import leaves, read_texts, retrieved_passages, user_texts
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, Trial


def seen(*spans: Span, messages: tuple[Message, ...] = (), case: Case | None = None) -> Trial:
    return Trial(case or Case("c1", "Hello?"), Outcome("An answer.", messages, Trace(spans)))


@pytest.mark.parametrize(
    ("output", "passages"),
    [
        ("one text", ("one text",)),
        (["one", "two", "one", " "], ("one", "two")),
        ([{"id": 1, "text": "one", "score": 0.5}, {"page_content": "two"}], ("one", "two")),
        ({"documents": [{"content": "one"}], "took": 3}, ("one",)),
        ({"hits": [{"node": "one", "rank": 2}]}, ("one 2",)),
        ([[{"document": {"text": "one"}}]], ("one",)),
        (None, ()),
        ([], ()),
        (7, ()),
    ],
)
def test_passages(output: Any, passages: tuple[str, ...]) -> None:
    assert retrieved_passages(seen(Span("search", "retrieval", output=output))) == passages


def test_without_a_trace_nothing_was_seen() -> None:
    unseen = Trial(Case("c1", ""), Outcome("", trace=NotSeen("no steps")))
    assert (retrieved_passages(unseen), read_texts(unseen)) == (NotSeen("no steps"), NotSeen("no steps"))


def test_what_was_read_is_what_retrieval_and_tools_returned() -> None:
    spans = (
        Span("a", "tool", output={"n": 2, "ok": True}),
        Span("b", "retrieval", output=["x"]),
        Span("c", output="y"),
    )
    said = (Message("tool", "z"), Message("assistant", "w"))
    assert read_texts(seen(*spans, messages=said)) == ("x", "2", "z")


def test_what_the_user_said() -> None:
    case = Case("c1", [{"role": "user", "content": "one"}], turns=("two",))
    said = (Message("user", "three"), Message("assistant", "four"))
    assert user_texts(seen(messages=said, case=case)) == ("user", "one", "two", "three")


def test_deep_values_end() -> None:
    deep: Any = "end"
    for _ in range(40):
        deep = [deep]
    assert len(list(leaves(deep))) == 1
