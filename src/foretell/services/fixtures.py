"""Interactions as cases: what is asked, for how many it stands, what was answered; never an expected answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from foretell.core.domain.cases import NOTHING, Case
from foretell.core.domain.traffic import Interaction, answer_of
from foretell.core.domain.values import Json
from foretell.services.house import House


async def window_of(house: House, days: float) -> list[Interaction]:
    """The stored interactions with an input, of the last days before the newest one."""
    ends = await house.store.traffic.span()
    if ends is None:
        return []
    start = (datetime.fromisoformat(ends[1]) - timedelta(days=days)).isoformat()
    return [one async for one in house.store.traffic.window(start, "9999-01-01T00:00:00Z") if one.input is not None]


def case_of(
    one: Interaction, before: Sequence[Interaction], more: Mapping[str, Json], slices: Mapping[str, str] = NOTHING
) -> Case:
    """A case of an anonymous interaction, with `more` in its metadata. What production answered is never the gold."""
    metadata: dict[str, Json] = {
        "origin": "traffic",
        "at": one.at,
        "names": one.metadata.get("names", "not covered"),
        "conversation_id": one.conversation_id or one.id,
    }
    slices = {**slices, "release": one.release} if one.release else slices
    return Case(one.id, conversation_of(one, before), slices=slices, metadata={**metadata, **more, **recorded(one)})


def histories_of(every: Sequence[Interaction]) -> dict[str, list[Interaction]]:
    """For each interaction, what its conversation held before it."""
    conversations: dict[str, list[Interaction]] = {}
    before: dict[str, list[Interaction]] = {}
    for one in sorted(every, key=lambda one: (one.at, one.id)):
        talk = conversations.setdefault(one.conversation_id or one.id, [])
        before[one.id] = list(talk)
        talk.append(one)
    return before


def conversation_of(one: Interaction, before: Sequence[Interaction]) -> Json:
    """What the target is asked: the input alone, or the conversation so far when there is one.

    An input that is a list of chat messages holds its conversation already.
    """
    asked: Json = one.input
    if hasattr(asked, "append") or not before:
        return asked
    said: list[Json] = []
    for earlier in before:
        question: Json = earlier.input
        said += question[-1:] if hasattr(question, "append") else [{"role": "user", "content": question}]
        if earlier.output is not None:
            said.append({"role": "assistant", "content": answer_of(earlier.output)})
    return [*said, {"role": "user", "content": asked}]


def stands_for(one: Interaction, chance: float) -> float:
    """How many interactions of production one stands for that was drawn with a chance from what is kept."""
    return 1 / (chance * (one.probability or 1.0))


def weight_of(one: Interaction, weight: float) -> dict[str, Json]:
    """What a case says of its weight: of what is stored alone, where nobody knows more."""
    found: dict[str, Json] = {"weight": round(weight, 6)}
    return found if one.probability is not None else {**found, "upstream": "unknown"}


def recorded(one: Interaction) -> dict[str, Json]:
    """What a case keeps of an anonymous interaction for its replay: what was answered then, and what its tools gave."""
    found: dict[str, Json] = {}
    if one.output is not None:
        found["answered"] = {"output": answer_of(one.output), "model": one.model, "cost_usd": one.cost_usd}
    tools: dict[str, list[Json]] = {}
    for span in one.spans:
        if span.kind == "tool" and span.error is None:
            tools.setdefault(span.name, []).append(span.output)
    return {**found, "tools": dict(tools)} if tools else found
