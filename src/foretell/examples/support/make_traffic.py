"""Write `traffic/interactions.jsonl`: six weeks of made-up production traffic. `python make_traffic.py`

Nobody in it exists. Names are put together by chance; addresses lie in made-up places with postcodes of an area that is
not used; e-mail addresses end in example.com or .org, telephone numbers come from the ranges kept free for fiction, and
card and account numbers are the ones that payment companies and banks print in their manuals.

In the last two weeks customers begin to ask about renting gear, a service that the help articles know nothing of.
The same phrases always give the same file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PHRASES: dict[str, Any] = json.loads((HERE / "traffic" / "phrases.json").read_text(encoding="utf-8"))
ORDERS: list[dict[str, Any]] = json.loads((HERE / "data" / "orders.json").read_text(encoding="utf-8"))
OUT = HERE / "traffic" / "interactions.jsonl"

SEED = 20261005
CONVERSATIONS = 1275
FIRST_DAY = datetime(2026, 10, 5, tzinfo=UTC)
DAYS = 42
NEW_TOPIC_FROM = 28  # days after the first one
NEW_TOPIC_SHARE = 0.075  # of the conversations, on the last day
BY_WEEKDAY = (1.25, 1.15, 1.05, 1.0, 1.0, 0.8, 0.75)
BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 17, 17, 16, 16, 17, 19, 22, 24, 20, 13, 6, 3)
RIGHT_SHARE = 0.68
PRICES = (0.02, 0.08)  # US dollars for a million tokens, in and out; as in support/model.py


class Writer:
    """Makes up conversations, one random choice after the other."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)  # noqa: S311 # nothing here is secret
        self.topics: list[dict[str, Any]] = list(PHRASES["topics"].values())

    def pick(self, name: str) -> Any:
        """One of the phrases in a list of `phrases.json`."""
        return self.random.choice(PHRASES[name])

    def number(self, pattern: str) -> str:
        """A pattern with a random digit in the place of each #."""
        return "".join(str(self.random.randrange(10)) if mark == "#" else mark for mark in pattern)

    def customer(self) -> dict[str, str]:
        """What may be filled into the phrases of one conversation."""
        first, last = self.pick("first_names"), self.pick("last_names")
        order = self.random.choice(ORDERS)
        phones = ("020 7946 0###", "07700 900###", "+44 1632 960###", "01632 960 ###", "(212) 555-01##")
        postcode = self.number("ZZ# #") + self.random.choice(("AB", "DL", "QT", "WN"))
        place = f"{self.random.randrange(1, 99)} {self.pick('streets')}, {self.pick('towns')}, {postcode}"
        arrives = f"{order['id']} will arrive on {order['arrives']}." if order["arrives"] else ""
        return {
            "name": f"{first} {last}",
            "first": first,
            "email": f"{first}.{last}@{self.random.choice(('example.com', 'example.org', 'mail.example.com'))}".lower(),
            "phone": self.number(self.random.choice(phones)),
            "card": self.pick("cards"),
            "iban": self.pick("ibans"),
            "address": place,
            "item": self.pick("items"),
            "order": order["id"],
            "order_state": f"Order {order['id']} is {order['status']}. {arrives}".strip(),
        }

    def misspell(self, text: str) -> str:
        """The text as typed in a hurry: in lower case, or with a letter doubled, left out or swapped with the next."""
        if self.random.random() < 0.4:
            return text.lower().rstrip(".?!")
        at = self.random.randrange(1, len(text) - 1)
        if not text[at - 1 : at + 2].isalpha():
            return text
        kind = self.random.randrange(3)
        middle = (text[at] * 2, "", text[at + 1] + text[at])[kind]
        return text[:at] + middle + text[at + (2 if kind == 2 else 1) :]

    def question(self, phrase: str, customer: dict[str, str]) -> str:
        """A phrase as a customer would write it, with more or less around it."""
        text = phrase
        if self.random.random() < 0.22:
            text = self.misspell(text) if "{" not in text else text
        if self.random.random() < 0.3:
            is_name = text.startswith(("I ", "{"))
            text = f"{self.pick('openers')} {text if is_name else text[0].lower() + text[1:]}"
        if self.random.random() < 0.27:
            text = f"{text} {self.pick('details')}"
            if self.random.random() < 0.25:
                text = f"{text} {self.pick('details')}"
        if self.random.random() < 0.25:
            text = f"{text} {self.pick('closers')}"
        return text.format(**customer)

    def conversation(self, day: int) -> list[tuple[str, str, bool]]:
        """The question, the answer and whether it is right, for each turn."""
        ramp = max(0, day - NEW_TOPIC_FROM + 1) / (DAYS - NEW_TOPIC_FROM)
        is_new = self.random.random() < NEW_TOPIC_SHARE * ramp
        weights = [topic["weight"] for topic in self.topics]
        topic = PHRASES["new_topic"] if is_new else self.random.choices(self.topics, weights)[0]
        customer = self.customer()
        asked, right = self.random.choice(topic["asked"])
        is_right = bool(right) and self.random.random() < RIGHT_SHARE
        said = (right if is_right else self.random.choice(topic["wrong"])).format(**customer)
        turns = [(self.question(asked, customer), said, is_right)]
        if topic["follow_ups"] and self.random.random() < 0.2:
            asked, right = self.random.choice(topic["follow_ups"])
            turns.append((self.question(asked, customer), right, True))
        if self.random.random() < 0.06:
            turns.append((self.pick("thanks"), turns[-1][1], turns[-1][2]))
        return turns

    def feedback(self, is_right: bool) -> dict[str, Any]:
        """What a customer who bothers to answer says; one in seven says the opposite of what one would expect."""
        is_content = is_right != (self.random.random() < 0.15)
        rating = self.random.choice((4, 5, 5) if is_content else (1, 2, 2, 3))
        return {
            "resolved": is_content,
            "rating": rating,
            "escalated": not is_content and self.random.random() < 0.45,
        }


def times(writer: Writer) -> list[datetime]:
    """When conversations begin: more on Mondays, more in the evening."""
    days = [FIRST_DAY + timedelta(days=day) for day in range(DAYS)]
    drawn: list[datetime] = []
    for day in writer.random.choices(days, [BY_WEEKDAY[day.weekday()] for day in days], k=CONVERSATIONS):
        hour = writer.random.choices(range(24), BY_HOUR)[0]
        drawn.append(day + timedelta(hours=hour, seconds=writer.random.randrange(3600)))
    return sorted(drawn)


def interactions() -> list[dict[str, Any]]:
    """All interactions, oldest first."""
    writer = Writer()
    made = [
        one
        for number, begin in enumerate(times(writer), 1)
        for one in told(writer, f"c{number:04}", begin, writer.conversation((begin - FIRST_DAY).days))
    ]
    made.sort(key=lambda one: one["at"])
    return [{"id": f"t{number:04}", **one} for number, one in enumerate(made, 1)]


def told(
    writer: Writer, conversation_id: str, at: datetime, turns: list[tuple[str, str, bool]]
) -> Iterator[dict[str, Any]]:
    """The interactions of one conversation. From the second on, the input is the messages so far."""
    messages: list[dict[str, str]] = []
    for question, said, is_right in turns:
        messages.append({"role": "user", "content": question})
        usage = {"input_tokens": 55 + len(question) // 4 + len(said) // 3, "output_tokens": 4 + len(said) // 4}
        cost = (usage["input_tokens"] * PRICES[0] + usage["output_tokens"] * PRICES[1]) / 1_000_000
        yield {
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conversation_id": conversation_id,
            "input": question if len(messages) == 1 else list(messages),
            "output": said,
            "model": "smollm2-135m",
            "usage": usage,
            "cost_usd": round(cost, 9),
            "release": f"2026.{at.isocalendar().week}",
            **({"feedback": writer.feedback(is_right)} if writer.random.random() < 0.35 else {}),
        }
        messages.append({"role": "assistant", "content": said})
        at += timedelta(seconds=writer.random.randrange(20, 180))


def text() -> str:
    """The whole file."""
    lines = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in interactions())
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    OUT.write_text(text(), encoding="utf-8", newline="\n")
    print(f"{OUT.relative_to(HERE)}: {len(interactions())} interactions")
