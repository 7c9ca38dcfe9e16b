"""A decision as SARIF 2.1.0, for code scanning: one result for every rule that does not ship.

A result stands at the file that changed (a prompt, a tool's schema) when the parts that the decision names lead to one
file, else at the gate's table in the project file. A rule that a person waived is a suppressed note.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from foretell.core.analysis.decide import describe
from foretell.core.domain.policy import AppliedWaiver, Decision, RuleFinding
from foretell.core.domain.values import Json, content_hash, printable
from foretell.reports.numbers import as_json
from foretell.reports.rule_text import score, waived, worst_first

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_FILES = 10
HELP = (
    "'foretell failures' names what failed in the decision's runs, 'foretell compare' the cases that got worse. "
    "An owner of the gate can let a rule pass for a time with 'foretell waive'."
)
_LEVELS = {"hold": "error", "not-enough-evidence": "warning"}
_NUMBERS = ("estimate", "low", "high", "limit", "n", "unit", "method", "p_ship", "p_hold", "smallest_visible")


@dataclass(frozen=True, slots=True)
class Places:
    """Where results may stand, as paths with slashes that are relative to the repository.

    `line` is the line of the gate's table in the project file, None when it was not found. `changed` maps a suite to
    the files that the changed parts of its target consist of.
    """

    project_file: str
    line: int | None = None
    changed: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


def decision_sarif(decision: Decision, places: Places, version: str) -> str:
    """The decision as a SARIF log with one run; `version` is foretell's own."""
    stopped = [rule for rule in worst_first(decision) if rule.ruling != "ship"]
    results = [_result(decision, rule, places) for rule in stopped]
    if decision.blocking != "ship" and not any(rule.rule not in waived(decision) for rule in stopped):
        results.append(_verdict(decision, places))
    driver = {
        "name": "foretell",
        "version": version,
        "rules": [_rule(name) for name in dict.fromkeys(result["ruleId"] for result in results)],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"foretell/{_slug(decision.gate)}/{_slug(decision.key)}"},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": decision.decided_at}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {
            "gate": printable(decision.gate),
            "ruling": decision.ruling,
            "decision": printable(decision.key),
            "pShipNoChange": as_json(decision.p_ship_no_change),
            "reasons": [printable(reason) for reason in decision.reasons],
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, allow_nan=False) + "\n"


def table_line(text: str, table: str) -> int | None:
    """The line, from 1, on which a TOML file opens a table of this dotted name.

    >>> table_line('[project]\\n\\n[gates."deploy"]  # ours', "gates.deploy")
    3
    """
    keys = r"\s*\.\s*".join(rf"[\"']?{re.escape(key)}[\"']?" for key in table.split("."))
    head = re.compile(rf"\s*\[\s*{keys}\s*\]")
    return next((number for number, line in enumerate(text.splitlines(), 1) if head.match(line)), None)


def _result(decision: Decision, rule: RuleFinding, places: Places) -> dict[str, Json]:
    spared = waived(decision).get(rule.rule)
    return {
        "ruleId": _rule_id(rule.rule),
        "level": "note" if spared is not None else _LEVELS[rule.ruling],
        "message": {"text": _message("; ".join(filter(None, (describe(rule), rule.turned_by))))},
        **_where(places, rule.suite),
        **({} if spared is None else {"suppressions": [_suppression(spared)]}),
        "partialFingerprints": {"foretellRule/v1": _fingerprint(decision.gate, rule.suite, rule.rule)},
        "properties": {
            "gate": printable(decision.gate),
            "suite": printable(rule.suite),
            "ruling": rule.ruling,
            **{_camel(name): as_json(getattr(rule, name)) for name in _NUMBERS},
        },
    }


def _suppression(waiver: AppliedWaiver) -> dict[str, Json]:
    """A waiver as the format knows it: someone outside of the tool answers for the result."""
    why = f"waived until {waiver.until} by {waiver.owner}: {waiver.reason}"
    return {"kind": "external", "status": "accepted", "justification": printable(why)}


def _verdict(decision: Decision, places: Places) -> dict[str, Json]:
    """What blocks when no rule shows it."""
    return {
        "ruleId": "verdict",
        "level": _LEVELS[decision.blocking],
        "message": {"text": _message("; ".join(decision.reasons) or score(decision))},
        **_where(places, None),
        "partialFingerprints": {"foretellRule/v1": _fingerprint(decision.gate)},
        "properties": {"gate": printable(decision.gate), "ruling": decision.ruling},
    }


def _fingerprint(*names: str) -> str:
    return content_hash([printable(name) for name in names])[:32]


def _rule(rule_id: str) -> dict[str, Json]:
    """A rule with the texts that code scanning asks for."""
    short = _message(f"The gate's rule on {re.sub('[-/]', ' ', rule_id)}")
    full = f"{short}: its bound has to clear the limit that the project file sets, else the gate does not ship."
    texts = {"shortDescription": short, "fullDescription": full, "help": HELP}
    return {"id": rule_id, **{name: {"text": text} for name, text in texts.items()}}


def _rule_id(rule: str) -> str:
    """A rule's name as an id that stays the same from decision to decision."""
    kind, space, mode = rule.partition("failure mode ")
    return f"failure-mode/{_slug(mode)}" if space and not kind else _slug(rule)


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-") or "unnamed"


def _where(places: Places, suite: str | None) -> dict[str, Json]:
    """One place to look at first, the others beside it. Of several files nobody knows here which one changed."""
    gate = _location(places.project_file, places.line)
    changed = [_location(path) for path in places.changed.get(suite or "", ())]
    first, *others = [*changed, gate] if len(changed) == 1 else [gate, *changed[:MOST_FILES]]
    related = [{"id": number, **location} for number, location in enumerate(others, 1)]
    return {"locations": [first], **({"relatedLocations": related} if related else {})}


def _location(path: str, line: int | None = None) -> dict[str, Json]:
    """A file, or a line in it. Code scanning wants a line in any case: the first one stands for the file."""
    artifact = {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": line or 1}}}


def _message(text: str) -> str:
    """A text in which no bracket makes a link and no brace a placeholder (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    escaped = re.sub(r"[\\\[\]]", lambda found: f"\\{found[0]}", printable(text))
    return escaped.replace("{", "{{").replace("}", "}}")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
