"""Archives of every form, read row by row."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from foretell.adapters.capture.archives import read_archive
from foretell.core.domain.traffic import Interaction
from foretell.core.errors import BadInput, Problem
from foretell.core.ports.archives import Archive

ROWS = [
    {"id": "a", "at": "2026-11-01T10:00:00Z", "input": "hello", "cost_usd": 0.5, "team": "blue"},
    {"id": "b", "at": "2026-11-01T11:00:00Z", "input": [{"role": "user", "content": "hi"}], "probability": 0.01},
]


def read(root: Path, path: str, form: str | None = None, **fields: str) -> list[Interaction | Problem]:
    return list(read_archive(str(root), Archive(path, form, fields)))


def good(root: Path, path: str, form: str | None = None, **fields: str) -> list[Interaction]:
    found = read(root, path, form, **fields)
    assert all(isinstance(one, Interaction) for one in found), found
    return [one for one in found if isinstance(one, Interaction)]


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.jsonl.gz"])
def test_json_in_its_forms(tmp_path: Path, name: str) -> None:
    text = json.dumps(ROWS) if name == "t.json" else "\n".join(map(json.dumps, ROWS))
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    first, second = good(tmp_path, name)
    assert (first.id, first.at, first.input, first.cost_usd) == ("a", "2026-11-01T10:00:00.000000Z", "hello", 0.5)
    assert first.metadata == {"team": "blue"}
    assert (second.input, second.probability) == (ROWS[1]["input"], 0.01)


def test_csv_with_fields_mapped_and_json_inside(tmp_path: Path) -> None:
    lines = ["request,ts,payload,price", 'a,1763800000000,"{""prompt"": ""Hello, you""}",0.02', "b,1763800001.5,{},"]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    fields = {"id": "request", "at": "ts", "input": "payload.prompt", "cost_usd": "price"}
    first, second = good(tmp_path, "t.csv", **fields)
    assert (first.at, first.input, first.cost_usd) == ("2025-11-22T08:26:40.000000Z", "Hello, you", 0.02)
    assert (second.at, second.input, second.cost_usd) == ("2025-11-22T08:26:41.500000Z", None, None)
    assert first.metadata == {}


def test_parquet_with_times_and_structures(tmp_path: Path) -> None:
    place = tmp_path / "t.parquet"
    time = "TIMESTAMPTZ '2026-11-01 10:00:00+00'"
    row = f"'a' AS id, {time} AS at, {{'role': 'user', 'content': 'hi'}} AS said, NULL AS release"
    duckdb.sql(f"COPY (SELECT {row}) TO '{place}'")
    (found,) = good(tmp_path, "t.parquet", input="said.content")
    assert (found.at, found.input, found.release) == ("2026-11-01T10:00:00.000000Z", "hi", None)


def test_langfuse_traces_with_scores_and_observations(tmp_path: Path) -> None:
    trace = {
        "id": "lf", "timestamp": "2026-11-20T10:00:00.000Z", "userId": "u77", "sessionId": "s1", "input": "where?",
        "output": "soon", "totalCost": 0.01, "version": "r9", "tags": ["x"], "latency": 3,
        "scores": [{"name": "resolved", "value": 1, "dataType": "BOOLEAN"}, {"name": "tone", "stringValue": "warm"}],
        "observations": [
            {"id": "o1", "type": "GENERATION", "name": "llm", "input": "x", "output": "y", "model": "m"},
            {"id": "o2", "type": "TOOL", "name": "search", "parentObservationId": "o1", "level": "ERROR",
             "statusMessage": "no answer"},
        ],
    }  # fmt: skip
    (tmp_path / "lf.json").write_text(json.dumps([trace]))
    (found,) = good(tmp_path, "lf.json", "langfuse")
    assert (found.id, found.conversation_id, found.release, found.cost_usd) == ("lf", "s1", "r9", 0.01)
    assert found.feedback == {"resolved": True, "tone": "warm"}
    assert [(span.name, span.kind, span.error) for span in found.spans] == [
        ("llm", "llm", None),
        ("search", "tool", "no answer"),
    ]
    assert found.metadata == {"userId": "u77", "tags": ["x"]}


def test_problems_say_where_and_show_nothing_of_the_row(tmp_path: Path) -> None:
    rows = [{"id": 5, "at": "ssn 123-45-6789", "input": 1}, {"id": "a\u0007b@x.example"}, [1]]
    text = "\n".join(map(json.dumps, rows)) + '\n\n{"id": "a@x.example", half\n'
    (tmp_path / "t.jsonl").write_bytes(text.encode() + b'"\xff"\n' + json.dumps(ROWS[0]).encode())
    *problems, last = read(tmp_path, "t.jsonl")
    assert isinstance(last, Interaction)
    found = [str(one) for one in problems]
    assert found == [
        "t.jsonl:1: 'id' is not text.",
        "t.jsonl:1: 'at' is not an RFC 3339 time.",
        "t.jsonl:2: 'input' is missing. Give what the user asked, or null when only sizes are known.",
        "t.jsonl:2: 'id' is a text, which holds a control character. Use letters, digits and signs.",
        "t.jsonl:2: 'at' is missing. Give the time of the request, like 2026-03-01T09:30:00Z.",
        "t.jsonl:3: is not an object. A list of objects stands in a file that is named .json.",
        "t.jsonl:5: is no JSON in UTF-8. Write one object, with finite numbers.",
        "t.jsonl:6: is no JSON in UTF-8. Write one object, with finite numbers.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "form", "told"),
    [
        ("gone.jsonl", None, None, "there is no such file"),
        ("t.txt", b"x", None, "its name does not say what it is"),
        ("t.jsonl", b"{}", "lanfuse", "Did you mean 'langfuse'"),
        ("t.json", b'{"id": "a"\nsecret@x.example', None, "cannot be read"),
        ("t.jsonl.gz", b"secret@x.example", None, "cannot be read"),
        ("t.parquet", b"secret@x.example", None, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_quoted(
    tmp_path: Path, name: str, content: bytes | None, form: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=told) as refused:
        read(tmp_path, name, form)
    assert "secret" not in str(refused.value)
