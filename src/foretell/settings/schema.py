"""The project file as it may be written: one model per table. Cross references are checked elsewhere."""

import re
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

NAME = r"^[a-z0-9_-]+$"
STORE = r"^(sqlite:///.+|postgresql(\+psycopg)?://.+)$"
CURRENCY = r"^[A-Z]{3}$"
SLICE = r"^[^=]+=.+$"
TIME = r"^\d+(\.\d+)?(ms|s|m)$"
SCORE_NAME = r"^[a-z_][a-z0-9_-]*$"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def _amount(value: object, units: dict[str, float], example: str) -> object:
    """A number with a unit as a number; a bare number as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]+)", value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        raise PydanticCustomError("amount", "a number with a unit, such as {example}", {"example": example})
    return float(match[1]) * units[match[2]]


def _time(units: dict[str, float], example: str) -> tuple[BeforeValidator, WithJsonSchema]:
    text = {"type": "string", "pattern": rf"^\d+(\.\d+)?\s*({'|'.join(units)})$"}
    number = {"type": "number", "exclusiveMinimum": 0}
    return (
        BeforeValidator(lambda value: _amount(value, units, example)),
        WithJsonSchema({"anyOf": [number, text], "examples": [example]}),
    )


def _fingerprint(value: object) -> object:
    """A glob as it is; `{ attribute = "x" }` as `attribute:x`, so that both are one kind of text."""
    if isinstance(value, str) and value:
        return value
    table = cast("dict[object, object]", value) if isinstance(value, dict) else {}
    name = table.get("attribute")
    if len(table) != 1 or not isinstance(name, str):
        raise PydanticCustomError("fingerprint", "a glob of files or a table with 'attribute'")
    return f"attribute:{name}"


_seconds, _seconds_schema = _time(_SECONDS, "30s")
_days, _days_schema = _time(_DAYS, "7d")

Name = Annotated[str, Field(pattern=NAME)]
ScoreName = Annotated[str, Field(pattern=SCORE_NAME)]
SliceName = Annotated[str, Field(pattern=SLICE)]
TimeName = Annotated[str, Field(pattern=TIME)]
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0), _seconds, _seconds_schema]
Days = Annotated[float, Field(gt=0), _days, _days_schema]
Fingerprint = Annotated[
    str,
    BeforeValidator(_fingerprint),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "description": "A glob of files."},
                {
                    "type": "object",
                    "properties": {"attribute": {"type": "string", "description": "A span attribute."}},
                    "required": ["attribute"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class Table(BaseModel):
    """A table that takes exactly the keys it names. Strict: a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class OpenTable(Table):
    """A table that takes, beside the keys it names, the parameters of what it configures."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False)

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys that the table itself does not name, as they stand."""
        return dict(self.model_extra or {})


class ProjectTable(Table):
    """[project]: the project as a whole."""

    name: Annotated[Text, Field(description="What the project is called.")]
    store: Annotated[
        str,
        Field(
            pattern=STORE,
            description="Address of the store, without a password; a relative SQLite path starts at the project file.",
            examples=["sqlite:///.foretell/store.db"],
        ),
    ] = "sqlite:///.foretell/store.db"
    currency: Annotated[
        str, Field(pattern=CURRENCY, description="Three-letter code of the currency in which costs are given.")
    ] = "USD"
    unknown_cost: Annotated[
        Literal["exclude", "zero"],
        Field(description="Leave trials of unknown cost out of the cost per success, or count them as 0."),
    ] = "exclude"


class TargetTable(OpenTable):
    """[targets.NAME]: something that answers. Further keys are the parameters of its kind."""

    kind: Annotated[
        Text, Field(description="python, http, command, model, recorded, an installed kind, or module:class.")
    ]
    timeout: Annotated[Seconds, Field(description="Longest time for one trial: seconds, or a text such as 30s.")] = 60.0
    retries: Annotated[int, Field(ge=0, description="Further attempts after a passing fault.")] = 3
    concurrency: Annotated[int, Field(ge=1, description="How many trials may be under way at once.")] = 8
    requests_per_minute: Annotated[Positive | None, Field(description="Limit on requests.")] = None
    tokens_per_minute: Annotated[Positive | None, Field(description="Limit on tokens, in and out.")] = None
    max_cost_per_trial: Annotated[
        Positive | None,
        Field(description="What one trial may cost, judging included, for targets whose price is not known."),
    ] = None
    isolate: Annotated[
        bool | None,
        Field(description="Run in worker processes of its own; true unless said otherwise for python, else false."),
    ] = None
    fingerprints: Annotated[
        dict[Name, Fingerprint],
        Field(description="Part of the target → files (a glob) or { attribute = … } that identify its version."),
    ] = Field(default_factory=dict[str, str])


class TrafficTable(Table):
    """[suites.NAME] traffic: which interactions a behavioural suite replays."""

    source: Annotated[
        Text | None, Field(description="A JSONL file of interactions; without it the store's traffic is read.")
    ] = None
    window: Annotated[Days, Field(description="How far to look back from the newest interaction.")] = 7.0
    share: Annotated[float, Field(gt=0, le=1, description="Share of the window's interactions to take.")] = 0.01
    at_most: Annotated[int, Field(ge=1, description="Most interactions to take.")] = 500
    live_tools: Annotated[
        bool, Field(description="Let the replay call tools; without it they give their recorded results.")
    ] = False


class SuiteTable(Table):
    """[suites.NAME]: cases, a target and scorers."""

    layer: Annotated[Literal["model", "system", "behavioural"], Field(description="What the suite looks at.")]
    target: Annotated[Text, Field(description="Name of the target.")]
    scorers: Annotated[
        list[Text],
        Field(min_length=1, description="Scorers: a [scorers] table, a known name, judge:NAME or module:function."),
    ]
    evalset: Annotated[
        Text | None, Field(description="Name of the eval set; newest frozen version, or name@2 to pin one.")
    ] = None
    traffic: Annotated[TrafficTable | None, Field(description="Which traffic to replay (behavioural suites).")] = None
    alternatives: Annotated[list[Text], Field(description="Targets you might switch to, run beside the target.")] = (
        Field(default_factory=list[str])
    )
    success: Annotated[
        Text | None, Field(description="Expression over scores; without it every boolean score must be true.")
    ] = None
    repeats: Annotated[int, Field(ge=1, description="Trials per case.")] = 1
    seed: Annotated[int, Field(ge=0, lt=2**31, description="Seed of all that is drawn by chance.")] = 0
    user: Annotated[Text | None, Field(description="Model target that plays the user of cases with a goal.")] = None
    max_turns: Annotated[int, Field(ge=1, description="Most turns of a conversation.")] = 8


class ScorerTable(OpenTable):
    """[scorers.NAME]: a scorer under a name of its own. Further keys are its parameters."""

    use: Annotated[Text, Field(description="A known scorer or module:function.")]


class JudgeTable(Table):
    """[judges.NAME]: a model that reads a trial and says what it sees."""

    model: Annotated[Text, Field(description="The model that judges.")]
    rubric: Annotated[Text, Field(description="File with the criteria.")]
    require_certificate: Annotated[
        bool, Field(description="Whether a gate may rely on the judge only with a valid certificate.")
    ] = False


class FailureModeTable(Table):
    """[failure_modes.NAME]: a named way to fail."""

    means: Annotated[str, Field(description="What it is, in a sentence.")] = ""
    when: Annotated[Text | None, Field(description="Expression over scores that detects it.")] = None
    cost: Annotated[NotNegative | None, Field(description="What one occurrence costs, in the project's currency.")] = (
        None
    )
    owner: Annotated[Text | None, Field(description="Who looks after it.")] = None


class SuccessRule(Table):
    """[gates.NAME] success: limits on the success rate, as shares."""

    at_least: Annotated[Share, Field(description="Floor of the success rate.")]
    may_drop: Annotated[Share | None, Field(description="Margin below the baseline.")] = None
    may_drop_since_anchor: Annotated[Share | None, Field(description="Margin below the anchor.")] = None
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="One-sided, on each side.")] = 0.95


class ShareRule(Table):
    """[gates.NAME] slices.SLICE, latency.TIME: limits on a share of the trials; at least one of the two."""

    at_least: Annotated[Share | None, Field(description="Floor of the share.")] = None
    may_drop: Annotated[Share | None, Field(description="Margin below the baseline.")] = None


class MetricRule(Table):
    """[gates.NAME] metrics.SCORE: limits on the mean of a score: at_least and may_drop, or at_most and may_rise."""

    at_least: Annotated[float | None, Field(description="Floor of the mean.")] = None
    may_drop: Annotated[NotNegative | None, Field(description="Margin below the baseline.")] = None
    at_most: Annotated[float | None, Field(description="Ceiling of the mean, for what should be small.")] = None
    may_rise: Annotated[NotNegative | None, Field(description="Margin above the baseline, for the same.")] = None
    range: Annotated[
        list[float], Field(min_length=2, max_length=2, description="The least and the greatest value of the score.")
    ] = Field(default_factory=lambda: [0.0, 1.0])


class Floor(Table):
    """[gates.NAME] steps.STEP: a limit on the success of a step."""

    at_least: Annotated[Share, Field(description="Least share of the traces that executed it in which it went well.")]


class Ceiling(Table):
    """[gates.NAME] modes.MODE: a limit on a failure mode."""

    at_most: Annotated[Share, Field(description="Highest share of trials in which the mode may occur.")]


class CostRule(Table):
    """[gates.NAME] cost_per_success: a limit on what one success costs."""

    may_rise: Annotated[NotNegative, Field(description="Relative rise against the baseline: 0.05 is five per cent.")]


class GateTable(Table):
    """[gates.NAME]: what a deploy must keep."""

    suites: Annotated[list[Text], Field(min_length=1, description="Suites that the gate reads.")]
    success: Annotated[SuccessRule, Field(description="Limits on the success rate.")]
    baseline: Annotated[
        Text | None, Field(description="What to compare with: file:PATH, run:ID, target:NAME or branch:NAME.")
    ] = None
    anchor: Annotated[Text | None, Field(description="Reviewed file that moves only by commit: file:PATH.")] = None
    modes: Annotated[dict[Name, Ceiling], Field(description="Failure mode → its ceiling.")] = Field(
        default_factory=dict[str, Ceiling]
    )
    slices: Annotated[
        dict[SliceName, ShareRule], Field(description='Part of the cases, "name=value" → limits on its success rate.')
    ] = Field(default_factory=dict[str, ShareRule])
    latency: Annotated[
        dict[TimeName, ShareRule], Field(description='Time such as "8s" → limits on the share answered within it.')
    ] = Field(default_factory=dict[str, ShareRule])
    metrics: Annotated[dict[Text, MetricRule], Field(description="Score → limits on its mean.")] = Field(
        default_factory=dict[str, MetricRule]
    )
    steps: Annotated[dict[Text, Floor], Field(description="Step → its floor.")] = Field(
        default_factory=dict[str, Floor]
    )
    cost_per_success: Annotated[CostRule | None, Field(description="Limit on the cost of one success.")] = None
    max_cost: Annotated[Positive | None, Field(description="Money for all runs of the gate.")] = None
    max_minutes: Annotated[Positive | None, Field(description="Time for all runs of the gate, in minutes.")] = None
    stop_early: Annotated[
        bool, Field(description="Draw cases at random and end as soon as the verdict is certain.")
    ] = False
    owners: Annotated[list[Text], Field(description="Who answers for the gate.")] = Field(default_factory=list[str])


def _pattern(value: object) -> object:
    """A regular expression that can be read, and that finds something longer than nothing."""
    try:
        empty = isinstance(value, str) and re.compile(value).match("") is not None
    except re.error as error:
        raise PydanticCustomError("pattern", "a regular expression: {reason}", {"reason": str(error)}) from error
    if empty:
        raise PydanticCustomError("pattern", "a regular expression: {reason}", {"reason": "this one finds nothing too"})
    return value


class AnonymiseTable(Table):
    """[anonymise]: what is replaced in traffic beside what the built-in patterns find."""

    patterns: Annotated[
        dict[Name, Annotated[Text, BeforeValidator(_pattern)]],
        Field(description="Kind → regular expression of the project's own personal data."),
    ] = Field(default_factory=dict[str, str])
    allow: Annotated[list[Text], Field(description="Texts to leave as they are, such as the firm's own address.")] = (
        Field(default_factory=list[str])
    )
    names: Annotated[
        Text | None, Field(description="Package of the spaCy model that finds names of people, such as en_core_web_lg.")
    ] = None


class FaultTable(OpenTable):
    """[faults.NAME]: a fault under a name of its own. Further keys are its parameters."""

    use: Annotated[str, Field(min_length=1, description="A known fault or module:class.")]
    step: Annotated[
        Text | None, Field(description="The step that it acts on; without it the first one of a fitting kind.")
    ] = None


class DrillTable(Table):
    """[drills]: what drills do unless told otherwise."""

    must_catch: Annotated[list[Text], Field(description="Faults that some suite must catch: else exit code 1.")] = (
        Field(default_factory=list[str])
    )
    suites: Annotated[list[Text], Field(description="Suites to drill; without it all of them.")] = Field(
        default_factory=list[str]
    )
    faults: Annotated[list[Text] | None, Field(description="Faults to try; without it all that are known.")] = None
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="How sure a run without a fault raises no alarm.")] = (
        0.95
    )
    fault_free: Annotated[int, Field(ge=0, description="Runs without a fault beside the reference.")] = 1
    addresses: Annotated[
        list[Text], Field(description="Environment variables that hold the address of the target's model.")
    ] = Field(default_factory=list[str])


class IngestTable(Table):
    """[traffic]: how production traffic is taken in by `foretell serve`."""

    share: Annotated[float, Field(gt=0, le=1, description="Share of conversations to keep, by a hash of their id.")] = (
        0.01
    )
    upstream: Annotated[
        float | None,
        Field(gt=0, le=1, description="Share that arrives at all, where traces do not say so (`ot=th`)."),
    ] = None
    trace_wait: Annotated[Seconds, Field(description="How long to wait for a trace without a root.")] = 10.0


class ProjectFile(Table):
    """The whole file."""

    project: Annotated[ProjectTable, Field(description="The project as a whole.")]
    targets: Annotated[dict[Name, TargetTable], Field(description="What can be asked.")] = Field(
        default_factory=dict[str, TargetTable]
    )
    evalsets: Annotated[dict[Name, Text], Field(description="Eval set → its folder, or its one .jsonl file.")] = Field(
        default_factory=dict[str, str]
    )
    suites: Annotated[dict[Name, SuiteTable], Field(description="Configured runs.")] = Field(
        default_factory=dict[str, SuiteTable]
    )
    scorers: Annotated[dict[ScoreName, ScorerTable], Field(description="Scorers with parameters.")] = Field(
        default_factory=dict[str, ScorerTable]
    )
    judges: Annotated[dict[Name, JudgeTable], Field(description="Models that judge.")] = Field(
        default_factory=dict[str, JudgeTable]
    )
    failure_modes: Annotated[dict[Name, FailureModeTable], Field(description="Named ways to fail.")] = Field(
        default_factory=dict[str, FailureModeTable]
    )
    gates: Annotated[dict[Name, GateTable], Field(description="Rules of a deploy.")] = Field(
        default_factory=dict[str, GateTable]
    )
    traffic: Annotated[IngestTable, Field(description="How production traffic is taken in.")] = Field(
        default_factory=IngestTable
    )
    anonymise: Annotated[AnonymiseTable, Field(description="What is replaced in traffic.")] = Field(
        default_factory=AnonymiseTable
    )
    faults: Annotated[dict[Name, FaultTable], Field(description="Faults with parameters, for drills.")] = Field(
        default_factory=dict[str, FaultTable]
    )
    drills: Annotated[DrillTable, Field(description="What drills do.")] = Field(default_factory=DrillTable)
