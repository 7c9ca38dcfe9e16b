"""What the assistant can look up."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

ORDERS = Path(__file__).resolve().parent.parent / "data" / "orders.json"
ORDER_ID = re.compile(r"\bLK-?(\d{4})\b", re.IGNORECASE)


@cache
def load_orders() -> dict[str, dict[str, Any]]:
    """All orders by their id."""
    return {order["id"]: order for order in json.loads(ORDERS.read_text(encoding="utf-8"))}


def lookup_order(order_id: str) -> dict[str, Any] | None:
    """The order with this id, or None when there is none."""
    return load_orders().get(order_id)


def find_order_id(text: str) -> str | None:
    """The last order id in a text, in its usual spelling."""
    found = ORDER_ID.findall(text)
    return f"LK-{found[-1]}" if found else None
