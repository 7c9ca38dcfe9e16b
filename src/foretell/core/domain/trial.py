"""One execution of a target on a case, and all that came out of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message, ToolCall, Usage
from foretell.core.domain.effects import Effect
from foretell.core.domain.scores import ScoreResult, ScorerSpec
from foretell.core.domain.trace import NotSeen, Span, SpanKind, Trace
from foretell.core.domain.values import Json, JsonObject, text_of

ErrorKind: TypeAlias = Literal[
    "error",  # the target raised, ended badly or answered something that cannot be read
    "timeout",
    "unreachable",  # no connection
    "rate_limited",  # 429 or 503 to the last
    "server_error",  # 5xx to the last
    "refused",  # the provider's own filter answered instead of the model
    "ours",  # foretell failed: unscored
    "allowance",  # the money set aside for the trial ran out: unscored
    "nothing_recorded",  # neither output nor error in a recorded outcome: unscored
]
OURS: frozenset[str] = frozenset({"ours", "allowance", "nothing_recorded"})
ENVIRONMENT: frozenset[str] = frozenset({"timeout", "unreachable", "rate_limited", "server_error"})


@dataclass(frozen=True, slots=True)
class TrialError:
    """Why a trial has no usable answer."""

    kind: ErrorKind
    message: str

    @property
    def is_ours(self) -> bool:
        """True when foretell failed, not the target: the trial is unscored."""
        return self.kind in OURS

    @property
    def is_environment(self) -> bool:
        """True for connection failures, 429, 5xx and timeouts."""
        return self.kind in ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a recorded outcome says about itself, passed on by the scorer `recorded`."""

    success: bool | None = None
    scores: Mapping[str, float | bool | str | None] = field(default_factory=dict[str, float | bool | str | None])
    failure_mode: str | None = None
    failure_modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the target gave: an output with all that was seen on the way, or an error.

    `cost_usd` None is unknown, 0 is 0. `latency_ms` is the time to the last byte of the last turn, all turns summed.
    `metadata` is whatever else was recorded or reported with it. `orphans` counts calls of steps, and spans, that came
    before it ended and that nobody can tell whose they are: they are in no trace, and in one count only.
    """

    output: Json = None
    messages: tuple[Message, ...] = ()
    trace: Trace | NotSeen = NotSeen("the target reported no spans")
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    latency_ms: float | None = None
    finish_reason: str | None = None
    system_fingerprint: str | None = None
    conversation_id: str | None = None
    error: TrialError | None = None
    recorded: Recorded | None = None
    at: str | None = None
    metadata: JsonObject = field(default_factory=dict[str, Json])
    orphans: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """The one argument of every scorer: the case, what came out, and shortcuts to both."""

    case: Case
    outcome: Outcome
    repeat: int = 0

    @property
    def text(self) -> str:
        """The output as text."""
        return text_of(self.outcome.output)

    @property
    def expected(self) -> Json:
        """The case's gold answer, None when there is none."""
        return self.case.expected

    def spans(self, kind: SpanKind) -> tuple[Span, ...] | NotSeen:
        """The spans of one kind, or why nothing was seen."""
        trace = self.outcome.trace
        return trace if isinstance(trace, NotSeen) else trace.of_kind(kind)

    def tool_calls(self) -> Iterator[ToolCall]:
        """Every tool call of the conversation, in order; from tool spans when no messages were kept."""
        seen = False
        for message in self.outcome.messages:
            for call in message.tool_calls:
                seen = True
                yield call
        if not seen and isinstance(self.outcome.trace, Trace):
            for span in self.outcome.trace.of_kind("tool"):
                yield ToolCall(span.name, span.input, span.span_id)


@dataclass(frozen=True, slots=True)
class TrialLimits:
    """What one trial may take: seconds, retries after a passing fault, and money (None: no cap)."""

    timeout_s: float = 60.0
    retries: int = 3
    allowance_usd: float | None = None


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A target as data, rebuilt where it runs. `params` are its kind's fields; secrets stand in it by name only."""

    name: str
    kind: str
    params: JsonObject = field(default_factory=dict[str, Json])


LATE: Final = "late_s"
"""The entry of an outcome's metadata that says how many seconds after it was due a trial was started."""


@dataclass(slots=True)
class TrialTask:
    """A unit of work that needs nothing else to be carried out.

    `run` and `case_no` (the case's position in its set) are its key together with `repeat`. `user` is the model that
    plays the user of a case with a goal. `effects` act on the target's steps: a drill's fault, an output to substitute.
    `due_s` says how many seconds after the first task it is to be started, None as soon as there is room.
    """

    run: str
    case_no: int
    case: Case
    repeat: int
    seed: int
    target: TargetSpec
    scorers: tuple[ScorerSpec, ...]
    limits: TrialLimits = TrialLimits()
    user: TargetSpec | None = None
    max_turns: int = 8
    effects: tuple[Effect, ...] = ()
    due_s: float | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """Run, position of the case, repeat."""
        return (self.run, self.case_no, self.repeat)


@dataclass(slots=True)
class TrialRecord:
    """A finished trial: its task's key, the outcome and every scorer's result. `eval_cost_usd` is what judging cost.

    Judging is what scorers and a simulated user asked of models; None is unknown, 0 is 0.
    """

    run: str
    case_no: int
    case_id: str
    repeat: int
    outcome: Outcome
    scores: Mapping[str, ScoreResult]
    attempts: int = 1
    eval_cost_usd: float | None = 0.0
