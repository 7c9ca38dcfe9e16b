"""Steps as a project declares them."""

import pytest

from foretell.core.domain.steps import Step, kind_of, read_steps
from foretell.core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("retrieve", "retrieval"),
        ("search_web", "retrieval"),
        ("prompt_for", "prompt"),
        ("llm", "llm"),
        ("generate_answer", "llm"),
        ("modelling", "chain"),
        ("lookup_order", "tool"),
        ("tidy", "postprocess"),
        ("render_html", "render"),
        ("plan", "chain"),
    ],
)
def test_a_name_speaks_of_its_kind(name: str, kind: str) -> None:
    assert kind_of(name, "acme.app:x") == kind


def test_the_functions_of_a_tools_module_are_tools() -> None:
    assert (kind_of("refund", "acme.tools:refund"), kind_of("refund", "acme.tools.more:refund")) == ("tool", "chain")


def test_steps_are_read_and_their_mistakes_told_together() -> None:
    good = {"retrieve": "a.b:c", "refund": {"call": "a.tools:refund", "kind": "other"}}
    assert read_steps(good, "steps") == (
        Step("retrieve", "a.b:c", "retrieval"),
        Step("refund", "a.tools:refund", "other"),
    )
    with pytest.raises(ConfigurationError) as caught:
        read_steps({"a": "a.b.c", "b": {"call": "a:b", "kind": "retreival"}, "c": 3}, "steps")
    assert [str(problem) for problem in caught.value.problems] == [
        "steps.a: 'a.b.c' is no function's address. Write it like acme.search:search.",
        "steps.b: kind 'retreival' is not known. Did you mean 'retrieval'?",
        "steps.c: 3 is no function's address. Write it like acme.search:search.",
    ]
