"""A decision as a file."""

import json
from typing import Any

import pytest

from foretell.core.domain.files.decisions import decision_from, record_of
from foretell.core.domain.policy import AppliedWaiver, Decision, GatePolicy, RuleFinding
from foretell.core.errors import BadInput

RULE = RuleFinding("success", "s", "hold", 0.5, None, 0.6, 1, 60, "case", "exact", smallest_visible=0.02)
DECISION = Decision(
    "g",
    "hold",
    (RULE,),
    ("because",),
    (),
    GatePolicy("g", ("s",), 0.8, modes={"leak": 0.01}, owners=("ada",)),
    {"s": "run-1"},
    {},
    "2026-03-01T12:00:00.000Z",
    "key",
    waivers=(AppliedWaiver("success", "r", "ada", "2026-03-31", 3),),
)


def written() -> dict[str, Any]:
    return json.loads(json.dumps(record_of(DECISION)))


def test_a_decision_comes_back_as_it_was() -> None:
    assert decision_from(written(), "r.json") == DECISION


def test_a_file_without_hash_or_later_fields_is_read_too() -> None:
    body = written()
    for name in ("hash", "waivers", "attempt", "is_final"):
        del body[name]
    assert decision_from({**body, "later": 1}, "r.json").attempt == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ruling": "ship"}, "was changed by hand"),
        ({"hash": None, "ruling": "perhaps"}, "decision.ruling = 'perhaps' cannot be"),
        ({"hash": None, "gate": None}, "decision.gate = None cannot be"),
        ({"hash": None, "attempt": True}, "decision.attempt = True cannot be"),
        ({"hash": None, "rules": [{}]}, "decision.rules.rule is missing"),
        ({"hash": None, "policy": []}, "decision.policy is not an object"),
        ({"schema": "foretell.decision/9"}, "is not a decision of the form foretell.decision/1"),
    ],
)
def test_what_is_no_decision_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        decision_from({**written(), **change}, "r.json")


@pytest.mark.parametrize("body", [None, [], "text"])
def test_what_is_no_object_is_told(body: Any) -> None:
    with pytest.raises(BadInput, match="is not a decision"):
        decision_from(body, "r.json")
