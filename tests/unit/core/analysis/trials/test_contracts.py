"""Contracts: what is learned from good calls alarms on what changed, and on nothing that may vary."""

from typing import Any

import pytest

from foretell.core.analysis.trials.contracts import Contract, Learner, calls_seen, read_contract
from foretell.core.analysis.trials.schemas import violations
from foretell.core.domain.trace import Span

ORDER: dict[str, Any] = {"id": "LK-4102", "items": ["tent"], "total": 74, "courier": {"name": "Parcelway"}}


def learned(*outputs: Any, **fields: Any) -> dict[str, Any]:
    learner = Learner()
    for output in outputs:
        learner.add(Span("look_up", "tool", input={"order": "LK-4102"}, output=output, **fields))
    return learner.learned()


def faults(given: Any, *good: Any) -> tuple[str, ...]:
    return violations(read_contract({"steps": learned(*good)}).outputs["look_up"], given)


OPTIONAL = {**ORDER, "note": "by the door"}
GOOD = (ORDER, OPTIONAL, {**ORDER, "items": []}, {**ORDER, "total": 74.2})


@pytest.mark.parametrize(
    "given",
    [ORDER, OPTIONAL, {**ORDER, "total": 12.5}, {**ORDER, "new": 1}, {**ORDER, "items": ["a", "b"]}],
)
def test_what_may_vary_does_not_alarm(given: Any) -> None:
    assert faults(given, *GOOD) == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**{name: ORDER[name] for name in ("id", "items", "courier")}, "sum": 74}, '"total" is a required property'),
        ({**ORDER, "total": {"value": 74, "unit": None}}, '/total: {"unit":null,"value":74} is not of type "number"'),
        ({**ORDER, "courier": "Parcelway"}, '/courier: "Parcelway" is not of type "object"'),
        ({**ORDER, "courier": {"title": "Parcelway"}}, '/courier: "name" is a required property'),
        ({**ORDER, "items": [{"name": "tent"}]}, '/items/0: {"name":"tent"} is not of type "string"'),
        (None, 'null is not of type "object"'),
    ],
)
def test_what_changed_is_caught(given: Any, said: str) -> None:
    assert faults(given, *GOOD) == (said,)


def test_a_null_that_was_seen_may_come_again() -> None:
    assert faults(None, *GOOD, None) == faults(ORDER, *GOOD, None) == ()


def test_few_calls_require_nothing() -> None:
    assert faults({}, ORDER, ORDER) == ()
    assert faults({}, ORDER, ORDER, ORDER) != ()


def test_a_table_of_values_is_no_record() -> None:
    tables = [{f"row-{first + number}": 1 for number in range(30)} for first in (0, 30, 60)]
    assert faults({"row-500": "x"}, *tables) == ()


def test_failed_calls_and_free_text_teach_nothing() -> None:
    learner = Learner()
    learner.add(Span("look_up", "tool", output={"error": "no such order"}))
    learner.add(Span("look_up", "tool", output=ORDER, error="it raised afterwards"))
    learner.add(Span("complete", "llm", output="Hello."))
    assert learner.learned() == {}


def test_what_is_learned_is_plain() -> None:
    wanted = {
        "kind": "tool",
        "seen": 3,
        "input": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
        "output": {"type": "array", "items": {"type": "number"}},
    }
    assert learned([1, 2], [], [3]) == {"look_up": wanted}
    assert calls_seen({"steps": {"look_up": wanted}}) == {"look_up": 3}
    assert calls_seen({"openapi": "3.1.0", "paths": {}}) == {}


PAY = {"type": "object", "properties": {"sum": {"type": "number"}}, "required": ["sum"]}
PAID = {"type": "object", "required": ["id"]}
OPENAPI = {
    "openapi": "3.1.0",
    "paths": {
        "/pay/{to}": {
            "parameters": [{"$ref": "#/components/parameters/to"}],
            "post": {
                "operationId": "pay",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pay"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Paid"}}}},
                    "404": {"description": "nobody of that name"},
                },
            },
            "get": {"summary": "an operation without a name"},
        }
    },
    "components": {
        "parameters": {"to": {"name": "to", "in": "path", "required": True, "schema": {"type": "string"}}},
        "schemas": {"Pay": PAY, "Paid": PAID},
    },
}


@pytest.mark.parametrize(
    "given",
    [
        {"tools": [{"name": "pay", "inputSchema": PAY, "outputSchema": PAID}]},
        {"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": "pay", "inputSchema": PAY, "outputSchema": PAID}]}},
        {"steps": {"pay": {"input": PAY, "output": PAID}}},
    ],
)
def test_declared_forms_are_read(given: Any) -> None:
    assert read_contract(given) == Contract({"pay": PAY}, {"pay": PAID})


def test_definitions_of_a_chat_are_read() -> None:
    assert read_contract([{"type": "function", "function": {"name": "pay", "parameters": PAY}}]) == Contract(
        {"pay": PAY}
    )
    assert read_contract([{"name": "pay", "input_schema": PAY}, "odd", {"name": 7}]) == Contract({"pay": PAY})


def test_operations_are_read() -> None:
    found = read_contract(OPENAPI)
    assert (set(found.inputs), set(found.outputs)) == ({"pay"}, {"pay"})
    assert violations(found.inputs["pay"], {"to": "Ann", "sum": 9}) == ()
    assert violations(found.inputs["pay"], {"to": 7}) == (
        '"sum" is a required property',
        '/to: 7 is not of type "string"',
    )
    assert violations(found.outputs["pay"], {}) == ('"id" is a required property',)


@pytest.mark.parametrize("given", [None, 7, "text", {}, {"steps": []}, {"tools": {}}])
def test_what_is_no_contract_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="is no contract"):
        read_contract(given)
