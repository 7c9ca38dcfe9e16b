"""Placeholders and paths."""

import pytest

from foretell.adapters.targets.templates import MISSING, check_template, fill, find

VALUES = {"input": {"q": "why?", "tags": ["a", "b"]}, "seed": 7, "case_id": "r-1", "nothing": None}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{ input }}", {"q": "why?", "tags": ["a", "b"]}),
        (" {{input.q}} ", "why?"),
        ("{{ input.tags.1 }}", "b"),
        ("{{ seed }}", 7),
        ("{{ nothing }}", None),
        ("{{ input.absent.deep }}", None),
        ("Case {{ case_id }}, seed {{ seed }}: {{ input }}", 'Case r-1, seed 7: {"q":"why?","tags":["a","b"]}'),
        ("[{{ nothing }}{{ input.absent }}]", "[]"),
        ({"a": ["{{ seed }}", {"b": "{{ case_id }}"}], "n": 1, "t": True}, {"a": [7, {"b": "r-1"}], "n": 1, "t": True}),
        ("no braces", "no braces"),
        (None, None),
    ],
)
def test_placeholders_are_replaced(template: object, filled: object) -> None:
    assert fill(template, VALUES) == filled


def test_what_is_put_in_is_not_read_again() -> None:
    assert fill("say: {{ input }}", {"input": "{{ secret }}", "secret": "s"}) == "say: {{ secret }}"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", {"a": [{"b": None}], "x/y": {"~": 1}, "": 2}),
        ("a.0.b", None),
        ("/a/0/b", None),
        ("/x~1y/~0", 1),
        ("/", 2),
        ("a.1", MISSING),
        ("a.-1", MISSING),
        ("a.b", MISSING),
        ("a.0.b.c", MISSING),
    ],
)
def test_paths_lead_to_values(path: str, found: object) -> None:
    assert find({"a": [{"b": None}], "x/y": {"~": 1}, "": 2}, path) == found


def test_mistakes_in_templates_are_told_together() -> None:
    template = {"q": "{{ inptu }}", "n": ["{{ seed + 1 }}", "{{ input.q }}"]}
    assert [str(problem) for problem in check_template(template, ("input", "seed"), "body")] == [
        "body: placeholder '{{ inptu }}' stands for nothing. Did you mean 'input'?",
        (
            "body: '{{ seed + 1 }}' holds braces that are no placeholder. "
            "Write {{ name }} or {{ name.path }}; names: input, seed."
        ),
    ]
