"""A rule's drawing: the limit at two fifths of the width, what keeps the rule to the right of it."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from foretell.core.domain.policy import RuleFinding
from foretell.reports.svg import LIMIT_AT, rule_svg
from tests.unit.reports.decisions import CEILING, COST, DROP, EVIL, FLOOR, HELD, MODEL_DROP, UNBOUNDED, UNMEASURED

WIDE_LIMIT = 248 * LIMIT_AT


def drawings(rule: RuleFinding) -> list[ET.Element]:
    return list(ET.fromstring(f"<both>{rule_svg(rule)}</both>"))


def ends(rule: RuleFinding) -> tuple[float, float]:
    """Where the wide drawing's whisker begins and ends."""
    line = drawings(rule)[0].find("path[@class!='unchanged']")
    assert line is not None
    found = re.match(r"M([\d.]+) [\d.]+H([\d.]+)", line.attrib["d"])
    assert found is not None
    return float(found[1]), float(found[2])


def test_it_is_drawn_for_a_wide_page_and_for_a_phone() -> None:
    assert [(one.attrib["class"], one.attrib["viewBox"]) for one in drawings(FLOOR)] == [
        ("wide", "0 0 248 20"),
        ("narrow", "0 0 358 24"),
    ]


@pytest.mark.parametrize("rule", HELD.rules, ids=lambda rule: f"{rule.suite}-{rule.rule}")
def test_nothing_leaves_the_drawing(rule: RuleFinding) -> None:
    for svg in drawings(rule):
        width = float(svg.attrib["width"])
        numbers = [float(one.attrib[name]) for one in svg for name in ("x", "cx") if name in one.attrib]
        numbers += [float(x) for one in svg for x in re.findall(r"[MH]([\d.-]+)", one.attrib.get("d", ""))]
        assert all(0 <= number <= width for number in numbers), numbers


@pytest.mark.parametrize(
    ("rule", "sides"),
    [
        (FLOOR, (True, True)),
        (DROP, (False, False)),
        (MODEL_DROP, (False, True)),
        (COST, (True, True)),
        (CEILING, (False, True)),
    ],
    ids=["floor kept", "drop broken", "drop across", "ceiling kept", "ceiling across"],
)
def test_what_keeps_a_rule_is_right_of_its_limit(rule: RuleFinding, sides: tuple[bool, bool]) -> None:
    left, right = ends(rule)
    assert (left > WIDE_LIMIT, right > WIDE_LIMIT) == sides


def test_lower_is_better_mirrors_the_drawing() -> None:
    """A ceiling's high bound is its left end: the end nearer to breaking."""
    mirrored = replace(FLOOR, estimate=0.722, low=0.696, high=0.753, higher_is_better=False)
    assert ends(mirrored) == pytest.approx(ends(FLOOR), abs=0.11)


@pytest.mark.parametrize(
    ("rule", "tag", "look"),
    [(FLOOR, "circle", "f-good"), (DROP, "rect", "f-bad"), (MODEL_DROP, "circle", "ring s-warn")],
    ids=["ship", "hold", "not enough evidence"],
)
def test_a_ruling_is_a_shape_before_it_is_a_colour(rule: RuleFinding, tag: str, look: str) -> None:
    assert [one.attrib["class"] for one in drawings(rule)[0].iter(tag)] == [look]


def test_no_change_has_a_tick_where_the_rule_compares() -> None:
    ticks = {rule.rule: "unchanged" in rule_svg(rule) for rule in (FLOOR, CEILING, DROP, COST)}
    assert ticks == {
        "success": False,
        "failure mode hallucination": False,
        "success against baseline": True,
        "cost per success": True,
    }


def test_an_unbounded_end_runs_to_the_edge_without_a_cap() -> None:
    assert ends(UNBOUNDED)[0] == 0
    assert drawings(UNBOUNDED)[0].find("path[@class='bounds s-warn']").attrib["d"].count("v6") == 1  # type: ignore[union-attr]  # found above


def test_nothing_measured_is_said() -> None:
    assert [one.findtext("text") for one in drawings(UNMEASURED)] == ["not measured", "not measured"]


def test_bounds_on_the_limit_do_not_divide_by_nothing() -> None:
    flat = replace(FLOOR, estimate=0.8, low=0.8, high=0.8)
    assert ends(flat) == (pytest.approx(WIDE_LIMIT, abs=0.1), pytest.approx(WIDE_LIMIT, abs=0.1))


def test_the_label_states_the_finding_and_no_style_is_set() -> None:
    (wide, _) = drawings(replace(DROP, suite=EVIL))
    names = {name for one in wide.iter() for name in one.attrib}
    assert wide.attrib["aria-label"].endswith("it has to be at least −2.0 %: hold")
    assert "\x1b" not in wide.attrib["aria-label"]
    assert names.isdisjoint({"style", "fill", "stroke"})
