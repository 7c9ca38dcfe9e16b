"""Scorers of tools and of the way out: errors, loops, lost content, broken marks, leaks; each blames the right step."""

import pytest

from foretell.core.domain.conversation import Message
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import Trial
from foretell.scorers.content_kept import ContentKept
from foretell.scorers.latency import Latency
from foretell.scorers.markup_sound import MarkupSound
from foretell.scorers.nothing_leaked import NothingLeaked
from foretell.scorers.tools_needed import ToolsNeeded
from foretell.scorers.tools_work import ToolsWork
from tests.unit.scorers.trials import UNSEEN, called, trial

SAID = "Returns take 45 days from the day of delivery, and ropes stay with you."


def rendered(said: str, tidied: str, shown: str) -> Trial:
    spans = (
        Span("complete", "llm", output={"text": said}),
        Span("tidy", "postprocess", input={"text": said}, output=tidied),
        Span("render", "render", input={"text": tidied}, output=shown),
    )
    return trial(shown, trace=Trace(spans))


@pytest.mark.parametrize(
    ("given", "step"),
    [
        (rendered(SAID, SAID, f"<p>{SAID}</p>"), None),
        (rendered(SAID, "Returns take 45", "Returns take 45"), "tidy"),
        (rendered(SAID, SAID, "Returns"), "render"),
    ],
)
def test_content_is_lost_at_a_step(given: Trial, step: str | None) -> None:
    found = ContentKept().score(given)
    assert isinstance(found, Score)
    assert (found.value, found.step) == (step is None, step)


def test_an_answer_that_lost_its_content_behind_the_last_step_has_no_step_to_blame() -> None:
    spans = (Span("complete", "llm", output=SAID),)
    assert ContentKept().score(trial("Returns", trace=Trace(spans))) == Score(
        False,
        "7% of the model's words are left: not 45, and, day, days, delivery, from, of, ropes, stay, take",
        ("45", "and", "day", "days", "delivery", "from", "of", "ropes", "stay", "take"),
    )
    assert isinstance(ContentKept().score(trial(SAID, trace=Trace(spans))), NotApplicable)
    assert isinstance(ContentKept().score(trial(SAID, trace=UNSEEN)), ScoreFailure)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (SAID, ()),
        ("2 < 3 and 5 > 4; use `a[0](b` or\n```\n<b>\n```\n", ()),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\n[help](https://example.org/a_(b)) <br> <p>x", ()),
        ("```\ncode", ("a code fence is not closed",)),
        ("[help](https://example.org", ("the link '[help](' is not closed",)),
        ("[help]() or https:// or https://undefined/x", (
            "the link '[help]()' leads nowhere",
            "the address 'https://' is broken",
            "the address 'https://undefined' is broken",
        )),
        ("<div><b>x</div>", ("<b> is not closed",)),
        ("x</b> &amp;amp; &lt;b&gt;", (
            "'&amp;amp;' was escaped once too often",
            "'&lt;b&gt;' was escaped once too often",
            "</b> closes nothing",
        )),
        ("| a | b |\n|---|---|---|\n", ("a table has 2 heads over 3 columns",)),
    ],
)  # fmt: skip
def test_markup(text: str, faults: tuple[str, ...]) -> None:
    found = MarkupSound().score(trial(text, trace=Trace()))
    assert isinstance(found, Score)
    assert (found.value, found.evidence) == (not faults, faults)


def test_broken_markup_is_of_the_step_that_broke_it() -> None:
    by_render, by_model = rendered("a", "a", "<b>a"), rendered("<b>a", "<b>a", "<b>a")
    assert [MarkupSound().score(one) for one in (by_render, by_model)] == [
        Score(False, "<b> is not closed", ("<b> is not closed",), step) for step in ("render", "complete")
    ]


def test_leaks() -> None:
    system = Message("system", "You are a friendly clerk of the shop. Be brief.")
    given = trial("Hi {name}. You are a friendly clerk of the shop.<|im_end|>", messages=(system,), trace=Trace())
    leaks = ("<|im_end|>", "{name}", "You are a friendly clerk of the shop.")
    assert NothingLeaked().score(given) == Score(False, f"shows {'; '.join(leaks)}", leaks)
    assert NothingLeaked(["code word"]).score(rendered("a", "a code word", "a code word")) == Score(
        False, "shows code word", ("code word",), "tidy"
    )
    quoted = trial("You wrote {name}.", asked="What is {name}?", trace=Trace())
    assert NothingLeaked().score(quoted) == Score(True, "nothing of its making shows")


def tools(*spans: Span) -> Trial:
    return trial("", trace=Trace(spans))


def test_tools_work() -> None:
    bad, good = Span("pay", "tool", output={"isError": True, "message": "no card"}), Span("pay", "tool", output="ok")
    assert ToolsWork().score(tools(good, bad)) == Score(False, "pay#2: no card", ("no card",), "pay#2")
    assert ToolsWork(allow_recovered=True).score(tools(bad, good)) == Score(True, "every call went well (2)")
    assert ToolsWork(allow_recovered=True).score(tools(good, bad)) == ToolsWork().score(tools(good, bad))
    assert isinstance(ToolsWork().score(tools()), NotApplicable)


def test_tools_are_not_called_for_nothing() -> None:
    again = ("pay", {"sum": 3})
    assert ToolsNeeded().score(called(again, again, ("pay", {"sum": 4}))).reason == "no call more than 2 times"
    loop = Score(False, 'called 3 times: pay({"sum":3})', ('pay({"sum":3})',), "pay")
    assert ToolsNeeded().score(called(again, again, again)) == loop
    assert ToolsNeeded(allowed=["look"]).score(called(again)) == Score(False, "pay is not needed here", ("pay",), "pay")


def test_the_time_of_a_step() -> None:
    given = tools(Span("pay", "tool", start=1.0, end=1.5), Span("pay", "tool", start=2.0, end=2.25), Span("look"))
    assert Latency(500, "pay").score(given) == Score(False, "750 ms, more than 500 ms", step="pay")
    assert isinstance(Latency(500, "look").score(given), NotApplicable)
