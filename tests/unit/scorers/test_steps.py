"""Scorers that look at what happened inside: retrieved passages, tool calls."""

import json
from typing import Any

import pytest

from foretell.core.dialogue import Tape, replay
from foretell.core.domain.conversation import Embed, Message, Reply
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Trial
from foretell.core.errors import ConfigurationError
from foretell.scorers.figures_supported import FiguresSupported
from foretell.scorers.grounded import Grounded
from foretell.scorers.tool_calls import ToolCalls
from foretell.scorers.tool_contract import ToolContract
from tests.unit.scorers.trials import UNSEEN, called, retrieved, trial

RETURNS = "You can return an item within 30 days. Standard delivery costs $5 and takes 3 to 5 working days."


@pytest.mark.parametrize(
    ("output", "is_supported"),
    [
        ("Within thirty days.", True),
        ("For 5 dollars, in 3–5 days.", True),
        ("For 5 USD.", True),
        ("Within 31 days.", False),
        ("Within 30 hours.", False),
        ("For £5.", False),
        ("In 4 working days.", False),
        ("Order 4102 is 2 weeks late.", False),
        ("Your order LK-4102 is fine: 30 days.", True),
        ("Within a month or so.", "NotApplicable"),
        ("No one can.", "NotApplicable"),
        ("", "NotApplicable"),
    ],
)
def test_figures_supported(output: str, is_supported: Any) -> None:
    result = FiguresSupported().score(retrieved(output, {"id": "returns", "text": RETURNS}))
    assert (result.value if isinstance(result, Score) else type(result).__name__) == is_supported


def test_figures_may_come_from_tools_and_from_the_user() -> None:
    spans = (Span("order", "tool", output={"total": 74.2, "arrives": "2026-10-16", "refund": -50}),)
    said = (Message("user", "And with 3 bottles?"), Message("tool", '{"left": 12}'))
    asked = [{"role": "user", "content": "I bought 2 tents."}]
    answer = "Your 2 tents and 3 bottles (12 left) for £74.20 arrive on 16 October; you get back £50."
    assert FiguresSupported().score(trial(answer, asked=asked, trace=Trace(spans), messages=said)) == Score(
        True, "every figure was read (6)", ("2", "3", "12", "£74.20", "16 October", "£50")
    )


def test_unsupported_figures_are_named() -> None:
    result = FiguresSupported().score(retrieved("Within 45 days, for $5 or $6.", RETURNS))
    assert result == Score(False, "in no source: 45 days, $6", ("45 days", "$6"))
    empty = FiguresSupported().score(trial("Within 45 days.", trace=Trace()))
    assert empty.reason == "in no source (nothing was retrieved and no tool was called): 45 days"
    assert FiguresSupported().score(trial("45", trace=UNSEEN)) == ScoreFailure(
        "no trace: the endpoint reports no steps"
    )


def grounded(given: Trial, *vectors: tuple[float, ...]) -> tuple[Any, Tape]:
    tape = Tape([[Reply(vectors=vectors)]])
    return replay(Grounded("builtin").score(given), tape), tape


def test_grounded_is_the_mean_of_the_best_support() -> None:
    given = retrieved("Hello! You have thirty days.\n- Ropes stay with you.", "Thirty days to return. Keep it dry.")
    result, tape = grounded(given, (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, -1.0))
    assert tape.asked == [
        (
            Embed(
                (
                    "You have thirty days.",
                    "Ropes stay with you.",
                    "Thirty days to return. Keep it dry.",
                    "Thirty days to return.",
                    "Keep it dry.",
                ),
                "builtin",
            ),
        )
    ]
    assert result == Score(
        pytest.approx((1 + 0.5**0.5) / 2),
        "the weakest of 2 has 0.71: “Ropes stay with you.”, nearest “Thirty days to return. Keep it dry.”",
        ("Ropes stay with you.", "Thirty days to return. Keep it dry."),
    )


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (trial("An answer of words.", trace=UNSEEN), ScoreFailure("no trace: the endpoint reports no steps")),
        (retrieved("An answer of words."), NotApplicable("nothing was retrieved")),
        (retrieved("", "A passage."), NotApplicable("the answer has no sentence")),
    ],
)
def test_grounded_needs_passages_and_an_answer(given: Trial, result: Any) -> None:
    assert Grounded().score(given) == result


@pytest.mark.parametrize("reply", [Reply(error="no such embedder"), Reply(vectors=((1.0,),))])
def test_grounded_without_vectors_has_failed(reply: Reply) -> None:
    dialogue: Any = Grounded().score(retrieved("One two three.", "Four five six."))
    assert isinstance(replay(dialogue, Tape([[reply]])), ScoreFailure)


LOOK, PAY = ("look", {"id": 1}), ("pay", {"sum": 9.5, "to": "Ann"})
CALLS = [
    {"name": "look", "arguments": {"id": 1}},
    {"name": "pay", "arguments": {"sum": 9.5, "to": "ann", "note": None}},
]


@pytest.mark.parametrize(
    ("made", "matches"),
    [
        ([LOOK, PAY], {"exact", "in_order", "any_order", "subset"}),
        ([PAY, LOOK], {"any_order", "subset"}),
        ([LOOK, ("wait", {}), PAY], {"in_order", "subset"}),
        ([PAY, LOOK, LOOK], {"subset"}),
        ([LOOK, ("pay", '{"sum": 9.500000000001, "to": " Ann "}')], {"exact", "in_order", "any_order", "subset"}),
        ([LOOK], set()),
        ([LOOK, ("pay", {"sum": 9.6, "to": "Ann"})], set()),
        ([LOOK, ("pay", {"sum": 9.5, "to": "Ann", "force": True})], set()),
        ([], set()),
    ],
)
def test_tool_calls(made: list[tuple[str, Any]], matches: set[str]) -> None:
    kinds: Any = ("exact", "in_order", "any_order", "subset")
    given = called(*made, expected={"tool_calls": CALLS})
    assert {kind for kind in kinds if ToolCalls(match=kind).score(given).value} == matches


def test_tool_calls_says_what_is_missing_and_what_is_too_much() -> None:
    result = ToolCalls([{"name": "look"}, "pay"]).score(called(("wait", {}), LOOK))
    assert result == Score(False, "missing pay; unexpected wait({})", ("wait({})", 'look({"id":1})'), "wait")
    order = ToolCalls(["pay", "look"]).score(called(LOOK, PAY))
    assert order.reason == "expected in the order pay, look"


def test_a_call_without_arguments_leaves_the_other_to_who_needs_it() -> None:
    scorer = ToolCalls([{"name": "look"}, {"name": "look", "arguments": {"id": 1}}], "any_order")
    assert scorer.score(called(LOOK, ("look", {"id": 2}))).value is True


@pytest.mark.parametrize(
    ("given", "result"),
    [
        (called(LOOK), NotApplicable("the case expects no tool calls")),
        (trial("Done.", {"tool_calls": CALLS}, trace=UNSEEN), ScoreFailure("no trace: the endpoint reports no steps")),
        (
            called(LOOK, expected={"tool_calls": [7]}),
            ScoreFailure("the case's 7 is no tool call: it needs a name, and may have arguments"),
        ),
    ],
)
def test_tool_calls_without_what_it_needs(given: Trial, result: Any) -> None:
    assert ToolCalls().score(given) == result


def test_that_no_tool_is_called_can_be_expected() -> None:
    assert ToolCalls([]).score(called()).value is True
    assert ToolCalls([]).score(called(LOOK)).value is False


def test_a_nameless_call_is_refused_when_the_scorer_is_built() -> None:
    with pytest.raises(ConfigurationError, match="is no tool call"):
        ToolCalls([{"arguments": {}}])


SCHEMAS = {"pay": {"properties": {"sum": {"type": "number"}}, "required": ["sum", "to"]}}


def test_tool_contract_checks_each_call() -> None:
    assert ToolContract(SCHEMAS).score(called(LOOK, PAY)) == Score(True, "every checked call keeps to its schema (1)")
    faults = ('pay: "to" is a required property', 'pay: /sum: "9" is not of type "number"')
    assert ToolContract(SCHEMAS).score(called(("pay", {"sum": "9"}))) == Score(False, "; ".join(faults), faults, "pay")
    assert ToolContract({"pay": {"type": "object"}}).score(called(("pay", "9 to Ann"))).value is False


@pytest.mark.parametrize(
    ("schemas", "given", "result"),
    [
        ({}, called(PAY), NotApplicable("no tool has a schema")),
        (SCHEMAS, called(LOOK), NotApplicable("no tool with a schema was called")),
        (SCHEMAS, trial("Done.", trace=UNSEEN), ScoreFailure("no trace: the endpoint reports no steps")),
    ],
)
def test_tool_contract_without_what_it_needs(schemas: Any, given: Trial, result: Any) -> None:
    assert ToolContract(schemas).score(given) == result


def test_a_bad_contract_is_refused_when_the_scorer_is_built() -> None:
    with pytest.raises(ConfigurationError, match="schema of the arguments of 'pay' is not a JSON Schema"):
        ToolContract({"pay": {"type": 7}})


RESULTS = {"steps": {"tidy": {"output": {"type": "string"}}, "pay": {"output": {"type": "object", "required": ["id"]}}}}


NO_TEXT = '["a"] is not of type "string"'


def seen(*spans: Span) -> Trial:
    return trial("Done.", trace=Trace(spans))


@pytest.mark.parametrize(
    ("spans", "result"),
    [
        ((Span("pay", "tool", output={"id": 1}),), Score(True, "every checked call keeps to its schema (1)")),
        ((Span("pay", "tool", output='{"id": 1}'),), Score(True, "every checked call keeps to its schema (1)")),
        ((Span("pay", "tool", error="down"),), Score(True, "every checked call keeps to its schema (1)")),
        (
            (Span("pay", "tool", output={"id": 1}), Span("pay", "tool", output={"number": 1})),
            Score(
                False, 'pay#2 gave: "id" is a required property', ('pay#2 gave: "id" is a required property',), "pay#2"
            ),
        ),
        (
            (Span("tidy", "postprocess", output=["a"]),),
            Score(
                False, 'tidy gave: ["a"] is not of type "string"', ('tidy gave: ["a"] is not of type "string"',), "tidy"
            ),
        ),
    ],
)
def test_results_of_tools_and_steps_are_checked(spans: tuple[Span, ...], result: Score) -> None:
    assert ToolContract(contract=RESULTS).score(seen(*spans)) == result


def test_definitions_that_a_span_names_are_a_contract() -> None:
    tools = [
        {"type": "function", "function": {"name": "pay", "parameters": SCHEMAS["pay"]}},
        {"name": "look", "parameters": {"type": 7}},
    ]
    chat = Span("chat", "llm", attributes={"gen_ai.tool.definitions": json.dumps(tools)})
    spans = (chat, Span("pay", "tool", input={"sum": "9", "to": "Ann"}), Span("look", "tool"))
    assert ToolContract().score(seen(*spans)).reason == 'pay: /sum: "9" is not of type "number"'
    assert ToolContract(declared=False).score(seen(*spans)) == NotApplicable("no tool has a schema")


def test_a_file_that_is_no_contract_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is no contract"):
        ToolContract(contract={"hello": 1})
