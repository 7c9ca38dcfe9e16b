"""Every built-in scorer keeps the promises that `check_scorer` publishes."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from foretell.core import plugins
from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message, ToolCall
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Outcome, Recorded, Trial
from foretell.testing.scorers import check_scorer

PAGE = Path(__file__).parents[2] / "docs" / "scorers.md"
SCHEMA = {"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["days"]}
# A scorer without a row is tried with its defaults.
PARAMS: dict[str, list[dict[str, Any]]] = {
    "contains": [{}, {"text": "45 days", "ignore_case": False}],
    "contains_all": [{"texts": ["45", "days"]}],
    "contains_any": [{"texts": ["45", "46"]}],
    "cost": [{}, {"at_most": 0.01}],
    "exact_match": [{}, {"ignore_case": True, "strip": False}],
    "grounded": [{}, {"embedder": "builtin"}],
    "json_schema": [{"schema": SCHEMA, "allow_fence": True}],
    "json_valid": [{}, {"allow_fence": True}],
    "language": [{}, {"code": "de"}],
    "index_fresh": [{}, {"max_age_days": 1, "lowest_score": 0.2, "build": "b1"}],
    "latency": [{}, {"at_most": 100}, {"at_most": 100, "step": "look"}],
    "nothing_leaked": [{}, {"texts": ["We never say this."]}],
    "prompt_intact": [{"markers": ["Answer briefly"]}, {"digest": "0123456789ab"}],
    "retrieval_rank": [{}, *({"metric": metric, "k": 3, "at_least": 0.5} for metric in ("recall", "mrr", "ndcg"))],
    "tools_needed": [{}, {"allowed": []}],
    "recorded": [{}, {"score": "f1", "at_least": 0.8}],
    "regex": [{"pattern": "\\d+ days"}],
    "similarity": [{}, {"at_least": 0.5}, {"embedder": "builtin", "at_least": 0.5}],
    "tool_calls": [{}, *({"expected": [{"name": "look", "arguments": {"id": 1}}], "match": match} for match in
                         ("exact", "in_order", "any_order", "subset"))],
    "tool_contract": [{}, {"schemas": {"look": {"required": ["id"]}}}],
}  # fmt: skip
TRACE = Trace(
    (
        Span("search", "retrieval", output=[{"text": "You can return an item within 45 days of delivery."}]),
        Span("look", "tool", input={"id": 1}, output={"status": "sent", "total": 74.2}),
    )
)
TRIALS = [
    Trial(
        Case("return", "How long may I think before I send my tent back to you?", {"facts": ["45 days"]}),
        Outcome(
            "You can return the tent within 45 days, and we refund £74.20 or £12.",
            (Message("assistant", "", (ToolCall("look", {"id": 1}),)),),
            TRACE,
            cost_usd=0.02,
            latency_ms=120.0,
            finish_reason="stop",
            recorded=Recorded(True, {"f1": 0.7}),
        ),
    ),
    Trial(
        Case("json", "Wie lange kann ich das Zelt zurückgeben? Bitte nur als JSON.", '{"days": 45}'),
        Outcome(
            '```json\n{"days": "45"}\n```', trace=TRACE, finish_reason="length", recorded=Recorded(None, {"f1": None})
        ),
    ),
]
SPECS = [
    ScorerSpec(name, name, params)
    for name in plugins.known("scorers")
    if plugins.find("scorers", name).__module__.startswith("foretell.scorers.")
    for params in PARAMS.get(name, [{}])
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.name}-{'-'.join(spec.params) or 'plain'}")
def test_a_built_in_scorer_keeps_its_promises(spec: ScorerSpec) -> None:
    check_scorer(spec, TRIALS)


def test_every_row_is_of_a_scorer() -> None:
    assert set(PARAMS) <= {spec.name for spec in SPECS}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_page_on_scorers_has_every_scorer_with_its_parameters(spec: ScorerSpec) -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    row = next(row for row in rows if f"`{spec.name}`" in row.split("|")[1])
    plugin = plugins.find("scorers", spec.use)
    parameters = set(inspect.signature(plugin).parameters) - {"trial"}
    named = set(re.findall(r"`(\w+)`", row.split("|")[3]))
    assert parameters <= named
    mode = getattr(plugin, "mode", None)
    assert row.split("|")[4].strip() == (f"`{mode}`" if mode else "")
