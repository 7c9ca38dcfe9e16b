"""The answer on its way out: from the model through post-processing and rendering to the user."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

from foretell.core.analysis.trials.executed import labelled
from foretell.core.analysis.trials.prompts import text_in
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Trial

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_OPEN_LINK = re.compile(r"\[[^\]\n]{1,200}\]\((?![^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))")
_EMPTY_LINK = re.compile(r"\[[^\]\n]{1,200}\]\(\s*(?:#|undefined|null|None|about:blank)?\s*\)")
_BROKEN_ADDRESS = re.compile(r"\bhttps?:(?!//[^\s/?#])\S*|\bhttps?://(?:undefined|null|None)\b")
_TWICE_ESCAPED = re.compile(r"&amp;(?:amp|lt|gt|quot|#\d+);|&lt;/?[a-z][a-z0-9]*(?:\s[^&]{0,80})?&gt;", re.IGNORECASE)
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$", re.MULTILINE)
_PAIRED = frozenset(
    re.findall(
        r"\w+",
        """a abbr b blockquote body button code div em figure footer form h1 h2 h3 h4 h5 h6 head header html i main nav
        ol pre s script section small span strong style sub sup table title u ul""",
    )
)


@dataclass(frozen=True, slots=True)
class Stage:
    """The answer as one step gave it. `step` is None for the answer itself where no step is seen to have made it."""

    step: str | None
    text: str


def stages(trial: Trial) -> tuple[Stage, ...] | NotSeen:
    """What the model wrote last, what each post-processing and rendering step after it made of it, and the answer.

    Where no model is seen, what the first of those steps was given stands for it.
    """
    trace = trial.outcome.trace
    if isinstance(trace, NotSeen):
        return trace
    found = list(_made(trace))
    if not found or found[-1].text != trial.text:
        found.append(Stage(found[-1].step if len(found) > 1 else None, trial.text))
    return tuple(found)


def _made(trace: Trace) -> Iterator[Stage]:
    spans = labelled(trace.spans)
    models = [place for place, (_, span) in enumerate(spans) if span.kind == "llm" and not span.error]
    later = [
        (label, span)
        for label, span in spans[models[-1] + 1 if models else 0 :]
        if span.kind in ("postprocess", "render") and not span.error
    ]
    if models:
        label, span = spans[models[-1]]
        yield Stage(label, text_in(span.output))
    elif later:
        yield Stage(None, text_in(later[0][1].input))
    for label, span in later:
        yield Stage(label, text_in(span.output))


def words_of(text: str) -> frozenset[str]:
    """The words and figures of a text without its marks, in lower case."""
    return frozenset(re.findall(r"\w+", unescape(re.sub(r"<[^<>]{1,300}>", " ", text)).casefold()))


def defects(text: str) -> tuple[str, ...]:
    """What is broken in the Markdown or HTML of a text; in plain text there is nothing to break.

    >>> defects("See [our help](https://example.org) and <b>call</b>."), defects("<b>Call [us](")
    ((), ("the link '[us](' is not closed", '<b> is not closed'))
    """
    prose = _CODE.sub(" ", text)
    found = ["a code fence is not closed"] if text.count("```") % 2 else []
    found += [f"the link '{match[0][:40]}' is not closed" for match in _OPEN_LINK.finditer(prose)]
    found += [f"the link '{match[0][:40]}' leads nowhere" for match in _EMPTY_LINK.finditer(prose)]
    found += [f"the address '{match[0][:40]}' is broken" for match in _BROKEN_ADDRESS.finditer(prose)]
    found += [f"'{match[0][:40]}' was escaped once too often" for match in _TWICE_ESCAPED.finditer(prose)]
    return (*found, *_tables(prose), *_Tags.faults_in(prose))


def _tables(text: str) -> Iterator[str]:
    """Markdown tables whose rule has another number of columns than their head."""
    for rule in _RULE.finditer(text):
        head = text[: rule.start()].rstrip("\n").rpartition("\n")[2]
        if "|" in head and _cells(head) != _cells(rule[0]):
            yield f"a table has {_cells(head)} heads over {_cells(rule[0])} columns"


def _cells(line: str) -> int:
    return line.strip().strip("|").replace("\\|", "").count("|") + 1


class _Tags(HTMLParser):
    """The tags that need an end and have none, and ends without a beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    @classmethod
    def faults_in(cls, text: str) -> Sequence[str]:
        """In words."""
        reader = cls()
        reader.feed(text)
        reader.close()
        return [*reader.faults, *(f"<{tag}> is not closed" for tag in reader.open)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _PAIRED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _PAIRED:
            return
        if tag not in self.open:
            self.faults.append(f"</{tag}> closes nothing")
            return
        while (last := self.open.pop()) != tag:
            self.faults.append(f"<{last}> is not closed")
