"""A decision as JSON, held against the schema that is read off the same dataclasses."""

import json
from dataclasses import dataclass, fields, replace
from typing import Any

import jsonschema_rs
import pytest

from foretell.core.domain.policy import Decision, GatePolicy, RuleFinding
from foretell.reports import decision_json as module
from foretell.reports.decision_json import decision_json, decision_schema
from tests.unit.reports.decisions import COST, DECISIONS, EVIL, HELD, hostile


@pytest.fixture(scope="module")
def schema() -> Any:
    return jsonschema_rs.validator_for(decision_schema())


@pytest.mark.parametrize("decision", [*DECISIONS.values(), hostile(3)], ids=[*DECISIONS, "hostile"])
def test_every_decision_fits_the_schema(schema: Any, decision: Decision) -> None:
    assert list(schema.iter_errors(json.loads(decision_json(decision)))) == []


@pytest.mark.parametrize(
    "change",
    [
        {"ruling": "maybe"},
        {"schema": "foretell.decision/2"},
        {"reasons": "because"},
        {"runs": {"system": 3}},
        {"p_ship_no_change": "0.6"},
        {"rules": [{"rule": "success"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_what_is_no_decision(schema: Any, change: dict[str, Any]) -> None:
    assert not schema.is_valid(json.loads(decision_json(HELD)) | change)


def test_nothing_is_left_out_and_nothing_added() -> None:
    body = json.loads(decision_json(HELD))
    assert list(body) == ["schema", *(field.name for field in fields(Decision))]
    assert list(body["rules"][0]) == [field.name for field in fields(RuleFinding)]
    assert list(body["policy"]) == [field.name for field in fields(GatePolicy)]


def test_an_unbounded_number_is_null() -> None:
    body = json.loads(decision_json(replace(HELD, rules=(replace(COST, high=float("inf")),))))
    assert body["rules"][0]["high"] is None


def test_no_control_character_is_printed_and_none_is_lost() -> None:
    text = decision_json(replace(HELD, gate=EVIL))
    assert "".join(char for char in text if not char.isprintable()) == "\n" * text.count("\n")
    assert json.loads(text)["gate"] == EVIL.replace("\ud800", "\ufffd")


def test_a_kind_that_has_no_schema_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Odd:
        when: bytes

    monkeypatch.setattr(module, "Decision", Odd)
    with pytest.raises(TypeError, match="bytes"):
        decision_schema()
