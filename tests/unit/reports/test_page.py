"""The page of a decision: one file without script or address, in which text from outside is never markup."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from foretell.core.domain.policy import Decision
from foretell.reports.page import decision_page
from tests.unit.reports.decisions import DECISIONS, EMPTY, EVIL, HELD, OPEN, SHIPPED, WAIVED, cost, hostile, run

STYLE = ".v { color: red; }\n"


class Reader(HTMLParser):
    """What a page consists of: its tags with their attributes, and its texts in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if data.strip() and self.tags[-1][0] not in ("style", "title"):
            self.texts.append(data.strip().replace("\u00a0", " "))

    def names(self) -> tuple[set[str], set[str]]:
        return {tag for tag, _ in self.tags}, {name for _, attributes in self.tags for name in attributes}


def page(decision: Decision) -> str:
    return decision_page(decision, STYLE, "acme-support", [(run(), cost()), (run("model"), cost(None))])


def test_the_policy_lets_nothing_in_but_its_own_style() -> None:
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    policies = [tag for _, tag in Reader(page(HELD)).tags if tag.get("http-equiv") == "Content-Security-Policy"]
    assert [one["content"] for one in policies] == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert f"<style>{STYLE}</style>" in page(HELD)


@pytest.mark.parametrize("decision", [*DECISIONS.values(), hostile(9)], ids=[*DECISIONS, "hostile"])
def test_nothing_runs_and_nothing_is_fetched(decision: Decision) -> None:
    reader = Reader(page(decision))
    tags, attributes = reader.names()
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "a", "form", "image", "foreignobject"})
    assert [name for name in attributes if name.startswith("on") or name in {"style", "src", "action"}] == []
    assert {tag["href"] for _, tag in reader.tags if "href" in tag} <= {"#v-ship", "#v-hold", "#v-nee"}


def test_hostile_text_adds_no_tag_and_no_attribute() -> None:
    ours = [Reader(page(decision)).names() for decision in DECISIONS.values()]
    tags, attributes = Reader(decision_page(hostile(7), STYLE, EVIL)).names()
    assert tags <= set.union(*(names for names, _ in ours))
    assert attributes <= set.union(*(names for _, names in ours))


@pytest.mark.parametrize("decision", [*DECISIONS.values(), hostile(3)], ids=[*DECISIONS, "hostile"])
def test_no_character_is_hidden(decision: Decision) -> None:
    assert [char for char in page(decision) if not char.isprintable() and char not in "\n\u00a0"] == []


def test_the_verdict_comes_first_then_the_reasons() -> None:
    texts = Reader(page(HELD)).texts
    assert texts[:2] == ["foretell · acme-support", "Gate deploy"]
    assert texts[texts.index("decided 2026-11-21 21:14 UTC") + 5 :][:3] == [
        "hold",
        "2 of 7 rules kept, 1 broken, 4 without enough evidence",
        "system: success against baseline is −5.3 %, bound −2.4 % against −2.0 % (n = 412 cases)",
    ]


@pytest.mark.parametrize(
    ("decision", "symbol"),
    [(SHIPPED, "ship"), (HELD, "hold"), (OPEN, "nee"), (EMPTY, "nee"), (WAIVED, "hold")],
    ids=["ship", "hold", "open", "empty", "waived"],
)
def test_a_verdict_is_a_shape_and_a_word(decision: Decision, symbol: str) -> None:
    text = page(decision)
    first = re.search(r'<span class="v (\w+) big"><svg aria-hidden="true"><use href="#v-(\w+)"/></svg>([^<]+)<', text)
    assert first is not None
    assert first.groups() == (symbol, symbol, decision.ruling.replace("-", " "))


def test_a_row_says_value_bounds_limit_n_and_ruling() -> None:
    texts = Reader(page(HELD)).texts
    start = texts.index("success against baseline")
    assert texts[start : start + 8] == [
        "success against baseline",
        "system",
        "−5.3 %",
        "[−8.3 %, −2.4 %]",
        "−2.0 %",
        "412",
        "4.4 %",
        "hold",
    ]


def test_every_rule_has_both_drawings() -> None:
    labels = re.findall(r'<svg class="(wide|narrow)"', page(HELD))
    assert labels == ["wide", "narrow"] * len(HELD.rules)


def test_what_changed_what_it_cost_and_what_was_not_seen_are_there() -> None:
    texts = Reader(page(HELD)).texts
    assert set(texts) >= {
        *HELD.changed,
        *HELD.blind_spots,
        "at most 64 %",
        "$0.04190",
        "[$0.04030, $0.04360] n = 412",
        "system; $17.25 for 412 trials",
        "model: unknown: no trial's cost is known",
        "owners",
        "platform-team",
    }


def test_a_waiver_stands_beside_the_verdict() -> None:
    texts = Reader(page(WAIVED)).texts
    assert [text for text in texts if text.startswith("waived, so it does not block; ")] != []
    assert set(texts) >= {"hold", "hold, but waived: it does not block", "waived"}


def test_what_is_not_known_says_why() -> None:
    texts = Reader(decision_page(EMPTY, STYLE)).texts
    assert set(texts) >= {
        "no rule was measured",
        "Nothing was compared with a baseline.",
        "No suite was priced.",
        "There was no baseline to compare with.",
    }
