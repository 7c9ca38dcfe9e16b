"""JUnit XML: the structure that every published schema of it agrees on, and no green without a ship."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from foretell.core.domain.policy import Decision, Stop
from foretell.reports.junit import decision_junit
from foretell.reports.rule_text import finding
from tests.unit.reports.decisions import DECISIONS, DROP, EMPTY, FLOOR, HELD, SHIPPED, WAIVED, hostile

# What the strict schema of Ant's report asks for, and what it takes; those of the other readers ask for less.
SUITE_NEEDS = {"id", "name", "package", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time"}
CASE_NEEDS = {"name", "classname", "time"}


def misfits(root: ET.Element) -> list[str]:
    """Where a report differs from what the schemas allow."""
    found = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for suite in root:
        tags = [child.tag for child in suite]
        cases = suite.findall("testcase")
        if tags != ["properties", *["testcase"] * len(cases), "system-out", "system-err"]:
            found.append(f"the children of a suite are {tags}")
        if set(suite.attrib) != SUITE_NEEDS:
            found.append(f"the attributes of a suite are {sorted(suite.attrib)}")
        counted = [len(cases), *(len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error", "skipped"))]
        if counted != [int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")]:
            found.append(f"a suite counts otherwise than {counted}")
        found += [f"a case has {sorted(case.attrib)}" for case in cases if set(case.attrib) != CASE_NEEDS]
        found += [f"a case holds {len(case)} outcomes" for case in cases if len(case) > 1]
        found += [f"{one.tag} has {sorted(one.attrib)}" for one in suite.iterfind("testcase/*") if bad_outcome(one)]
        found += [f"a property has {one.attrib}" for one in suite.iterfind("properties/property") if bad_property(one)]
    return found


def bad_outcome(outcome: ET.Element) -> bool:
    needs = {"failure": {"message", "type"}, "error": {"message", "type"}, "skipped": {"message"}}
    return set(outcome.attrib) != needs.get(outcome.tag)


def bad_property(one: ET.Element) -> bool:
    return one.tag != "property" or set(one.attrib) != {"name", "value"}


def report(decision: Decision) -> ET.Element:
    return ET.fromstring(decision_junit(decision).encode())


@pytest.mark.parametrize("decision", [*DECISIONS.values(), hostile(9)], ids=[*DECISIONS, "hostile"])
def test_it_fits_the_schemas(decision: Decision) -> None:
    assert misfits(report(decision)) == []


def test_the_check_of_the_structure_can_fail() -> None:
    root = report(HELD)
    root[0].append(ET.Element("testcase", {"name": "late"}))
    root[0].attrib["failures"] = "9"
    assert len(misfits(root)) == 3


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_it_is_green_when_nothing_blocks(decision: Decision) -> None:
    red = report(decision).findall("*/testcase/failure") + report(decision).findall("*/testcase/error")
    assert (red == []) == (decision.blocking == "ship")


def test_a_waived_rule_is_skipped_and_says_by_whom() -> None:
    (skipped,) = report(WAIVED).iter("skipped")
    assert skipped.attrib["message"].startswith(
        "waived until 2026-11-30 by platform-team: refunds are rewritten in 2.15; system: success against baseline is"
    )


def test_a_gate_without_rules_is_not_an_empty_suite() -> None:
    (case,) = report(EMPTY).iter("testcase")
    (outcome,) = case
    assert (case.attrib["name"], outcome.tag, outcome.attrib) == (
        "verdict",
        "error",
        {"message": "time: 30 minutes were not enough to run the suites", "type": "not enough evidence"},
    )


def test_a_verdict_that_no_rule_shows_has_its_own_case() -> None:
    """Every rule is kept or waived, but the run was cut short: it blocks."""
    (suite,) = report(replace(SHIPPED, ruling="not-enough-evidence", is_final=False))
    assert [(case.attrib["name"], len(case)) for case in suite.iter("testcase")] == [
        ("system: success", 0),
        ("system: cost per success", 0),
        ("verdict", 1),
    ]


def test_a_rule_that_holds_is_a_failure_with_its_numbers() -> None:
    (suite,) = report(replace(HELD, rules=(DROP,)))
    (failure,) = suite.iterfind("testcase/failure")
    assert [failure.attrib["message"], *(failure.text or "").splitlines()] == [
        "system: success against baseline is −5.3 %, bound −2.4 % against −2.0 % (n = 412 cases)",
        finding(DROP),
        "paired sign test",
    ]


def test_numbers_are_properties_of_the_suite() -> None:
    told = {
        one.attrib["name"]: one.attrib["value"] for one in report(replace(SHIPPED, rules=(FLOOR,))).iter("property")
    }
    assert told == {
        "gate": "deploy",
        "ruling": "ship",
        "decision": "9f1c2d3e4a5b6c7d",
        "p_ship_no_change": "0.64",
        "run.system": "20261121-2051-3f9a2c",
        "run.model": "20261121-2103-77b0e1",
        "baseline.system": "20261114-0910-a1b2c3",
        "system.success.estimate": "0.878",
        "system.success.low": "0.847",
        "system.success.high": "0.904",
        "system.success.limit": "0.8",
        "system.success.n": "412",
        "system.success.p_ship": "0.0001",
        "system.success.p_hold": "0.9999",
        "system.success.smallest_visible": "0.031",
    }


def test_the_time_is_one_that_the_schema_knows() -> None:
    assert report(HELD)[0].attrib["timestamp"] == "2026-11-21T21:14:03"


def test_where_a_gate_stopped_early_is_told_once() -> None:
    stopped = replace(HELD, stops=(Stop("system", 60, 412, 0),), warnings=("one",))
    told = ET.fromstring(decision_junit(stopped)).find("testsuite/system-out")
    assert told is not None
    lines = (told.text or "").splitlines()
    told_once = "system: decided on 60 of 412 cases, drawn in random order."
    assert [line for line in lines if "60 of 412" in line] == [told_once]
    assert lines.count("warning: one") == 1
