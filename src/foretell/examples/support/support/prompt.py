"""Fill the prompt template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).resolve().parent.parent / "prompts" / "answer.md"


def render(question: str, articles: list[dict[str, Any]], order: dict[str, Any] | None) -> str:
    """The prompt for a question, from what was found for it. The template is read anew for each answer."""
    facts = " ".join(article["text"] for article in articles)
    filled = TEMPLATE.read_text(encoding="utf-8").format(
        question=question, articles=facts, order=describe_order(order) if order else ""
    )
    return "\n".join(" ".join(line.split()) for line in filled.strip().splitlines())


def describe_order(order: dict[str, Any]) -> str:
    """An order in words, since a small model reads sentences better than tables."""
    said = [f"Order {order['id']} ({', '.join(order['items'])}) is {order['status']}."]
    if order["delivered"]:
        said.append(f"Order {order['id']} was delivered on {order['delivered']}.")
    elif order["arrives"]:
        by = f" with {order['courier']}" if order["courier"] else ""
        said.append(f"Order {order['id']} will arrive on {order['arrives']}{by}.")
    said.append(f"The total of order {order['id']} is {order['total']}.")
    return " ".join(said)
