"""A drill of a server and of a program that name their steps themselves: they obey where they were started for it."""

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from foretell.adapters.capture.receiver import OtlpReceiver
from foretell.cli import run_command_line
from foretell.core.domain.effects import FAULT_ENTRY, FaultSpec, Substitution, heard, told

APP = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from foretell.step import incoming, step

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=20))
trace.set_tracer_provider(provider)
FACTS = {str(number): f"Article {number} costs {number + 10} pounds." for number in range(10)}

@step
def search(question):
    return [{"id": question.split()[-1], "text": FACTS[question.split()[-1]], "score": 0.9}]

@step("answer", kind="agent")
def answer(question):
    found = search(question)
    with step("tidy") as part:
        return part.output(" ".join(one["text"] for one in found) or "I do not know at all what that costs.")

class Server(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with incoming(self.headers):
            data = json.dumps({"text": answer(body["input"])}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_): ...

if sys.argv[1:] == ["serve"]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    print(server.server_port, flush=True)
    server.serve_forever()
else:
    with incoming(os.environ):
        print(json.dumps({"output": answer(json.load(sys.stdin)["input"])}))
    provider.shutdown()
"""
PROJECT = """
[project]
name = "shop"
[targets.shop]
{target}
[evalsets]
core = "cases.jsonl"
[suites.system]
layer = "system"
evalset = "core"
target = "shop"
scorers = ["contains_expected", "retrieval_sound", "content_kept"]
success = "contains_expected"
[drills]
must_catch = ["retrieval_empty"]
faults = ["retrieval_empty", "content_dropped", "tool_error", "model_refuses", "mine"]
fault_free = {fault_free}
[faults.mine]
use = "mine:Mine"
"""
MINE = """
from foretell.adapters.faults.retrieval import RetrievalEmpty
class Mine(RetrievalEmpty): ...
"""


@contextmanager
def serving(folder: Path, port: int, **environment: str) -> Iterator[str]:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "PATH": "", **environment}
    command = [sys.executable, "app.py", "serve"]
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(OtlpReceiver.__init__, "__defaults__", (0.3, 8.0))  # a quiet time that a test can afford
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    cases = [
        {"id": f"c{number}", "input": f"What costs {number}", "expected": f"{number + 10} pounds"}
        for number in range(10)
    ]
    for name, text in {
        "app.py": APP,
        "mine.py": MINE,
        "cases.jsonl": "".join(f"{json.dumps(case)}\n" for case in cases),
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def drilled(
    capsys: pytest.CaptureFixture[str], folder: Path, target: str, fault_free: int = 0
) -> tuple[int, dict[str, Any], list[Any]]:
    """The exit code, the cell of each fault, and the verdicts of the runs without one."""
    (folder / "foretell.toml").write_text(PROJECT.format(target=target, fault_free=fault_free))
    code = run_command_line(["drill", "--json"])
    said = capsys.readouterr()
    assert said.out, said.err
    report = json.loads(said.out)
    cells = {one["fault"]: one["cells"][0] for one in report["findings"]}
    return code, cells, [cell["state"] for cell in report["fault_free"]]


def http(url: str, traces: int | str) -> str:
    return f'kind = "http"\nurl = "{url}"\nanswer = "text"\nconcurrency = 4\ntraces = {traces}'


def states(cells: dict[str, Any]) -> dict[str, str]:
    return {fault: cell["state"] for fault, cell in cells.items()}


def test_a_server_obeys_where_it_was_started_for_a_drill(
    folder: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(folder, port, FORETELL_DRILL="1") as url:
        code, cells, quiet = drilled(capsys, folder, http(url, port), fault_free=1)
    assert states(cells) == {
        "retrieval_empty": "caught",
        "content_dropped": "caught",
        "tool_error": "not-applicable",
        "model_refuses": "not-injected",
        "mine": "not-injected",
    }
    assert (code, quiet) == (0, ["missed"])
    empty, dropped = cells["retrieval_empty"], cells["content_dropped"]
    assert (empty["acted"], empty["step"], empty["is_step_right"]) == (10, "search", True)
    assert empty["is_cause_right"] is True
    assert (dropped["acted"], dropped["signals"][0]["name"]) == (10, "success")
    assert cells["tool_error"]["reason"] == "none of the steps that the target tells of is of kind tool"
    assert cells["mine"]["reason"].startswith("'mine:Mine' is not installed where the target runs")


def test_nothing_happens_without_the_switch(folder: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    fault = FaultSpec("retrieval_empty", "retrieval_empty", step="search")
    baggage = {"baggage": f"{FAULT_ENTRY}={told([fault], 1)}", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}

    def asked(url: str, headers: dict[str, str]) -> str:
        request = urllib.request.Request(url, b'{"input": "What costs 3"}', headers)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)["text"]

    with serving(folder, port) as url:
        assert asked(url, baggage) == "Article 3 costs 13 pounds."
        code, cells, _ = drilled(capsys, folder, http(url, port))
    assert (code, set(states(cells).values())) == (2, {"not-injected"})
    assert "FORETELL_DRILL=1 where it starts" in cells["retrieval_empty"]["reason"]
    assert "asks its model where no proxy stands" in cells["model_refuses"]["reason"]
    with serving(folder, port, FORETELL_DRILL="1") as url:
        assert asked(url, {}) == "Article 3 costs 13 pounds."
        assert asked(url, {"baggage": f"{FAULT_ENTRY}=nonsense"}) == "Article 3 costs 13 pounds."
        assert asked(url, baggage) == "I do not know at all what that costs."


def test_the_matrix_of_an_endpoint_that_tells_nothing(
    folder: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(folder, port, FORETELL_DRILL="1") as url:
        (folder / "foretell.toml").write_text(PROJECT.format(target=http(url, "false"), fault_free=0))
        assert run_command_line(["drill", "--fault", "retrieval_empty", "--fault", "model_refuses"]) == 2
    out = capsys.readouterr().out
    assert out.count("could not be injected") == 2
    assert "MISSED" not in out
    assert "none could be tried" in out


def test_a_program_obeys_too(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORETELL_DRILL", "1")
    target = f'kind = "command"\ncommand = ["{sys.executable}", "app.py"]\nconcurrency = 4\ntraces = true'
    (folder / "foretell.toml").write_text(PROJECT.format(target=target, fault_free=0))
    assert run_command_line(["drill", "--fault", "retrieval_empty", "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    (cell,) = finding["cells"]
    assert (cell["state"], cell["acted"], cell["step"]) == ("caught", 10, "search")


def test_what_is_told_is_heard() -> None:
    spec = FaultSpec("x", "tool_slow", {"seconds": 2.5}, "pay", 3, ("a", "ü"))
    first, second = heard(told([spec], 1)), heard(told([spec], 2))
    assert first is not None
    assert second is not None
    assert (first.name, first.use, first.params, first.step, first.inputs) == (
        "x",
        "tool_slow",
        {"seconds": 2.5},
        "pay",
        ("a", "ü"),
    )
    assert first.seed != second.seed
    assert len(told([FaultSpec("x", "y", step="z", inputs=("long" * 100,) * 20)], 1)) < 3100
    assert told([FaultSpec("x", "model_refuses"), Substitution("pay", 1)], 1) == ""
    assert [heard(text) for text in ("", "nonsense", "e30", "bnVsbA", "W1tb" * 30_000)] == [None] * 5
