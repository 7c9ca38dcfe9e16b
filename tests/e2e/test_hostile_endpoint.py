"""An endpoint that answers badly, or not at all: its user got no answer, and that is what the numbers say."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from foretell import cli
from tests.e2e.recorded_project import write_lines, write_text

CASES = 20

PROJECT = """
[project]
name = "hostile"

[targets.shop]
kind = "http"
url = "{url}"
answer = "text"
timeout = {timeout}
retries = 0
concurrency = 8

[evalsets]
core = "cases.jsonl"

[suites.system]
layer = "system"
evalset = "core"
target = "shop"
scorers = ["contains_expected"]

[gates.deploy]
suites = ["system"]
success = {{ at_least = 0.8 }}
"""


class Shop(ThreadingHTTPServer):
    """Answers every request in one way: status, type and body. Without a body it lets everybody wait."""

    daemon_threads = True
    request_queue_size = 64  # a burst of connections is not refused while the first ones are being taken

    def __init__(self, status: int, kind: str, body: bytes | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.kind, self.body = status, kind, body
        self.is_closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/answer"


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        if self.server.body is None:
            self.server.is_closing.wait(20)
            self.close_connection = True
            return
        self.send_response(self.server.status)
        self.send_header("content-type", self.server.kind)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *words: object) -> None:
        """Nothing: the test's output is foretell's."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes a project that asks an address into the working folder."""

    def write(url: str, timeout: float = 30) -> None:
        cases = ({"id": f"c-{number}", "input": "?", "expected": "yes"} for number in range(CASES))
        write_lines(tmp_path / "cases.jsonl", cases)
        write_text(tmp_path / "foretell.toml", PROJECT.format(url=url, timeout=timeout))

    monkeypatch.chdir(tmp_path)
    return write


@pytest.fixture
def shop(project: Callable[..., None]) -> Iterator[Callable[[int, str, bytes | None], None]]:
    """Opens a shop that answers in one way, and writes a project that asks it."""
    opened: list[Shop] = []

    def open_shop(status: int, kind: str, body: bytes | None) -> None:
        opened.append(Shop(status, kind, body))
        threading.Thread(target=opened[0].serve_forever, kwargs={"poll_interval": 0.05}).start()
        project(opened[0].url, 0.4 if body is None else 30)

    yield open_shop
    for one in opened:
        one.is_closing.set()
        one.shutdown()
        one.server_close()


def told(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> dict:
    """What a command says as JSON, when it ends as it should."""
    capsys.readouterr()
    assert cli.run_command_line([*words.split(), "--json"]) == code
    return json.loads(capsys.readouterr().out)


HTML = b"<!doctype html><title>Bad gateway</title><p>Please try again."
ANSWERS = {
    "HTML": (200, "text/html", HTML, "error", "hold", "The reply is HTML"),
    "half JSON": (200, "application/json", b'{"text": "ye', "error", "hold", "The reply is not JSON"),
    "another form": (200, "application/json", b'{"txt": "yes"}', "error", "hold", "'text'"),
    "an empty body": (200, "application/json", b"", "error", "hold", "The reply is empty"),
    "a redirect": (302, "text/plain", b"", "error", "hold", "HTTP 302"),
    "refused by its host": (403, "text/plain", b"no", "error", "hold", "HTTP 403: no"),
    "500 for ever": (500, "text/plain", b"oh no", "unavailable", "not-enough-evidence", "HTTP 500: oh no"),
    "429 for ever": (429, "text/plain", b"slower", "unavailable", "not-enough-evidence", "HTTP 429: slower"),
    "never": (200, "", None, "timeout", "not-enough-evidence", "0.4 s"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_is_a_failure_with_a_name(
    answer: str, shop: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    status, kind, body, mode, ruling, said = ANSWERS[answer]
    shop(status, kind, body)
    (run,) = told(capsys, "run")["runs"]
    assert (run["status"], run["tally"]["failures"], run["tally"]["unscored"]) == ("done", CASES, 0)
    found = told(capsys, "failures latest")
    assert [(one["mode"]["name"], one["count"]) for one in found["modes"]] == [(mode, CASES)]
    assert said in found["examples"][mode][0]["error"]
    code = {"hold": 1, "not-enough-evidence": 2}[ruling]
    decision = told(capsys, "gate deploy --first", code)
    assert decision["ruling"] == ruling
    assert any(reason.startswith("environment") for reason in decision["reasons"]) is (code == 2)


def test_nobody_there_is_unavailable(project: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    project("http://127.0.0.1:9/nobody/listens/here")
    assert told(capsys, "run")["runs"][0]["tally"]["environment"] == CASES
    assert told(capsys, "gate deploy --first", 2)["ruling"] == "not-enough-evidence"
