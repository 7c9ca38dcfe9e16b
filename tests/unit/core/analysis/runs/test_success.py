import pytest

from foretell.core.analysis.runs.success import rulebook
from foretell.core.domain.modes import FailureMode
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult, ScorerSpec
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Outcome, Recorded, TrialError, TrialRecord


def record(scores: dict[str, ScoreResult] | None = None, outcome: Outcome | None = None) -> TrialRecord:
    return TrialRecord("r", 0, "c", 0, outcome or Outcome(output="A full answer."), scores or {})


RIGHT, GROUNDED = ScorerSpec("right", "x"), ScorerSpec("grounded", "y")


@pytest.mark.parametrize(
    ("scores", "state"),
    [
        ({"right": Score(True), "grounded": Score(0.9)}, "success"),
        ({"right": Score(True), "grounded": Score(0.1)}, "failure"),
        ({"right": Score(True), "grounded": NotApplicable("nothing retrieved")}, "success"),
        ({"right": Score(True), "grounded": ScoreFailure("timed out")}, "unscored"),
        ({"right": Score(False), "grounded": ScoreFailure("timed out")}, "failure"),
        ({"right": NotApplicable(""), "grounded": NotApplicable("")}, "unscored"),
    ],
)
def test_a_failed_score_leaves_a_trial_unscored_unless_the_rest_settles_it(
    scores: dict[str, ScoreResult], state: str
) -> None:
    rules = rulebook([RIGHT, GROUNDED], "right and grounded >= 0.5", [])
    assert rules.conclude(record(scores)).state == state


def test_without_a_rule_every_boolean_score_must_be_true() -> None:
    rules = rulebook([RIGHT, GROUNDED], None, [])
    assert rules.conclude(record({"right": Score(True), "grounded": Score(0.0)})).state == "success"
    assert rules.conclude(record({"right": Score(False), "grounded": Score(1.0)})).state == "failure"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("error", "error"), ("timeout", "timeout"), ("server_error", "unavailable"), ("refused", "refusal")],
)
def test_a_failure_of_the_target_is_a_failure_with_a_name(kind: str, mode: str) -> None:
    outcome = Outcome(error=TrialError(kind, "it broke"))  # type: ignore[arg-type] # the kinds are listed above
    assert rulebook([RIGHT], None, []).conclude(record(outcome=outcome)) == Conclusion("failure", mode, (), "it broke")


def test_what_its_steps_say_stands_beside_the_error() -> None:
    outcome = Outcome(error=TrialError("error", "KeyError: 'total'"), trace=Trace((Span("pay", "tool"), Span("fill"))))
    rules = rulebook([ScorerSpec("kept", "tool_contract", mode="tool_contract"), RIGHT], "right", [])
    found = rules.conclude(record({"kept": Score(False, "gave no total", (), "pay")}, outcome))
    assert found == Conclusion("failure", "error", ("tool_contract",), "KeyError: 'total'")


def test_a_failure_of_ours_is_unscored() -> None:
    outcome = Outcome(error=TrialError("ours", "the judge was away"))
    assert rulebook([RIGHT], None, []).conclude(record(outcome=outcome)).state == "unscored"


def test_the_dearest_mode_is_the_primary_one() -> None:
    modes = [
        FailureMode("cheap", when="not right", cost=1.0),
        FailureMode("dear", when="grounded < 0.5", cost=9.0),
        FailureMode("unpriced", when="not right"),
    ]
    found = rulebook([RIGHT, GROUNDED], None, modes).conclude(record({"right": Score(False), "grounded": Score(0.1)}))
    assert (found.mode, found.secondary) == ("dear", ("cheap", "unpriced"))


def test_the_earliest_step_goes_before_the_dearest() -> None:
    early, late = ScorerSpec("retrieved", "x", mode="missed"), ScorerSpec("figures", "y", mode="invented")
    trace = Trace((Span("retrieve", "retrieval"), Span("answer", "llm")))
    outcome = Outcome(output="An answer.", trace=trace)
    scores: dict[str, ScoreResult] = {
        "retrieved": Score(False, step="retrieve"),
        "figures": Score(False, step="answer"),
    }
    modes = [FailureMode("invented", cost=100.0), FailureMode("missed", cost=1.0)]
    assert rulebook([late, early], None, modes).conclude(record(scores, outcome)).mode == "missed"


def test_what_no_mode_explains_is_unnamed() -> None:
    assert rulebook([RIGHT], None, []).conclude(record({"right": Score(False)})).mode == "unnamed"


def test_refusals_cuts_and_silence_are_named_without_being_asked() -> None:
    rules = rulebook([RIGHT], None, [])
    wrong: dict[str, ScoreResult] = {"right": Score(False)}
    answers = {"": "empty", "I'm sorry, but I can't help with that.": "refusal"}
    assert {text: rules.conclude(record(wrong, Outcome(output=text))).mode for text in answers} == answers
    cut = Outcome(output="The refund will take", finish_reason="length")
    assert rules.conclude(record(wrong, cut)).mode == "truncation"


def test_a_mode_that_the_data_name_is_the_primary_one() -> None:
    said = Recorded(success=False, failure_mode="tool-error", failure_modes=("slow",))
    found = rulebook([RIGHT], None, [FailureMode("dear", when="not right", cost=9.0)]).conclude(
        record({"right": Score(False)}, Outcome(output="An answer.", recorded=said))
    )
    assert (found.mode, set(found.secondary)) == ("tool-error", {"dear", "slow"})


def test_a_mode_of_an_expression_is_where_its_scores_point() -> None:
    trace = Trace((Span("retrieve", "retrieval"), Span("answer", "llm")))
    outcome = Outcome(output="An answer.", trace=trace)
    scores: dict[str, ScoreResult] = {"recall": Score(0.2, step="retrieve"), "right": Score(False, step="answer")}
    modes = [FailureMode("wrong", when="not right", cost=9.0), FailureMode("missed", when="recall < 0.5", cost=1.0)]
    ended = rulebook([RIGHT, ScorerSpec("recall", "x")], None, modes).conclude(record(scores, outcome))
    assert (ended.mode, ended.secondary) == ("missed", ("wrong",))


def test_the_first_failing_step_goes_before_an_outer_one_that_began_earlier() -> None:
    trace = Trace((Span("agent", "agent", "1"), Span("lookup", "tool", "2", "1")))
    scores: dict[str, ScoreResult] = {"whole": Score(False, step="agent"), "result": Score(False, step="lookup")}
    rules = rulebook([ScorerSpec("whole", "x", mode="muddled"), ScorerSpec("result", "y", mode="changed")], None, [])
    ended = rules.conclude(record(scores, Outcome(output="An answer.", trace=trace)))
    assert (ended.mode, ended.secondary) == ("changed", ("muddled",))
