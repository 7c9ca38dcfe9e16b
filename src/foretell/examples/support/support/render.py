"""The answer as the customer sees it."""

from __future__ import annotations

from typing import Any

NO_ANSWER = "I am sorry, I do not know. Please ask our team in the chat."


def render(text: str, articles: list[dict[str, Any]]) -> str:
    """Plain text: the answer, and a line with the articles it rests on."""
    if not text:
        return NO_ANSWER
    sources = ", ".join(article["id"] for article in articles)
    return f"{text}\n\nSources: {sources}" if sources else text
