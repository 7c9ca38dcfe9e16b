"""Files of others become cases: every format, what cannot be taken, and what cannot be read."""

import json
from pathlib import Path

import pytest

from foretell.adapters.evalsets.imports import NAMES, read_import
from foretell.core.domain.cases import Case
from foretell.core.errors import BadInput, ConfigurationError
from tests.integration.evalset_files import imported


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_our_own_fields_in_every_container() -> None:
    rows = [{"id": "a", "input": "x", "expected": "y", "slices": {"s": "1"}, "owner": "ann"}, {"id": "b", "input": "z"}]
    cases = [Case("a", "x", "y", {"s": "1"}, metadata={"owner": "ann"}), Case("b", "z")]
    assert imported("c.jsonl", rows) == (cases, [], [])
    assert imported("c.json", rows) == (cases, [], [])
    assert imported("c.json", {"cases": rows}) == (cases, [], [])
    assert imported("c.yaml", "cases:\n" + "".join(f"- {json.dumps(row)}\n" for row in rows)) == (cases, [], [])
    assert imported("c.csv", "id,input,expected,slice:s,owner\na,x,y,1,ann\nb,z,,,\n") == (cases, [], [])
    assert imported("c.txt", "\n".join(json.dumps(row) for row in rows), "jsonl") == (cases, [], [])
    assert imported("lines.json", "\n".join(json.dumps(row) for row in rows)) == (cases, [], [])


PEERS: list[tuple[str, object, Case]] = [
    (
        "openai-evals",
        {"input": [{"role": "user", "content": "q"}], "ideal": ["a", "b"], "id": 7},
        Case("7", [{"role": "user", "content": "q"}], ["a", "b"]),
    ),
    (
        "openai-evals",
        {"id": "1", "messages": [{"role": "user", "content": "q"}], "ideal": "a"},
        Case("1", [{"role": "user", "content": "q"}], "a"),
    ),
    (
        "openai-evals",
        {"item": {"id": "1", "input": "q", "ground_truth": "a", "topic": "t"}, "sample": {"output_text": "no gold"}},
        Case("1", "q", "a", metadata={"openai-evals": {"item": {"topic": "t"}, "sample": {"output_text": "no gold"}}}),
    ),
    (
        "openai-evals",
        {"item": {"id": "1", "ticket": "q", "urgent": True, "correct_label": "Hardware"}},
        Case("1", {"ticket": "q", "urgent": True}, "Hardware"),
    ),
    (
        "deepeval",
        {
            "id": "1",
            "input": "q",
            "expected_output": "a",
            "actual_output": "no gold",
            "context": ["d"],
            "additional_metadata": {"owner": "ann"},
        },
        Case("1", "q", "a", metadata={"owner": "ann", "deepeval": {"actual_output": "no gold", "context": ["d"]}}),
    ),
    (
        "mlflow",
        {"id": "1", "inputs": {"q": "x"}, "expectations": {"expected_response": "a", "guidelines": ["g"]}, "tags": {}},
        Case("1", {"q": "x"}, "a", metadata={"mlflow": {"tags": {}, "expectations": {"guidelines": ["g"]}}}),
    ),
    (
        "mlflow",
        {"id": "1", "inputs": {"q": "x"}, "expectations": {"expected_facts": ["f"]}, "outputs": "no gold"},
        Case("1", {"q": "x"}, {"expected_facts": ["f"]}, metadata={"mlflow": {"outputs": "no gold"}}),
    ),
    (
        "inspect",
        {"id": 1, "input": "q", "target": ["a", "b"], "choices": ["x", "y"], "metadata": {"owner": "ann"}},
        Case("1", "q", ["a", "b"], metadata={"owner": "ann", "inspect": {"choices": ["x", "y"]}}),
    ),
    (
        "ragas",
        {"id": "1", "user_input": "q", "reference": "a", "response": "no gold", "reference_contexts": ["d"]},
        Case("1", "q", "a", metadata={"ragas": {"response": "no gold", "reference_contexts": ["d"]}}),
    ),
    (
        "ragas",
        {
            "id": "1",
            "user_input": [{"type": "human", "content": "q"}, {"type": "ai", "content": "a?"}],
            "reference": "r",
        },
        Case("1", [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a?"}], "r"),
    ),
    ("ragas", {"id": "1", "question": "q", "ground_truth": "a"}, Case("1", "q", "a")),
    (
        "langfuse",
        {
            "id": "1",
            "input": {"q": "x"},
            "expectedOutput": "a",
            "metadata": "a word",
            "status": "ACTIVE",
            "sourceTraceId": "t",
        },
        Case("1", {"q": "x"}, "a", metadata={"metadata": "a word", "langfuse": {"sourceTraceId": "t"}}),
    ),
    (
        "phoenix",
        {"id": "1", "input": {"q": "x"}, "output": {"a": "y"}, "metadata": {"owner": "ann"}},
        Case("1", {"q": "x"}, {"a": "y"}, metadata={"owner": "ann"}),
    ),
    (
        "promptfoo",
        {"vars": {"q": "x", "lang": "de"}, "assert": [{"type": "equals", "value": "y"}], "metadata": {"owner": "ann"}},
        Case(
            "",
            {"q": "x", "lang": "de"},
            "y",
            metadata={"owner": "ann", "promptfoo": {"assert": [{"type": "equals", "value": "y"}]}},
        ),
    ),
]


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize(("peer", "row", "case"), PEERS)
def test_a_peer_is_read_and_recognised(peer: str, row: object, case: Case, is_named: bool) -> None:
    cases, problems, _ = imported("c.jsonl", [row], peer if is_named else None)
    if not case.id:
        assert cases[0].id.startswith("c-")
    assert problems == []
    assert [one.as_json() | {"id": case.id} for one in cases] == [case.as_json()]


def test_every_format_but_our_own_has_an_example_here() -> None:
    assert {peer for peer, _, _ in PEERS} == set(NAMES) - {"jsonl", "json", "csv", "yaml"}


def test_what_was_not_taken_is_told_by_line() -> None:
    rows = [
        {"id": str(n), "input": "q", "target": "a", "sandbox": "docker", **extra}
        for n, extra in enumerate([{}, {"files": {}}, {}])
    ]
    assert imported("c.jsonl", rows)[2] == [
        "c.jsonl: field 'sandbox' is kept under metadata.inspect (at 1, 2, 3).",
        "c.jsonl: field 'files' is kept under metadata.inspect (at 2).",
    ]


def test_archived_items_are_left_out_and_told() -> None:
    rows = [{"id": str(n), "input": "q", "expectedOutput": "a", "status": "ARCHIVED"} for n in range(12)]
    rows.append({"id": "live", "input": "q", "expectedOutput": "a", "status": "ACTIVE"})
    cases, problems, notes = imported("c.json", {"data": rows, "meta": {"page": 1}})
    assert ([case.id for case in cases], problems) == (["live"], [])
    places = ", ".join(f"item {n}" for n in range(1, 9))
    assert notes == [f"c.json: archived items are left out (at {places} and 4 more)."]


def test_a_phoenix_csv_is_put_together_from_its_columns() -> None:
    text = "example_id,input_question,output_answer,metadata_topic\ne1,q,a,t\n"
    assert imported("c.csv", text)[0] == [Case("e1", {"question": "q"}, {"answer": "a"}, metadata={"topic": "t"})]


def test_a_promptfoo_configuration() -> None:
    text = """\
description: ours
prompts: [prompt.txt]
defaultTest:
  vars: {lang: en}
  assert:
    - {type: latency, threshold: 500}
tests:
  - description: plain
    vars:
      question: What is 2 + 2?
    assert:
      - type: contains
        value: four
      - type: equals
        value: '4'
  - vars: {question: 'Who?', lang: no}
    assert:
      - type: llm-rubric
        value: is polite
      - type: equals
        value: '{{name}}'
  - vars:
      question: ['When?', 12:30]
  - file://more.yaml
"""
    cases, problems, notes = imported("promptfooconfig.yaml", text)
    latency = {"type": "latency", "threshold": 500}
    assert [(case.input, case.expected) for case in cases] == [
        ({"lang": "en", "question": "What is 2 + 2?"}, "4"),
        ({"lang": "no", "question": "Who?"}, None),
        ({"lang": "en", "question": "When?"}, None),
        ({"lang": "en", "question": "12:30"}, None),
    ]
    assert cases[0].metadata == {
        "promptfoo": {
            "description": "plain",
            "assert": [{"type": "contains", "value": "four"}, {"type": "equals", "value": "4"}, latency],
        }
    }
    assert problems == [
        'promptfooconfig.yaml:24: is "file://more.yaml", not an object. If it names another file, import that one.'
    ]
    kept = "is not an expected answer; it is kept under metadata.promptfoo"
    assert notes == [
        f"promptfooconfig.yaml: assert 'contains' {kept} (at 8).",
        f"promptfooconfig.yaml: assert 'latency' {kept} (at 8, 16, 22).",
        "promptfooconfig.yaml: field 'description' is kept under metadata.promptfoo (at 8).",
        f"promptfooconfig.yaml: assert 'llm-rubric' {kept} (at 16).",
        f"promptfooconfig.yaml: assert 'equals' {kept} (at 16).",
    ]


def test_the_only_variable_of_a_promptfoo_file_is_the_input() -> None:
    tests = [{"vars": {"q": "x"}}, {"vars": {"q": ["y", "z"]}, "options": {"disableVarExpansion": True}}]
    cases, _, notes = imported("c.json", {"tests": tests, "scenarios": [{}], "defaultTest": "file://d.yaml"})
    assert [case.input for case in cases] == ["x", ["y", "z"]]
    assert notes == [
        "c.json: variable 'q' is the input (at item 1, item 2).",
        "c.json: the file's 'scenarios' are not taken; write them as tests (at item 1).",
        "c.json: 'defaultTest' is in another file, file://d.yaml, and is not taken (at item 1).",
        "c.json: field 'options' is kept under metadata.promptfoo (at item 2).",
    ]


def test_a_promptfoo_csv() -> None:
    text = (
        "question,lang,__expected,__expected2,__description,__metadata:owner\n"
        "q1,en,answer: 4,,first,ann\n"
        "q2,de,contains:vier,similar(0.9):vier,,\n"
        "q3,de,not-contains:x,grade: is kind,,\n"
    )
    cases, problems, notes = imported("tests.csv", text)
    assert problems == []
    assert [(case.input, case.expected) for case in cases] == [
        ({"question": "q1", "lang": "en"}, "answer: 4"),
        ({"question": "q2", "lang": "de"}, "vier"),
        ({"question": "q3", "lang": "de"}, None),
    ]
    assert cases[0].metadata == {
        "owner": "ann",
        "promptfoo": {"description": "first", "assert": [{"type": "equals", "value": "answer: 4"}]},
    }
    assert cases[1].metadata["promptfoo"]["assert"][1] == {"type": "similar", "value": "vier", "threshold": 0.9}
    kept = "is not an expected answer; it is kept under metadata.promptfoo"
    assert notes == [
        "tests.csv: field 'description' is kept under metadata.promptfoo (at 2).",
        f"tests.csv: assert 'contains' {kept} (at 3).",
        f"tests.csv: assert 'not-contains' {kept} (at 4).",
        f"tests.csv: assert 'grade' {kept} (at 4).",
    ]


def test_ids_come_from_the_content() -> None:
    first, _, _ = imported("c.jsonl", [{"input": "x", "expected": 1}, {"input": "x", "expected": 2}])
    again, _, _ = imported("d.jsonl", [{"input": "x", "expected": 2}, {"expected": 1, "input": "x"}])
    assert [case.id for case in first] == [case.id for case in reversed(again)]
    assert len({case.id for case in first}) == 2
    assert all(case.id.startswith("c-") and len(case.id) == 12 for case in first)


def test_duplicates_are_refused() -> None:
    rows = [{"id": "a", "input": "x"}, {"input": "y"}, {"id": "a", "input": "z"}, {"input": "y"}]
    cases, problems, _ = imported("c.jsonl", rows)
    assert len(cases) == 2
    assert problems == [
        "c.jsonl:3: case 'a' is at 1 already. Keep one of the two.",
        "c.jsonl:4: the case has no id and the same content as the one at 2. Remove it, or give both an id.",
    ]


@pytest.mark.parametrize(
    ("peer", "row", "problem"),
    [
        ("openai-evals", {"ideal": "a"}, "'input' is missing. It is what the target is asked."),
        ("promptfoo", {"assert": []}, "'vars' is missing. It is what the target is asked."),
        ("promptfoo", {"vars": "x"}, "'vars' is \"x\", not an object."),
        ("deepeval", {"expected_output": "a"}, "'input' is missing. It is what the target is asked."),
        (
            "deepeval",
            {"scenario": "s"},
            "'scenario' makes this a golden without a first message. Give it an 'input' and it can be a 'goal'.",
        ),
        ("mlflow", {"expectations": {}}, "'inputs' is missing. It is what the target is asked."),
        ("mlflow", {"inputs": 1, "expectations": "e"}, "'expectations' is \"e\", not an object."),
        ("inspect", {"target": "a"}, "'input' is missing. It is what the target is asked."),
        ("ragas", {"reference": "a"}, "'user_input' is missing. It is what the target is asked."),
        ("langfuse", {"expectedOutput": "a"}, "'input' is missing. It is what the target is asked."),
        ("phoenix", {"output": "a"}, "'input' is missing. It is what the target is asked."),
        ("jsonl", {"id": 3, "input": "a"}, "'id' is 3, not text. Write \"3\"."),
        ("jsonl", {"expected": 3}, "'input' is missing. Give what the target is asked: text, messages or any JSON."),
    ],
)
def test_a_row_without_what_it_needs_is_told(peer: str, row: object, problem: str) -> None:
    cases, problems, _ = imported("c.jsonl", [row, row], peer)
    assert (cases, problems[0]) == ([], f"c.jsonl:1: {problem}")
    assert {text.partition(" ")[0] for text in problems} == {"c.jsonl:1:", "c.jsonl:2:"}


def test_fields_that_fit_several_formats_are_not_guessed() -> None:
    with pytest.raises(ConfigurationError) as caught:
        imported("c.jsonl", [{"input": "x", "expected": "y", "target": "z"}])
    assert str(caught.value) == (
        "c.jsonl: the fields fit several formats: foretell (expected); inspect (input, target). Say which with --from. "
        "Our own format is --from jsonl, json, csv or yaml."
    )
    assert imported("c.jsonl", [{"id": "a", "input": "x", "expected": "y", "target": "z"}], "jsonl")[0] == [
        Case("a", "x", "y", metadata={"target": "z"})
    ]


def test_fields_that_fit_no_format_are_told() -> None:
    with pytest.raises(ConfigurationError, match="no known format has these fields: answer, prompt"):
        imported("c.jsonl", [{"prompt": "x", "answer": "y"}])


def test_inputs_alone_are_our_own_format() -> None:
    assert imported("c.jsonl", [{"id": "a", "input": "x", "topic": "t"}])[0] == [
        Case("a", "x", metadata={"topic": "t"})
    ]


def test_an_unknown_format_or_ending_is_told() -> None:
    with pytest.raises(ConfigurationError, match="format 'deepevil' is not known"):
        imported("c.jsonl", [], "deepevil")
    with pytest.raises(ConfigurationError, match="does not tell what kind of file it is"):
        imported("c.xlsx", "")
    with pytest.raises(BadInput, match="cannot be read: No such file or directory"):
        read_import("lost.jsonl")
