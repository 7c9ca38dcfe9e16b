"""What a target read before it answered: retrieved passages and the results of tools, in whatever shape they came."""

from collections.abc import Iterator

from foretell.core.domain.trace import NotSeen
from foretell.core.domain.trial import Trial
from foretell.core.domain.values import Json, text_of

_TEXT_KEYS = ("text", "content", "page_content", "passage", "chunk", "body", "document", "snippet")
LIST_KEYS = ("documents", "results", "passages", "chunks", "hits", "matches", "nodes", "sources", "items", "data")
_DEPTH = 12


def retrieved_passages(trial: Trial) -> tuple[str, ...] | NotSeen:
    """The texts of the retrieval spans, each once, in order; or why nothing was seen.

    A passage is a text, an object with its text under a usual name (`text`, `content`, `page_content`, …), or an item
    of a list of these.
    """
    spans = trial.spans("retrieval")
    if isinstance(spans, NotSeen):
        return spans
    found = (passage for span in spans for passage in passages_in(span.output))
    return tuple(dict.fromkeys(passage for passage in found if passage.strip()))


def read_texts(trial: Trial) -> tuple[str, ...] | NotSeen:
    """Every text and number that retrieval and tools returned; or why nothing was seen."""
    trace = trial.outcome.trace
    if isinstance(trace, NotSeen):
        return trace
    outputs = [span.output for kind in ("retrieval", "tool") for span in trace.of_kind(kind)]
    outputs += [message.content for message in trial.outcome.messages if message.role == "tool"]
    return tuple(dict.fromkeys(text for output in outputs for text in leaves(output)))


def user_texts(trial: Trial) -> tuple[str, ...]:
    """Every text and number that came from the user: the input, scripted turns, and a simulated user's messages."""
    said = [message.content for message in trial.outcome.messages if message.role == "user"]
    given = (text for value in (trial.case.input, *trial.case.turns, *said) for text in leaves(value))
    return tuple(dict.fromkeys(given))


def passages_in(output: Json) -> Iterator[str]:
    """The passages in a retrieval's output, or in a part of one."""
    return _passages(output, 0)


def leaves(value: Json, depth: int = 0) -> Iterator[str]:
    """The texts and numbers in a JSON value; beyond a depth of twelve, the rest as one text."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, str | int | float):
        yield str(value)
    elif depth >= _DEPTH:
        yield text_of(value)
    elif hasattr(value, "values"):
        for item in value.values():
            yield from leaves(item, depth + 1)
    elif hasattr(value, "__iter__"):
        for item in value:
            yield from leaves(item, depth + 1)


def _passages(value: Json, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth >= _DEPTH:
        yield text_of(value)
    elif hasattr(value, "values"):
        yield from _passages_of_object(value, depth)
    elif hasattr(value, "__iter__"):
        for item in value:
            yield from _passages(item, depth + 1)


def _passages_of_object(value: Json, depth: int) -> Iterator[str]:
    key = next((name for name in (*_TEXT_KEYS, *LIST_KEYS) if value.get(name)), None)
    if key is None:
        yield " ".join(leaves(value, depth))
    else:
        yield from _passages(value[key], depth + 1)
