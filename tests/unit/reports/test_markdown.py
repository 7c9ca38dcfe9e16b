"""The comment of a pull request: what it says, how long it is, and that text from outside stays text."""

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from foretell.core.domain.policy import Decision
from foretell.reports.markdown import MOST_BYTES, decision_markdown, marker, plain
from tests.unit.reports.decisions import (
    DECISIONS,
    EMPTY,
    EVIL,
    FLOOR,
    HELD,
    LAPSED,
    OPEN,
    SHIPPED,
    WAIVED,
    cost,
    hostile,
    run,
)

FENCE = re.compile(r"^(`{3,})text\n.*?^\1$", re.MULTILINE | re.DOTALL)


def section(text: str, title: str) -> list[str]:
    """The items of a list under a bold title."""
    body = text.split(f"**{title}**\n\n")[1].split("\n\n", maxsplit=1)[0]
    return [line.removeprefix("- ") for line in body.splitlines()]


def test_it_begins_with_the_marker_and_the_verdict() -> None:
    assert decision_markdown(HELD).split("\n\n")[:3] == [
        "<!-- foretell:gate:deploy -->",
        "## ■ hold: gate deploy",
        "2 of 7 rules kept, 1 broken, 4 without enough evidence.",
    ]


def test_a_rule_has_its_estimate_bounds_limit_and_n() -> None:
    rows = [line for line in decision_markdown(HELD).splitlines() if line.startswith("| ")]
    assert rows[:2] == [
        "| ruling | suite | rule | estimate | bounds | limit | n | sees drops of |",
        "| ■ hold | system | success against baseline | −5.3 % | [−8.3 %, −2.4 %] | −2.0 % | 412 | 4.4 % |",
    ]
    assert len(rows) == 1 + len(HELD.rules)


def test_the_picture_has_one_line_a_rule_and_one_line_of_limits() -> None:
    (block,) = [found[0].splitlines()[1:-1] for found in FENCE.finditer(decision_markdown(HELD))]
    at = block[0].index("│")
    assert len(block) == 1 + len(HELD.rules)
    assert {line[at] for line in block} <= {"│", "┼"}
    assert block[0].split() == ["breaks", "│", "keeps"]


def test_what_changed_cost_chance_and_blind_spots_are_told() -> None:
    text = decision_markdown(HELD, [(run(), cost())])
    assert section(text, "What changed since the baseline") == ["assistant: prompt 9c1e02f7a1b2c3d4 → f07a55e1b2c3d4e5"]
    assert [line.replace("\u200b", "") for line in section(text, "Cost")] == [
        r"system: \$0.04190 [\$0.04030, \$0.04360] n = 412 a success; \$17.25 for 412 trials".replace(
            "[", r"\["
        ).replace("]", r"\]")
    ]
    assert section(text, "This verdict could not have seen") == list(HELD.blind_spots)
    assert "**P(ship | no change)** is at most 64 % with this set" in text


def test_what_is_not_there_has_no_title() -> None:
    text = decision_markdown(EMPTY)
    assert re.findall(r"\*\*(.*?)\*\*", text) == ["Why"]
    assert "no rule was measured." in text


@pytest.mark.parametrize("decision", [*DECISIONS.values(), hostile(9)], ids=[*DECISIONS, "hostile"])
def test_nothing_but_our_own_markup_is_rendered(decision: Decision) -> None:
    parser = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    tokens = parser.parse(decision_markdown(decision, [(run(EVIL), cost(None))]))
    inline = [child for token in tokens for child in token.children or ()]
    html = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert {child.type for child in inline} <= {"text", "html_inline", "strong_open", "strong_close"}
    assert {child.content for child in inline if child.type == "html_inline"} <= {"<sub>", "</sub>"}
    assert html - {marker(decision.gate)} <= {
        "<details><summary>How it was computed</summary>",
        "<details><summary>What the gate demands</summary>",
        "</details>",
    }
    assert {token.tag for token in tokens if token.type == "heading_open"} == {"h2"}
    assert sum(token.type == "heading_open" for token in tokens) == 1


def test_nobody_is_called_and_nothing_is_linked() -> None:
    """What GitHub and GitLab make of the finished text, where a backslash no longer helps."""
    text = FENCE.sub("", decision_markdown(hostile(3)).partition("\n")[2])
    called = re.findall(r"@\w|(?<!&)#\w|!\w|\bGH-\d|\$\w|://|www\.|:tada:|^/\w", text, re.MULTILINE)
    assert called == []


def test_a_fence_in_a_name_does_not_close_the_picture() -> None:
    rule = replace(FLOOR, rule="success ````\n```")
    text = decision_markdown(replace(SHIPPED, rules=(rule,)))
    fences = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"]
    assert [fence.content.count("\n") for fence in fences] == [2]


@pytest.mark.parametrize(
    "text",
    [EVIL, "e\u0301\u0302" * 5000, "👩" * 5000, "<" * 5000, "x" * 5000],
    ids=["evil", "marks", "wide", "entities", "plain"],
)
def test_it_fits_into_a_comment(text: str) -> None:
    rules = tuple(replace(FLOOR, rule=text, suite=f"{number} {text}", note=text) for number in range(500))
    lines = (text,) * 500
    decision = replace(HELD, rules=rules, reasons=lines, blind_spots=lines, changed=lines)
    assert len(decision_markdown(decision).encode()) < MOST_BYTES


def test_what_does_not_fit_is_counted() -> None:
    rules = tuple(replace(FLOOR, suite=f"suite{number}") for number in range(100))
    assert "and 40 more rules (ship)" in decision_markdown(replace(SHIPPED, rules=rules))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("12.5 %", "12.5 %"),
        ("two\nlines", "two lines"),
        ("&#64;all", "&amp;\\#64;all"),
        ("a\x1b[0m", r"a\\x1b\[0m"),
        ("21:14", "21:14"),
    ],
)
def test_text_is_shown_as_it_is(text: str, shown: str) -> None:
    assert plain(text).replace("\u200b", "") == shown


def test_a_marker_cannot_be_closed_from_inside() -> None:
    assert marker("a --> <b>").count("--") == 2


def test_a_waiver_is_told_below_the_verdict_and_in_its_row() -> None:
    text = decision_markdown(WAIVED)
    assert "- hold, but waived: it does not block" in text
    assert re.findall(r"^\| (.*?) \|", text, re.MULTILINE) == ["ruling", "■ hold, waived", "● ship"]
    assert "waived |" not in decision_markdown(LAPSED)


def test_an_open_decision_says_not_enough_evidence() -> None:
    assert "## ○ not enough evidence: gate deploy" in decision_markdown(OPEN)
