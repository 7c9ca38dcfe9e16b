"""Exports of Phoenix: the same spans in every form in which a dataframe is written down."""

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from foretell.core.domain.conversation import Usage
from tests.integration.span_files import kept, make_shop, taken

TRACE, ROOT, CALL, SEARCH = (
    "0af7651916cd43dd8448eb211c80319c",
    "00000000000000a1",
    "00000000000000a2",
    "00000000000000a3",
)
# As phoenix.client 3.5 gives them: attributes that OpenInference numbers are lists, custom ones are objects.
NONE: dict[str, Any] = dict.fromkeys(
    [
        "parent_id", "status_message", "attributes.llm.input_messages", "attributes.llm.output_messages",
        "attributes.llm.token_count.prompt", "attributes.llm.token_count.completion", "attributes.llm.model_name",
        "attributes.retrieval.documents", "attributes.session.id", "attributes.foretell", "attributes.metadata",
        "attributes.input.value", "attributes.output.value", "attributes.llm.invocation_parameters",
    ]
)  # fmt: skip


def row(span_id: str, name: str, kind: str, second: int, **fields: Any) -> dict[str, Any]:
    return {
        "name": name, "span_kind": kind, "start_time": f"2026-11-20T10:00:0{second}.250000+00:00",
        "end_time": f"2026-11-20T10:00:0{second + 1}.000000+00:00", "status_code": "OK", "events": [],
        "context.span_id": span_id, "context.trace_id": TRACE, **NONE,
        **{name.replace("_DOT_", "."): value for name, value in fields.items()},
    }  # fmt: skip


ROWS = [
    row(SEARCH, "search", "RETRIEVER", 2, parent_id=ROOT, **{
        "attributes.input.value": "parcel", "attributes.retrieval.documents": [
            {"document.content": "Parcels take 3 days.", "document.score": 0.5}]}),
    row(CALL, "ChatCompletion", "LLM", 1, parent_id=ROOT, status_code="ERROR", status_message="too slow", **{
        "attributes.llm.model_name": "small-1", "attributes.llm.token_count.prompt": 40.0,
        "attributes.llm.token_count.completion": 10.0, "attributes.llm.invocation_parameters": '{"temperature": 0}',
        "attributes.llm.input_messages": [
            {"message.role": "system", "message.content": "Be brief."},
            {"message.role": "user", "message.content": "Where's my \"parcel\"?"}],
        "attributes.llm.output_messages": [{"message.role": "assistant", "message.tool_calls": [
            {"tool_call.id": "c1", "tool_call.function.name": "find", "tool_call.function.arguments": "{}"}]}]}),
    row(ROOT, "answer", "AGENT", 0, **{
        "attributes.session.id": "s-1", "attributes.input.value": '{"question": "where?"}',
        "attributes.output.value": "Soon.", "attributes.metadata": {"team": "blue"},
        "events": [{"name": "gen_ai.evaluation.result", "timestamp": "2026-11-20T10:00:01+00:00", "attributes": {
            "gen_ai.evaluation.name": "resolved", "gen_ai.evaluation.score.value": 1.0}}]}),
]  # fmt: skip


def write(place: Path, rows: list[dict[str, Any]]) -> str:
    """In one of the forms; pandas writes lists and objects into CSV as Python shows them."""
    if place.suffix == ".csv":
        with place.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        lines = place.with_suffix(".jsonl")
        lines.write_text("\n".join(map(json.dumps, rows)))
        if place.suffix == ".parquet":
            duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}', maximum_depth=8)) TO '{place}'")
            lines.unlink()
    return place.name


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_shop(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ["p.csv", "p.jsonl", "p.parquet"])
def test_a_spans_dataframe_becomes_what_the_receiver_would_make_of_it(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    found = taken(capsys, write(shop / name, ROWS))
    assert (found["new"], found["spans"]["new"], found["bad"]) == (1, 3, 0)
    assert taken(capsys, name)["spans"]["new"] == 0
    (one,) = kept(shop)
    assert (one.input, one.output, one.model, one.usage) == ({"question": "where?"}, "Soon.", "small-1", Usage(40, 10))
    assert (one.at, one.feedback) == ("2026-11-20T10:00:00.250+00:00", {"resolved": True})
    assert [(span.name, span.kind, span.error) for span in one.spans] == [
        ("answer", "agent", None), ("ChatCompletion", "llm", "too slow"), ("search", "retrieval", None),
    ]  # fmt: skip
    asked, answered = one.spans[1].input, one.spans[1].output
    assert asked == [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where's my \"parcel\"?"},
    ]  # fmt: skip
    assert answered[0]["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    ]
    assert one.spans[2].output == [{"content": "Parcels take 3 days.", "score": 0.5}]
    assert one.spans[0].attributes["metadata"] == {"team": "blue"}
    assert one.spans[1].attributes["llm.invocation_parameters"] == '{"temperature": 0}'


def test_spans_of_evaluations_are_dropped(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = [{**ROWS[0], "attributes.foretell": {"run": "run-1"}}, ROWS[2]]
    assert taken(capsys, write(shop / "p.jsonl", marked))["spans"]["evaluation"] == 2
    assert kept(shop) == []


def test_annotations_are_feedback_on_what_is_kept(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken(capsys, write(shop / "p.jsonl", ROWS))
    common = {"annotator_kind": "HUMAN", "metadata": {}}
    said = [
        {**common, "span_id": CALL, "annotation_name": "tone", "result.label": "warm", "result.score": None},
        {**common, "span_id": "00000000000000ff", "annotation_name": "tone", "result.label": "cold"},
        {**common, "trace_id": TRACE.upper(), "name": "resolved", "result": {"score": 0, "explanation": "no"}},
        {**common, "session_id": "s-1", "name": "rating", "result": {"score": 4.5}},
        {**common, "session_id": "s-2", "name": "rating", "result": {"score": 4.5}},
        {**common, "trace_id": TRACE, "name": "note", "result": {"label": "write to jo@x.example"}},
    ]
    found = taken(capsys, write(shop / "a.jsonl", said))
    assert (found["feedback"], found["unheard"], found["new"]) == (6, 2, 0)
    (one,) = kept(shop)
    note = one.feedback["note"]
    assert one.feedback == {"resolved": False, "tone": "warm", "rating": 4.5, "note": note}
    assert str(note).startswith("write to <email:")
    again = taken(capsys, "a.jsonl", "--from", "phoenix")
    assert (again["feedback"], again["unheard"], kept(shop)) == (6, 2, [one])


def test_bad_rows_are_told_without_what_they_hold(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {**ROWS[0], "context.trace_id": "jo@x.example"},
        {**ROWS[0], "start_time": "jo@x.example"},
        {"annotator_kind": "HUMAN", "name": "tone", "result": {"label": "jo@x.example"}},
        {**ROWS[0], "end_time": "2026-11-20T09:00:00Z", "events": "[" * 5000},
    ]
    write(shop / "p.jsonl", rows)
    found = taken(capsys, "p.jsonl", "--skip-bad")
    assert (found["bad"], found["spans"]["new"], found["spans"]["cut"]) == (3, 1, 1)
    shown = json.dumps(found["problems"])
    assert "p.jsonl:1" in shown
    assert "is not a time" in shown
    assert "does not say its name, or what it is about" in shown
    assert "x.example" not in shown
