"""Applications in processes of their own, instrumented by the OpenTelemetry SDK: their spans come to their trials."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from foretell import cli
from foretell.adapters.capture.receiver import OtlpReceiver
from foretell.adapters.execution.local import LocalExecutor
from foretell.core.domain.cases import Case
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import TargetSpec, TrialRecord, TrialTask
from foretell.core.ports.execution import Workload

APPLICATION = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
tracer = provider.get_tracer("shop")

def answer(question, carrier):
    with tracer.start_as_current_span("answer", extract(carrier), attributes={"gen_ai.operation.name": "invoke_agent"}):
        said = {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": question}
        with tracer.start_as_current_span("search", attributes=said) as span:
            span.set_attribute("gen_ai.retrieval.documents", json.dumps([{"id": "d1", "content": question.upper()}]))
        return question[::-1]

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        data = json.dumps({"text": answer(body["input"], dict(self.headers))}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_): ...

if sys.argv[1:] == ["serve"]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    print(server.server_port, flush=True)
    server.serve_forever()
elif sys.argv[1:] == ["silent"]:
    print(json.dumps({"output": "nothing"}))
else:
    asked = json.load(sys.stdin)
    carrier = {name.lower(): os.environ[name] for name in ("TRACEPARENT", "TRACESTATE")}
    print(json.dumps({"output": answer(asked["input"], carrier)}))
    provider.shutdown()
"""


def task(target: TargetSpec, number: int) -> TrialTask:
    case = Case(f"c-{number}", f"question {number}")
    return TrialTask("run-1", number, case, 0, 0, target, (ScorerSpec("latency", "latency", {"at_most": 60}),))


async def records(kind: str, params: dict[str, Any], cases: int, root: Path) -> list[TrialRecord]:
    spec = TargetSpec("shop", kind, params)
    workload = Workload((Arm(spec, TargetLimits(concurrency=2)),), [task(spec, number) for number in range(cases)])
    found = [record async for record in LocalExecutor(lambda _: None, str(root)).run(workload)]
    return sorted(found, key=lambda record: record.case_no)


def check(found: list[TrialRecord]) -> None:
    for number, record in enumerate(found):
        assert record.outcome.output == f"question {number}"[::-1]
        trace = record.outcome.trace
        assert isinstance(trace, Trace), trace
        assert [(span.name, span.kind) for span in trace.spans] == [("answer", "agent"), ("search", "retrieval")]
        outer, search = trace.spans
        assert (outer.parent_id, search.parent_id, search.input) == (None, outer.span_id, f"question {number}")
        assert search.output == [{"id": "d1", "content": f"QUESTION {number}"}]
        assert record.outcome.latency_ms is not None


async def test_spans_of_a_program_come_to_their_trials(tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    check(await records("command", {"command": [sys.executable, "application.py"], "traces": True}, 3, tmp_path))


INSTRUMENTED = """
import asyncio, json, time
from concurrent.futures import ThreadPoolExecutor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = trace.get_tracer("shop")

def search(question):
    with tracer.start_as_current_span("vectors", attributes={"gen_ai.operation.name": "retrieval"}):
        time.sleep(0.01)
        return [{"id": "d1", "content": question.upper()}]

def chat(question):
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "small", "gen_ai.usage.output_tokens": 7}
    with tracer.start_as_current_span("chat small", attributes=asked):
        return question[::-1]

def answer(question):
    with tracer.start_as_current_span("answer", attributes={"gen_ai.operation.name": "invoke_agent"}):
        search(question)
        return chat(question)

async def answer_soon(question):
    with tracer.start_as_current_span("answer", attributes={"gen_ai.operation.name": "invoke_agent"}):
        await asyncio.to_thread(search, question)
        return (await asyncio.gather(asyncio.to_thread(chat, question)))[0]
"""


@pytest.mark.parametrize("function", ["answer", "answer_soon"])
async def test_spans_of_a_function_come_to_its_trials_beside_its_seams(tmp_path: Path, function: str) -> None:
    (tmp_path / "application.py").write_text(INSTRUMENTED)
    params = {"call": f"application:{function}", "steps": {"search": "application:search"}, "traces": True}
    spec = TargetSpec("shop", "python", params)
    arm = Arm(spec, TargetLimits(concurrency=3), is_isolated=True)
    workload = Workload((arm,), [task(spec, number) for number in range(9)])
    found = [record async for record in LocalExecutor(lambda _: None, str(tmp_path)).run(workload)]
    assert sorted(record.case_no for record in found) == list(range(9))
    for record in found:
        trace = record.outcome.trace
        assert isinstance(trace, Trace), trace
        kinds = [("answer", "agent"), ("search", "retrieval"), ("chat small", "llm")]  # "vectors" is what a seam shows
        assert [(span.name, span.kind) for span in trace.spans] == kinds
        agent, seam, model = trace.spans
        assert (agent.parent_id, model.parent_id) == (None, agent.span_id)
        assert seam.output == [{"id": "d1", "content": f"QUESTION {record.case_no}"}]
        assert record.outcome.orphans == 0


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    (folder / "application.py").write_text(APPLICATION)
    command = [sys.executable, "application.py", "serve"]
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "PATH": ""}
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def test_spans_of_an_endpoint_come_to_their_trials_though_many_are_under_way(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as url:
        check(await records("http", {"url": url, "answer": "text", "traces": port}, 12, tmp_path))


PROJECT = """
[project]
name = "seen"
[targets.shop]
kind = "command"
command = ["{python}", "application.py", "silent"]
traces = {traces}
[evalsets]
core = "cases.jsonl"
[suites.system]
layer = "system"
evalset = "core"
target = "shop"
scorers = ["grounded"]
"""


def test_a_port_that_is_taken_is_told_before_anything_is_asked(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "cases.jsonl").write_text(json.dumps({"id": "a", "input": "?"}))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        (tmp_path / "foretell.toml").write_text(PROJECT.format(python=sys.executable, traces=port))
        assert cli.run_command_line(["run"]) == 69
        assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
    (tmp_path / "foretell.toml").write_text(PROJECT.format(python=sys.executable, traces=70000))
    assert cli.run_command_line(["run"]) == 64


async def test_a_program_that_tells_nothing_is_not_seen(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(OtlpReceiver.__init__, "__defaults__", (0.1, 0.2))  # a wait that a test can afford
    (tmp_path / "application.py").write_text(APPLICATION)
    command = [sys.executable, "application.py", "silent"]
    (record,) = await records("command", {"command": command, "traces": True}, 1, tmp_path)
    assert isinstance(record.outcome.trace, NotSeen)
    assert record.outcome.trace.reason.startswith("no span of it came to http://127.0.0.1:")
