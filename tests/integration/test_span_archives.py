"""Spans in files: whichever way they lie there, they become what the receiver makes of them."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line
from foretell.core.analysis.traffic.personal import Anonymiser
from tests.integration.span_files import KEY, kept, make_shop, taken
from tests.unit.adapters.capture.exports import logs_of, record_of, request_of, span_of

GOLDEN = Path(__file__).parents[1] / "golden" / "otlp"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_shop(tmp_path, monkeypatch)


def spans_in(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Each span of a request as a request of its own."""
    return [
        {"resourceSpans": [{**group, "scopeSpans": [{**scope, "spans": [span]}]}]}
        for group in request["resourceSpans"]
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]


def write(place: Path, requests: list[Any]) -> None:
    body = "\n".join(map(json.dumps, requests)).encode()
    place.write_bytes(gzip.compress(body) if place.name.endswith(".gz") else body)


@pytest.mark.parametrize("name", ["t.jsonl", "t.jsonl.gz", "t.json", "pretty.json"])
def test_a_trace_comes_together_from_wherever_its_spans_lie(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("foretell.services.intake.AT_ONCE", 3)
    whole = json.loads((GOLDEN / "openinference.json").read_text())
    if name == "pretty.json":
        (shop / name).write_text(json.dumps(whole, indent=1))
    else:
        parts = spans_in(whole) + [
            request_of([span_of(number + 10, traceId=f"{number + 5:032x}")]) for number in range(6)
        ]
        random.Random(4).shuffle(parts)
        write(shop / name, parts)
    number = 1 if name == "pretty.json" else 7
    first = taken(capsys, name)
    assert (first["new"], first["spans"]["new"], first["spans"]["known"]) == (number, number + 3, 0)
    before = kept(shop)
    again = taken(capsys, name, "--source", "another")
    assert (again["new"], again["spans"]["new"], again["spans"]["known"]) == (0, 0, number + 3)
    assert kept(shop) == before
    (found,) = [one for one in before if len(one.spans) > 1]
    assert found.id == Anonymiser(KEY.encode()).identity("interaction", f"{1:032x}")
    assert (found.input, found.output) == ("What is the weather in Paris?", "It is sunny in Paris, 21 degrees.")
    assert [span.kind for span in found.spans] == ["agent", "llm", "tool", "llm"]


def test_evaluations_are_dropped_with_their_whole_trace_wherever_they_are_marked(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"input.value": "hi"}
    requests = [
        request_of([span_of(1, traceId="1" * 32, attributes=said)]),
        request_of([span_of(1, traceId="2" * 32, traceState="foretell=run-1")]),
        request_of([span_of(1, traceId="3" * 32)], {"foretell.run": "run-1"}),
        request_of([span_of(1, traceId="4" * 32, attributes=said)]),
        request_of([span_of(2, 1, traceId="1" * 32, attributes={"foretell.run": "run-1"})]),
    ]
    write(shop / "t.jsonl", requests)
    found = taken(capsys, "t.jsonl")
    assert (found["new"], found["spans"]["read"], found["spans"]["evaluation"]) == (1, 5, 4)
    assert [one.input for one in kept(shop)] == ["hi"]
    assert run_command_line(["traffic", "import", "t.jsonl"]) == 0
    told = "5 spans read: 0 new interactions, 1 there already, 4 of evaluations dropped. Names: not covered."
    assert " ".join(capsys.readouterr().out.split()) == told


def test_a_share_keeps_conversations_whole_wherever_they_are_named(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = [request_of([span_of(1, traceId=f"{number + 1:032x}")]) for number in range(200)]
    requests += [
        request_of([span_of(2, 1, traceId=f"{number + 1:032x}", attributes={"session.id": f"s{number // 4}"})])
        for number in range(200)
    ]
    write(shop / "t.jsonl", requests)
    found = taken(capsys, "t.jsonl", "--share", "0.5", "--upstream", "0.1")
    every = kept(shop)
    assert found["spans"]["left_out"] == 400 - 2 * len(every)
    assert 60 < len(every) < 140
    assert {len(one.spans) for one in every} == {2}
    talks = [one.conversation_id for one in every]
    assert {talks.count(talk) for talk in talks} == {4}
    assert {one.probability for one in every} == {0.05}


def test_what_cannot_be_taken_is_told_and_counted(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    requests: list[Any] = [
        request_of([span_of(1), span_of(2, traceId="zz"), span_of(3, spanId="0" * 16)]),
        {"resourceMetrics": []},
        request_of([span_of(4, attributes={"secret": "a" * 70_000})]),
        {"resourceSpans": "a@x.example"},
    ]
    write(shop / "t.jsonl", requests)
    assert run_command_line(["traffic", "import", "t.jsonl"]) == 65
    said = capsys.readouterr().err
    assert "t.jsonl:1: holds spans that cannot be taken: 1 × the trace id is not 32 hex digits" in said
    assert "t.jsonl:4: is no export request" in said
    assert "x.example" not in said
    assert kept(shop) == []
    found = taken(capsys, "t.jsonl", "--skip-bad")
    assert (found["bad"], found["passed_over"], found["spans"]["new"], found["spans"]["cut"]) == (2, 1, 2, 1)
    assert taken(capsys, "t.jsonl", "--skip-bad", "--dry-run")["spans"]["read"] == 2


def test_logs_beside_spans_tell_of_them(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judged = {"gen_ai.evaluation.name": "resolved", "gen_ai.evaluation.score.value": 1}
    records = [
        record_of("gen_ai.user.message", 1, {"content": "hi"}),
        record_of("gen_ai.evaluation.result", 1, attributes=judged),
        record_of("gen_ai.evaluation.result", 1, attributes=judged, traceId="9" * 32),
        record_of("disk.full"),
    ]
    write(shop / "t.jsonl", [logs_of(records), {"resourceMetrics": []}, request_of([span_of(1)])])
    found = taken(capsys, "t.jsonl")
    assert (found["new"], found["feedback"], found["unheard"], found["passed_over"]) == (1, 2, 1, 2)
    before = kept(shop)
    assert [(one.input, one.feedback) for one in before] == [("hi", {"resolved": True})]
    assert taken(capsys, "t.jsonl")["new"] == 0
    assert kept(shop) == before


def test_a_form_that_is_named_takes_nothing_else(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "t.jsonl").write_text('{"id": "a", "at": "2026-11-01T10:00:00Z", "input": "hi"}')
    assert run_command_line(["traffic", "import", "t.jsonl", "--from", "otlp"]) == 65
    assert "is no export request" in capsys.readouterr().err


DEEP = "[" * 5_000 + "]" * 5_000


def test_hostile_lines_are_refused_or_counted_and_the_rest_is_taken(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = span_of(1, traceId="7" * 32, attributes={f"a{number}": True for number in range(20_000)})
    back = span_of(1, traceId="3" * 32, endTimeUnixNano="1")
    good = [
        request_of([span_of(1, 99, traceId="1" * 32)]),  # a parent that is not there
        request_of([span_of(1, traceId="2" * 32, attributes={"a": float("nan"), "input.value": DEEP})]),
        request_of([back, back]),
        request_of([many]),
    ]
    sound = json.dumps(good[0]).encode()
    bad = [
        sound[:-9],
        sound.replace(b"answer", b"\xff"),
        b'{"resourceSpans": [NaN]}',
        sound.replace(b"[]", DEEP.encode()),
    ]
    (shop / "t.jsonl").write_bytes(b"\n".join([*bad, *(json.dumps(one).encode() for one in good)]))
    assert run_command_line(["traffic", "import", "t.jsonl"]) == 65
    told = capsys.readouterr().err
    assert all(f"t.jsonl:{number}: is no JSON in UTF-8" in told for number in range(1, 5))
    found = taken(capsys, "t.jsonl", "--skip-bad")
    assert (found["bad"], found["new"], found["spans"]["new"], found["spans"]["cut"]) == (4, 4, 4, 3)
    every = {span.span_id: span for one in kept(shop) for span in one.spans if one.input is None}
    assert {len(one.spans) for one in kept(shop)} == {1}
    assert all(span.end in (span.start, 1767225601.5) for span in every.values())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (gzip.compress(b"x" * 70_000_000, 1), "t.jsonl.gz:1: is longer than 64 MB"),
        (gzip.compress(b"{}")[:-9], "t.jsonl.gz: cannot be read"),
    ],
    ids=["bomb", "truncated"],
)
def test_a_file_that_is_none_is_refused(
    shop: Path, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    (shop / "t.jsonl.gz").write_bytes(content)
    assert run_command_line(["traffic", "import", "t.jsonl.gz", "--skip-bad"]) == 65
    assert told in capsys.readouterr().err
