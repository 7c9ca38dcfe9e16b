"""SARIF 2.1.0: what the standard and code scanning require, where results stand, and text that stays text."""

import json
from dataclasses import replace
from typing import Any

import pytest

from foretell.core.domain.policy import Decision
from foretell.reports.sarif import SCHEMA, Places, decision_sarif, table_line
from tests.unit.reports.decisions import CEILING, DECISIONS, DROP, EMPTY, FLOOR, HELD, SHIPPED, WAIVED, hostile

PLACES = Places("demo/foretell.toml", 41, {"system": ("demo/prompts/refund answer.md",)})


def log(decision: Decision, places: Places = PLACES) -> dict[str, Any]:
    return json.loads(decision_sarif(decision, places, "0.1.0"))


LEVELS = {"error", "warning", "note"}


def lacking(sarif: dict[str, Any]) -> list[str]:
    """What a log lacks of what the standard requires, and code scanning beyond it."""
    found = [] if (sarif["version"], sarif["$schema"]) == ("2.1.0", SCHEMA) else ["version"]
    for run in sarif["runs"]:
        rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
        found += [] if run["tool"]["driver"]["name"] else ["tool.driver.name"]
        texts = ("shortDescription", "fullDescription", "help")
        found += [f"{rule}: {name}" for rule, body in rules.items() for name in texts if not body[name]["text"]]
        found += [f"{one['ruleId']}: no rule" for one in run["results"] if one["ruleId"] not in rules]
        found += [f"{one['ruleId']}: message" for one in run["results"] if not one["message"]["text"]]
        found += [
            f"{one['ruleId']}: level" for one in run["results"] if one["level"] not in {"error", "warning", "note"}
        ]
        found += [f"{one['ruleId']}: one location" for one in run["results"] if len(one["locations"]) != 1]
        found += [f"{one['ruleId']}: fingerprint" for one in run["results"] if not one["partialFingerprints"]]
        places = [place for one in run["results"] for place in one["locations"] + one.get("relatedLocations", [])]
        found += ["artifactLocation" for place in places if not is_place(place["physicalLocation"])]
        found += ["invocation" for one in run["invocations"] if one["executionSuccessful"] is not True]
    return found


def is_place(place: dict[str, Any]) -> bool:
    uri = place["artifactLocation"]["uri"]
    is_relative = not uri.startswith("/") and ":" not in uri and " " not in uri and "\\" not in uri
    return is_relative and place["region"]["startLine"] >= 1


@pytest.mark.parametrize("decision", [*DECISIONS.values(), hostile(9)], ids=[*DECISIONS, "hostile"])
def test_it_has_what_is_required(decision: Decision) -> None:
    assert lacking(log(decision)) == []


def test_the_check_of_the_structure_can_fail() -> None:
    sarif = log(HELD)
    sarif["runs"][0]["results"][0] |= {"level": "severe", "locations": []}
    assert len(lacking(sarif)) == 2


def test_every_rule_that_does_not_ship_is_a_result() -> None:
    results = log(replace(HELD, rules=(FLOOR, CEILING, DROP)))["runs"][0]["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("success-against-baseline", "error"),
        ("failure-mode/hallucination", "warning"),
    ]


def test_a_ship_has_none() -> None:
    assert log(SHIPPED)["runs"][0]["results"] == []


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_it_alerts_when_something_blocks(decision: Decision) -> None:
    levels = {result["level"] for result in log(decision)["runs"][0]["results"]}
    assert levels.isdisjoint({"error", "warning"}) == (decision.blocking == "ship")


def test_a_waived_rule_is_a_suppressed_note() -> None:
    (result,) = log(WAIVED)["runs"][0]["results"]
    why = "waived until 2026-11-30 by platform-team: refunds are rewritten in 2.15"
    assert (result["level"], result["suppressions"]) == (
        "note",
        [{"kind": "external", "status": "accepted", "justification": why}],
    )


def test_of_several_files_none_is_blamed() -> None:
    places = Places("foretell.toml", 3, {"system": [f"app/{number}.py" for number in range(30)]})
    (result,) = log(replace(HELD, rules=(DROP,)), places)["runs"][0]["results"]
    uris = [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["locations"]]
    assert (uris, len(result["relatedLocations"])) == (["foretell.toml"], 10)


def test_a_gate_without_rules_has_one() -> None:
    (result,) = log(EMPTY)["runs"][0]["results"]
    assert (result["ruleId"], result["level"], result["message"]["text"]) == (
        "verdict",
        "warning",
        "time: 30 minutes were not enough to run the suites",
    )


def test_a_result_carries_its_numbers() -> None:
    (result,) = log(replace(HELD, rules=(DROP,)))["runs"][0]["results"]
    assert result["properties"] == {
        "gate": "deploy",
        "suite": "system",
        "ruling": "hold",
        "estimate": -0.053,
        "low": -0.083,
        "high": -0.024,
        "limit": -0.02,
        "n": 412,
        "unit": "case",
        "method": "paired sign test",
        "pShip": 0.98,
        "pHold": 0.004,
        "smallestVisible": 0.044,
    }


def test_a_result_stands_at_what_changed_and_points_to_the_gate() -> None:
    (result,) = log(replace(HELD, rules=(DROP,)))["runs"][0]["results"]
    gate = {"artifactLocation": {"uri": "demo/foretell.toml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 41}}
    artifact = {"uri": "demo/prompts/refund%20answer.md", "uriBaseId": "%SRCROOT%"}
    prompt = {"artifactLocation": artifact, "region": {"startLine": 1}}
    assert (result["locations"], result["relatedLocations"]) == (
        [{"physicalLocation": prompt}],
        [{"id": 1, "physicalLocation": gate}],
    )


def test_without_a_change_it_stands_at_the_gate() -> None:
    (result,) = log(replace(HELD, rules=(DROP,)), Places("foretell.toml"))["runs"][0]["results"]
    artifact = {"uri": "foretell.toml", "uriBaseId": "%SRCROOT%"}
    place = {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}}}
    assert (result["locations"], "relatedLocations" in result) == ([place], False)


def test_an_alert_is_the_same_from_decision_to_decision() -> None:
    """Neither the numbers nor the place of a rule change who it is; the gate, the suite and the rule do."""

    def fingerprint(decision: Decision, places: Places = PLACES) -> str:
        return log(decision, places)["runs"][0]["results"][0]["partialFingerprints"]["foretellRule/v1"]

    first = replace(HELD, rules=(DROP,))
    again = replace(HELD, rules=(replace(DROP, estimate=-0.2, n=3),), key="other")
    other = [
        replace(first, gate="nightly"),
        replace(first, rules=(replace(DROP, suite="model"),)),
        replace(first, rules=(CEILING,)),
    ]
    assert fingerprint(first) == fingerprint(again, Places("moved.toml", 1))
    assert len({fingerprint(first), *map(fingerprint, other)}) == 4


def test_a_text_makes_no_link_and_no_placeholder() -> None:
    (result,) = log(replace(HELD, rules=(replace(DROP, note="[a](http://x) {0} \\ \x1b[0m"),)))["runs"][0]["results"]
    assert result["message"]["text"].endswith(r"; \[a\](http://x) {{0}} \\ \\x1b\[0m")


@pytest.mark.parametrize(
    ("text", "table", "line"),
    [
        ("[gates.deploy]\n", "gates.deploy", 1),
        ("# [gates.deploy]\n\n  [ gates . 'deploy' ] # x\n", "gates.deploy", 3),
        ("[gates.deploy-eu]\n[gates.deploy]\n", "gates.deploy", 2),
        ("[tool.foretell.gates.deploy]", "tool.foretell.gates.deploy", 1),
        ("[gates]\ndeploy = {}\n", "gates.deploy", None),
        ("", "gates.deploy", None),
    ],
)
def test_the_table_of_a_gate_is_found(text: str, table: str, line: int | None) -> None:
    assert table_line(text, table) == line
