"""Runs, cases and trials to fill a store with in tests."""

from collections.abc import Mapping
from dataclasses import replace

from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message, ToolCall, Usage
from foretell.core.domain.modes import FailureMode
from foretell.core.domain.runs import Arm, Conclusion, Run, TargetLimits
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult, ScorerSpec
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Outcome, Recorded, TargetSpec, TrialError, TrialRecord
from foretell.core.ports.facts import TrialRow

CASES: tuple[Case, ...] = (
    Case("greeting", "Hello?", "Hello!", {"language": "en"}, metadata={"from": "import", "rows": [1, 2.5, None]}),
    Case("chat", [{"role": "user", "content": "Grüße 🙂"}], turns=("And now?", {"text": "deeper"})),
    Case("goal", {"order": 7}, goal="Get the money back."),
)
"""Three cases of different shapes."""


def example_run(run_id: str, repeats: int = 1, created_at: str = "2026-01-01T00:00:00Z") -> Run:
    """A run on `CASES` with every field set."""
    return Run(
        id=run_id,
        group="g-1",
        suite="system",
        layer="system",
        arm=Arm(
            TargetSpec("shop", "http", {"url": "http://localhost:1/", "headers": {"x": ["y"]}}),
            TargetLimits(concurrency=3, max_cost_per_trial=0.5),
            is_isolated=True,
            fingerprints={"prompt": "ab12", "index": None},
        ),
        evalset="core",
        version="v2",
        set_hash="5e7",
        scorers=(ScorerSpec("polite", "rubric", {"criteria": ["kind"]}, "2", "rude"), ScorerSpec("exact", "exact")),
        success="polite and exact",
        modes=(FailureMode("rude", "it is not kind", "not polite", 2.5, "ann"),),
        repeats=repeats,
        seed=7,
        cases=len(CASES),
        planned=len(CASES) * repeats,
        created_at=created_at,
        is_alternative=True,
        user=TargetSpec("caller", "model"),
        max_turns=4,
        currency="EUR",
    )


def full_trial(run_id: str, case_no: int = 0, repeat: int = 0) -> TrialRow:
    """A failed trial in which every field says something."""
    outcome = Outcome(
        output={"text": "Nein – 無", "parts": [1, 2.5, True, None]},
        messages=(
            Message("user", "Hello?"),
            Message("assistant", None, (ToolCall("look_up", {"order": 7}, "call-1"), ToolCall("raw", "{broken"))),
            Message("tool", [{"type": "text", "text": "found"}], tool_call_id="call-1", name="look_up"),
        ),
        trace=Trace(
            (
                Span("search", "retrieval", "s-1", None, 1.25, 2.5, "order", ["a", {"b": 1}], attributes={"k": 3}),
                Span("call", parent_id="s-1", error="ValueError: no"),
            )
        ),
        model="small-1",
        usage=Usage(120, 0, None),
        cost_usd=0.00125,
        latency_ms=431.5,
        finish_reason="stop",
        system_fingerprint="fp-1",
        conversation_id="conversation-1",
        error=TrialError("server_error", "503 to the last"),
        recorded=Recorded(False, {"stars": 2.0, "resolved": True, "tag": "x", "none": None}, "rude", ("rude", "late")),
        at="2026-01-01T00:00:01.5Z",
        metadata={"ticket": {"id": 4, "tags": ["late", None]}},
    )
    scores: dict[str, ScoreResult] = {
        "polite": Score(False, "it shouts", ("HELLO", "NO"), "call"),
        "exact": Score(True),
        "similarity": Score(0.8125),
        "tone": Score("harsh"),
        "figures": NotApplicable("no figures"),
        "judge": ScoreFailure("timed out"),
    }
    record = TrialRecord(run_id, case_no, CASES[case_no].id, repeat, outcome, scores, 3, 0.25)
    return TrialRow(record, Conclusion("failure", "rude", ("late", "long"), "polite is false"))


def plain_trial(run_id: str, case_no: int, repeat: int = 0, outcome: Outcome | None = None) -> TrialRow:
    """A successful trial with an output and nothing else."""
    record = TrialRecord(run_id, case_no, CASES[case_no].id, repeat, outcome or Outcome("Hello!"), {})
    return TrialRow(record, Conclusion("success"))


def scored(row: TrialRow, scores: Mapping[str, ScoreResult]) -> TrialRow:
    """The trial with other scores."""
    return TrialRow(replace(row.record, scores=scores), row.conclusion)


def concluded(row: TrialRow, conclusion: Conclusion) -> TrialRow:
    """The trial with another conclusion."""
    return TrialRow(row.record, conclusion)
