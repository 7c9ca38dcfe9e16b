"""The receiver from the outside: what is sent is acknowledged, anonymised and stored, whatever befalls the process."""

import json
import signal
import sys
import threading
from pathlib import Path
from subprocess import run
from time import sleep

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from foretell.core.domain.conversation import Usage
from tests.serving import Served, serving, stored
from tests.unit.adapters.capture.exports import (
    TRACE,
    as_json,
    as_protobuf,
    logs_as_protobuf,
    logs_of,
    record_of,
    request_of,
    span_of,
    zipped,
)  # fmt: skip

JSON, PROTOBUF = {"content-type": "application/json"}, {"content-type": "application/x-protobuf"}
GZIP = {"content-encoding": "gzip"}

SENDER = """
import sys
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.version": "1.4"}))
exporter = OTLPSpanExporter(endpoint=sys.argv[1] + "/v1/traces", compression=Compression.Gzip)
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("shop")
said = {"openinference.span.kind": "AGENT", "input.value": "I am jo@example.com", "session.id": "s-1"}
with tracer.start_as_current_span("answer", attributes=said) as root:
    call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.arguments": '{"mail": "jo@example.com"}'}
    with tracer.start_as_current_span("execute_tool find", attributes={**call, "gen_ai.tool.name": "find"}):
        pass
    used = {"gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 5, "gen_ai.response.model": "small"}
    with tracer.start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat", **used}):
        pass
    root.set_attribute("output.value", "Found you, jo@example.com.")
provider.shutdown()
print(format(root.get_span_context().trace_id, "032x"))
"""


def test_traces_of_the_sdk_become_interactions_without_personal_data(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        sent = run([sys.executable, "-c", SENDER, served.url], check=True, capture_output=True, text=True, timeout=40)
        said = {"trace_id": sent.stdout.strip(), "resolved": True, "other": {"note": "ask ann@example.com"}}
        assert served.post("/api/v1/feedback", json.dumps(said).encode(), JSON)[:2] == (200, b'{"kept":true}')
        unknown = {"trace_id": "ab" * 16, "resolved": True}
        assert served.post("/api/v1/feedback", json.dumps(unknown).encode(), JSON)[0] == 404
        talk = {"conversation_id": "s-1", "rating": 4}
        assert served.post("/api/v1/feedback", json.dumps(talk).encode(), JSON)[0] == 200
        assert served.post("/api/v1/feedback", b'{"conversation_id": "s-2", "rating": 4}', JSON)[0] == 404
        both = json.dumps({**said, **talk}).encode()
        for wrong in (b'{"trace_id": "x"}', b'{"rating": 4}', both):
            assert served.post("/api/v1/feedback", wrong, JSON)[0] == 422
        assert served.end() == 143
    (found,) = stored(tmp_path)
    assert [(span.name, span.kind) for span in found.spans] == [("answer", "agent"), ("find", "tool"), ("chat", "llm")]
    assert (found.model, found.usage, found.release) == ("small", Usage(3, 5), "1.4")
    assert (found.probability, found.feedback["resolved"], found.feedback["rating"]) == (1.0, True, 4)
    mail = str(found.input).removeprefix("I am ")
    assert mail.startswith("<email:")
    assert found.output == f"Found you, {mail}."
    assert found.spans[1].input == {"mail": mail}
    everything = b"".join(path.read_bytes() for path in (tmp_path / ".foretell").iterdir())
    assert b"example.com" not in everything
    assert b"s-1" not in everything


# Spans of evaluations: by their trace's state, by an attribute, by their resource, by another span of their trace.
MARKED = [
    request_of([span_of(traceId="1" * 32, traceState="foretell=run-1")]),
    request_of([span_of(traceId="2" * 32, attributes={"foretell.run": "run-1"}), span_of(2, traceId="2" * 32)]),
    request_of([span_of(traceId="3" * 32)], {"foretell.run": "run-1"}),
    request_of([span_of(3, traceId="2" * 32)]),
]


def test_bad_requests_and_evaluations_leave_nothing_and_others_are_answered(tmp_path: Path) -> None:
    good = as_json(request_of([span_of(attributes={"input.value": "hi"})]))
    with serving(tmp_path) as served:
        answers = [
            served.post("/v1/traces", good, {"content-type": "text/plain"}),
            served.post("/v1/traces", as_protobuf(request_of([span_of()]))[:-3], PROTOBUF),
            served.post("/v1/traces", zipped(bytes(30 * 2**20)), {**PROTOBUF, "content-encoding": "gzip"}),
            served.post("/v1/traces", b"[" * 50_000, JSON),
            served.post("/v1/traces", good, JSON),
            served.post("/v1/traces", good, JSON),
            served.post("/v1/traces", as_json(request_of([span_of(2, traceId="0")])), JSON),
        ]
        assert [status for status, _, _ in answers] == [415, 400, 413, 400, 200, 200, 200]
        assert json.loads(answers[-1][1])["partialSuccess"]["rejectedSpans"] == "1"
        for request in MARKED:
            assert served.post("/v1/traces", as_protobuf(request), PROTOBUF)[0] == 200
        assert served.end() == 143
    (found,) = stored(tmp_path)
    assert (found.input, len(found.spans)) == ("hi", 1)


def test_beyond_this_machine_every_request_needs_the_token(tmp_path: Path) -> None:
    body = as_json(request_of([span_of()]))
    with serving(tmp_path, "--token-env", "TRAFFIC_TOKEN", env={"TRAFFIC_TOKEN": "let me in"}) as served:
        for given, status in ((None, 401), ("Bearer no", 401), ("Basic let me in", 401), ("bearer let me in", 200)):
            headers = JSON if given is None else {**JSON, "authorization": given}
            assert served.post("/v1/traces", body, headers)[0] == status


def test_logs_tell_of_spans_and_of_evaluations(tmp_path: Path) -> None:
    call = span_of(2, 1, attributes={"gen_ai.operation.name": "chat"})
    judged = {"gen_ai.evaluation.name": "rating", "gen_ai.evaluation.score.value": 4}
    records = [
        record_of("gen_ai.user.message", 2, {"content": "I am jo@example.com"}),
        record_of("gen_ai.choice", 2, {"index": 0, "message": {"role": "assistant", "content": "Hello."}}),
        record_of("gen_ai.evaluation.result", 1, attributes=judged),
        record_of("disk.full", 1),
    ]
    with serving(tmp_path) as served:
        status, answer, _ = served.post("/v1/logs", zipped(logs_as_protobuf(logs_of(records))), {**PROTOBUF, **GZIP})
        assert (status, ExportLogsServiceResponse.FromString(answer).partial_success.rejected_log_records) == (200, 1)
        assert served.post("/v1/logs", b"x", {"content-type": "text/plain"})[0] == 415
        assert served.post("/v1/logs", b"\xff", PROTOBUF)[0] == 400
        assert served.end(signal.SIGKILL) == -9  # what was acknowledged waits, and finds its spans
    with serving(tmp_path) as served:
        assert served.post("/v1/traces", as_protobuf(request_of([span_of(1), call])), PROTOBUF)[0] == 200
        assert served.end() == 143
    (found,) = stored(tmp_path)
    assert str(found.input).startswith("I am <email:")
    assert (found.output, found.feedback, len(found.spans)) == ("Hello.", {"rating": 4}, 2)
    everything = b"".join(path.read_bytes() for path in (tmp_path / ".foretell").iterdir())
    assert b"example.com" not in everything


def send_until_dead(served: Served, sender: int, acknowledged: set[str]) -> None:
    for number in range(100_000):
        trace = f"{sender + 1:08x}{number:024x}"
        spans = [span_of(place + 1, place or None, traceId=trace, attributes={"n": place}) for place in range(4)]
        try:
            status, _, _ = served.post("/v1/traces", as_protobuf(request_of(spans)), PROTOBUF)
        except OSError:
            return
        if status == 200:
            acknowledged |= {f"{trace}/{span['spanId']}" for span in spans}


def test_no_acknowledged_span_is_lost_to_kill_9(tmp_path: Path) -> None:
    acknowledged: list[set[str]] = [set(), set(), set()]
    with serving(tmp_path) as served:
        senders = [
            threading.Thread(target=send_until_dead, args=(served, n, kept)) for n, kept in enumerate(acknowledged)
        ]
        for sender in senders:
            sender.start()
        senders[0].join(4.0)  # long enough that some traces are stored and others wait
        assert served.end(signal.SIGKILL) == -9
        for sender in senders:
            sender.join()
    with serving(tmp_path) as served:
        assert served.end() == 143
    sent = set().union(*acknowledged)
    found = stored(tmp_path)
    assert len(sent) > 40
    assert sum(len(one.spans) for one in found) >= len(sent)
    assert {len(one.spans) for one in found} == {4}


def test_what_waited_is_taken_up_and_late_spans_are_added(tmp_path: Path) -> None:
    root = span_of(1, attributes={"input.value": "hi", "output.value": "ho"})
    late = span_of(2, 1, startTimeUnixNano="1767225600500000000", attributes={"gen_ai.operation.name": "chat"})
    with serving(tmp_path) as served:
        assert served.post("/v1/traces", as_protobuf(request_of([root])), PROTOBUF)[0] == 200
        helpers = served.helpers()
        assert served.end(signal.SIGKILL) == -9
        for _ in range(100):  # what anonymises must not outlive it
            if not any(one.exists() for one in helpers):
                break
            sleep(0.1)
        assert [one for one in helpers if one.exists()] == []
    with serving(tmp_path) as served:
        assert served.end() == 143
    with serving(tmp_path) as served:
        assert served.post("/v1/traces", as_protobuf(request_of([late])), PROTOBUF)[0] == 200
        assert served.end() == 143
    (found,) = stored(tmp_path)
    assert [span.kind for span in found.spans] == ["other", "llm"]
    assert (found.input, found.output, TRACE in repr(found)) == ("hi", "ho", False)
