"""Tools and steps were given, and gave, what they always are given and give."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from foretell.core.analysis.trials.contracts import Contract, read_contract, seen_spans
from foretell.core.analysis.trials.executed import labelled
from foretell.core.analysis.trials.schemas import compile_schema, is_schema, violations
from foretell.core.analysis.trials.tool_use import error_in
from foretell.core.domain.conversation import ToolCall
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen, Span
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json, JsonObject
from foretell.core.errors import ConfigurationError

_DEFINITIONS = "gen_ai.tool.definitions"


@dataclass(frozen=True, slots=True)
class ToolContract:
    """True when the arguments and results of every call fit their JSON Schemas.

    `contract` is what `foretell contracts learn` wrote, an OpenAPI document (tools are its `operationId`s), the reply
    of an MCP server to `tools/list`, or a list of tool definitions; usually `{ file = "evals/contracts/NAME.json" }`.
    `schemas` are schemas of arguments by the name of the tool. `declared` also takes the definitions that a span names
    (`gen_ai.tool.definitions`). Steps without a schema are not checked, nor is what came with an error.
    """

    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    contract: Json = None
    declared: bool = True
    mode: ClassVar[str] = "tool_contract"
    needs_output: ClassVar[bool] = False

    def __post_init__(self) -> None:
        contract = self._declared()
        for what, schemas in (("arguments of", contract.inputs), ("results of", contract.outputs)):
            for name, schema in schemas.items():
                compile_schema(schema, f"schema of the {what} '{name}'")

    def score(self, trial: Trial) -> ScoreResult:
        """Check each call."""
        spans = labelled(seen_spans(trial.outcome))
        contract = self._with_definitions([span for _, span in spans])
        if not contract.inputs and not contract.outputs:
            return NotApplicable("no tool has a schema")
        if not spans and isinstance(trial.outcome.trace, NotSeen):
            return ScoreFailure(f"no trace: {trial.outcome.trace.reason}")
        checked = [(label, span) for label, span in spans if span.name in {*contract.inputs, *contract.outputs}]
        if not checked:
            return NotApplicable("no tool with a schema was called")
        found = [(label, reason) for label, span in checked for reason in _faults(contract, span)]
        if not found:
            return Score(True, f"every checked call keeps to its schema ({len(checked)})")
        reasons = tuple(f"{label}{reason}" for label, reason in found)
        return Score(False, "; ".join(reasons), reasons, found[0][0])

    def _declared(self) -> Contract:
        if self.contract is None:
            return Contract(self.schemas)
        try:
            read = read_contract(self.contract)
        except ValueError as error:
            hint = 'Write contract = { file = "evals/contracts/NAME.json" }.'
            raise ConfigurationError.of("", f"contract {error}.", hint) from error
        return Contract({**read.inputs, **self.schemas}, read.outputs)

    def _with_definitions(self, spans: list[Span]) -> Contract:
        """The contract, and behind it what spans say of their tools."""
        contract = self._declared()
        if not self.declared:
            return contract
        inputs: dict[str, JsonObject] = {}
        for span in spans:
            said = ToolCall("", span.attributes.get(_DEFINITIONS)).decoded
            if isinstance(said, list):
                inputs |= {name: schema for name, schema in read_contract(said).inputs.items() if is_schema(schema)}
        return Contract({**inputs, **contract.inputs}, contract.outputs)


def _faults(contract: Contract, span: Span) -> Iterator[str]:
    if span.name in contract.inputs and span.kind == "tool":
        given = ToolCall(span.name, span.input).decoded
        yield from (f": {fault}" for fault in violations(contract.inputs[span.name], given))
    if span.name in contract.outputs and not span.error and not error_in(span.output):
        output = _as_declared(contract.outputs[span.name], span.output)
        yield from (f" gave: {fault}" for fault in violations(contract.outputs[span.name], output))


def _as_declared(schema: JsonObject, output: Json) -> Json:
    """A result as its schema means it: tools often give an object as text."""
    wants_text = "string" in str(schema.get("type", ""))
    return output if wants_text or not isinstance(output, str) else ToolCall("", output).decoded
