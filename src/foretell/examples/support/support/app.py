"""The assistant from end to end: `answer(input)`.

Each part is called through its module, so that a harness can wrap `support.retrieval:search` and the others by name.
"""

from __future__ import annotations

from typing import Any

from . import model, postprocess, prompt, render, retrieval, tools

Message = dict[str, Any]


def answer(input: str | list[Message]) -> dict[str, Any]:  # noqa: A002 # the name that the API of this service uses
    """Answer a question, or the last user message of a conversation.

    Returns `output` (plain text), `usage` (`input_tokens`, `output_tokens`), `model`, `finish_reason` and `cost_usd`
    (None when the model has no known price).
    """
    asked = read_questions(input)
    question = " ".join(asked[-2:])  # "And what does it cost?" means nothing without the question before
    articles = retrieval.search(question)
    order_id = tools.find_order_id(" ".join(asked))
    order = tools.lookup_order(order_id) if order_id else None
    reply = model.complete([{"role": "user", "content": prompt.render(question, articles, order)}])
    return {
        "output": render.render(postprocess.tidy(reply["text"]), articles),
        "usage": reply["usage"],
        "model": reply["model"],
        "finish_reason": reply["finish_reason"],
        "cost_usd": model.cost_usd(reply),
    }


def read_questions(given: str | list[Message]) -> list[str]:
    """What the user said, oldest first."""
    if isinstance(given, str):
        return [given]
    asked = [message["content"] for message in given if message["role"] == "user"]
    if not asked:
        raise ValueError("the conversation has no message of the user")
    return asked
