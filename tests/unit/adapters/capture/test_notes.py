"""Log records that tell of spans, in both encodings."""

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from foretell.adapters.capture.otlp import JSON, PROTOBUF, OtlpExport, Refused, read_export
from foretell.adapters.capture.reading import MARKS, arrival_of
from foretell.core.domain.arrivals import Arrival
from tests.unit.adapters.capture.exports import TRACE, as_json, logs_as_protobuf, logs_of, record_of

ENCODINGS = pytest.mark.parametrize(("media", "encode"), [(JSON, as_json), (PROTOBUF, logs_as_protobuf)])


def read(body: bytes, media: str) -> tuple[OtlpExport, list[Arrival]]:
    export = read_export(body, media, is_notes=True)
    return export, [arrival_of(parcel.open()) for parcel in export.parcels()]


@ENCODINGS
def test_messages_of_a_call_are_one_note_in_their_order(media: str, encode: Any) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    records = [
        record_of("gen_ai.system.message", body={"content": "Be brief."}),
        record_of("gen_ai.user.message", body={"content": "Where?"}),
        record_of("gen_ai.choice", 2, body={"index": 0, "message": {"role": "assistant", "content": "Here."}}),
        record_of(
            "", body={"content": None, "tool_calls": [call]}, attributes={"event.name": "gen_ai.assistant.message"}
        ),
        record_of("gen_ai.tool.message", body={"id": "c1", "content": "there"}),
    ]
    _, (first, second) = read(encode(logs_of(records)), media)
    assert first.span.input == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "there", "tool_call_id": "c1"},
    ]
    assert (first.trace_id, first.span.span_id, first.is_note, first.span.output) == (TRACE, f"{1:016x}", True, None)
    assert (second.span.span_id, second.span.input, second.span.output) == (f"{2:016x}", None, "Here.")


@ENCODINGS
def test_present_conventions_put_messages_into_attributes_of_one_event(media: str, encode: Any) -> None:
    told = {
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Where?"}]}],
        "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Here."}]}],
    }
    event = record_of("gen_ai.client.inference.operation.details", attributes=told)
    _, (found,) = read(encode(logs_of([event])), media)
    assert (found.span.input, found.span.output) == ([{"role": "user", "content": "Where?"}], "Here.")


@ENCODINGS
def test_results_of_evaluations_are_feedback_with_or_without_a_span(media: str, encode: Any) -> None:
    def result(name: str, number: int, **score: Any) -> dict[str, Any]:
        said = {f"gen_ai.evaluation.score.{part}": value for part, value in score.items()}
        return record_of("gen_ai.evaluation.result", number, attributes={"gen_ai.evaluation.name": name, **said})

    records = [
        result("resolved", 1, value=0.0, label="no"),
        result("tone", 1, label="warm"),
        result("rating", 2, value=4),
    ]
    records[-1]["spanId"] = ""
    _, found = read(encode(logs_of(records, {"foretell.run": "r-1"})), media)
    assert [(one.span.span_id, one.feedback) for one in found] == [
        (f"{1:016x}", {"resolved": False, "tone": "warm"}),
        ("", {"rating": 4}),
    ]
    assert {one.run for one in found} == {"r-1"}
    assert [parcel.find(MARKS) for parcel in read_export(encode(logs_of(records)), media, is_notes=True).parcels()] == [
        None,
        None,
    ]


@ENCODINGS
def test_what_tells_of_no_span_is_counted_and_said(media: str, encode: Any) -> None:
    records = [
        record_of("", body="disk is full, jo@x.example"),
        record_of("user.login"),
        record_of("gen_ai.user.message", body={"content": "hi"}, traceId="0" * 32),
        record_of("gen_ai.user.message", body={"content": "hi"}, spanId=""),
        record_of("gen_ai.user.message", body=[1, float("nan")]),
    ]
    export, (found,) = read(encode(logs_of(records)), media)
    assert (found.span.input, export.losses.rejected) == ([{"role": "user", "content": None}], 4)
    answer = export.answer()
    if media == JSON:
        part = json.loads(answer)["partialSuccess"]
        number, said = int(part["rejectedLogRecords"]), part["errorMessage"]
    else:
        partial = ExportLogsServiceResponse.FromString(answer).partial_success
        number, said = partial.rejected_log_records, partial.error_message
    assert number == 4
    assert "2 × it is no event that is known here" in said
    assert "x.example" not in said


@pytest.mark.parametrize(
    ("body", "media"), [(b'{"resourceLogs": 1}', JSON), (b"[" * 50_000, JSON), (b"\xff\xff", PROTOBUF), (b"\xff", JSON)]
)
def test_what_cannot_be_read_is_refused(body: bytes, media: str) -> None:
    with pytest.raises(Refused) as refused:
        read_export(body, media, is_notes=True)
    assert refused.value.status == 400
