"""Ask the language model: any server that speaks the OpenAI chat completions API."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any

ADDRESS = "FORETELL_DEMO_URL"
SETTINGS = {"temperature": 0, "seed": 7, "max_tokens": 40, "cache_prompt": False}
TIMEOUT_S = 120
PRICES = {"smollm2-135m": (0.02, 0.08)}
"""US dollars for a million tokens, in and out. A model on one's own machine has no price list; these are made up."""


class ModelUnavailable(RuntimeError):
    """The model did not answer."""


def complete(messages: list[dict[str, str]]) -> dict[str, Any]:
    """The model's reply: `text`, `usage` (`input_tokens`, `output_tokens`), `finish_reason` and `model`.

    The same messages get the same reply, as far as the server keeps its side: one slot and no prompt cache.
    """
    base = os.environ.get(ADDRESS)
    if not base:
        raise ModelUnavailable(
            f"{ADDRESS} is not set. Start a model with 'python -m support.local_model' and put its address there."
        )
    request = urllib.request.Request(  # noqa: S310 # the address is the operator's own
        f"{base.rstrip('/')}/chat/completions",
        json.dumps({"model": "smollm2-135m", "messages": messages, **SETTINGS}).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 # as above
            reply = json.load(response)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise ModelUnavailable(f"No answer from {base} ({ADDRESS}): {error}") from error
    choice, usage = reply["choices"][0], reply["usage"]
    return {
        "text": choice["message"]["content"],
        "usage": {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]},
        "finish_reason": choice["finish_reason"],
        "model": reply["model"],
    }


def cost_usd(reply: dict[str, Any]) -> float | None:
    """What a reply cost, or None for a model without a known price."""
    if reply["model"] not in PRICES:
        return None
    price_in, price_out = PRICES[reply["model"]]
    usage = reply["usage"]
    return (usage["input_tokens"] * price_in + usage["output_tokens"] * price_out) / 1_000_000
