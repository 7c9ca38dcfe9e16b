"""A decision as JUnit XML, for the test view of a CI system: one suite a gate, one case a rule.

A rule that holds is a failure, one without enough evidence an error. Both are red everywhere: a rule that nobody could
judge must not look like one that was kept. A rule that a person waived is skipped, for as long as the waiver lasts.
Only elements and attributes that the published schemas of the format share are used, so numbers are properties of the
suite, not of its cases.
"""

from xml.etree import ElementTree as ET

from foretell.core.analysis.decide import describe
from foretell.core.domain.policy import Decision, RuleFinding
from foretell.core.domain.values import printable
from foretell.reports.rule_text import finding, score, told_with_it, waived, word, worst_first
from foretell.reports.verdict import closing

_NUMBERS = ("estimate", "low", "high", "limit", "n", "p_ship", "p_hold", "smallest_visible")
_ELEMENTS = {"hold": "failure", "not-enough-evidence": "error"}


def decision_junit(decision: Decision) -> str:
    """The decision as a JUnit report."""
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite", _suite_attributes(decision))
    _properties(suite, decision)
    for rule in worst_first(decision):
        _case(suite, decision, rule)
    if _needs_case_of_its_own(decision):
        _verdict_case(suite, decision)
    told = [f"{score(decision)}.", *told_with_it(decision), *closing(decision)]
    ET.SubElement(suite, "system-out").text = printable("\n".join(told))
    ET.SubElement(suite, "system-err")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _needs_case_of_its_own(decision: Decision) -> bool:
    """True when it blocks and no rule shows it: a gate that measured nothing must not be an empty, green suite."""
    return decision.blocking != "ship" and not any(_is_red(decision, rule) for rule in decision.rules)


def _is_red(decision: Decision, rule: RuleFinding) -> bool:
    return rule.ruling != "ship" and rule.rule not in waived(decision)


def _suite_attributes(decision: Decision) -> dict[str, str]:
    rulings = [rule.ruling for rule in decision.rules if _is_red(decision, rule)]
    alone = [decision.blocking] if _needs_case_of_its_own(decision) else []
    skipped = sum(rule.ruling != "ship" for rule in decision.rules) - len(rulings)
    rulings += alone
    return {
        "id": "0",
        "name": printable(f"foretell gate {decision.gate}"),
        "package": "foretell",
        "timestamp": printable(decision.decided_at.partition(".")[0].removesuffix("Z")),
        "hostname": "localhost",
        "tests": str(len(decision.rules) + len(alone)),
        "failures": str(rulings.count("hold")),
        "errors": str(rulings.count("not-enough-evidence")),
        "skipped": str(skipped),
        "time": "0",
    }


def _properties(suite: ET.Element, decision: Decision) -> None:
    properties = ET.SubElement(suite, "properties")
    told = {"gate": decision.gate, "ruling": decision.ruling, "decision": decision.key}
    if decision.p_ship_no_change is not None:
        told["p_ship_no_change"] = repr(decision.p_ship_no_change)
    told |= {f"run.{name}": run for name, run in decision.runs.items()}
    told |= {f"baseline.{name}": run for name, run in decision.baseline_runs.items()}
    for rule in decision.rules:
        numbers = {name: getattr(rule, name) for name in _NUMBERS}
        told |= {
            f"{rule.suite}.{rule.rule}.{name}": repr(value) for name, value in numbers.items() if value is not None
        }
    for name, value in told.items():
        ET.SubElement(properties, "property", {"name": printable(name), "value": printable(value)})


def _case(suite: ET.Element, decision: Decision, rule: RuleFinding) -> None:
    case = ET.SubElement(suite, "testcase", _case_attributes(decision, f"{rule.suite}: {rule.rule}"))
    if rule.ruling == "ship":
        return
    spared = waived(decision).get(rule.rule)
    if spared is not None:
        why = f"waived until {spared.until} by {spared.owner}: {spared.reason}; {describe(rule)}"
        ET.SubElement(case, "skipped", {"message": printable(why)})
    else:
        told = ET.SubElement(
            case, _ELEMENTS[rule.ruling], {"message": printable(describe(rule)), "type": printable(word(rule.ruling))}
        )
        lines = (finding(rule), rule.method, rule.turned_by)
        told.text = printable("\n".join(filter(None, lines)))


def _verdict_case(suite: ET.Element, decision: Decision) -> None:
    case = ET.SubElement(suite, "testcase", _case_attributes(decision, "verdict"))
    why = "; ".join(decision.reasons) or score(decision)
    ET.SubElement(case, _ELEMENTS[decision.blocking], {"message": printable(why), "type": word(decision.blocking)})


def _case_attributes(decision: Decision, name: str) -> dict[str, str]:
    return {"name": printable(name), "classname": printable(f"foretell.{decision.gate}"), "time": "0"}
