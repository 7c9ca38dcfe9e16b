"""What a target is: something that answers one turn of a conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from foretell.core.domain.conversation import Chat, Message, Reply
from foretell.core.domain.effects import Effect
from foretell.core.domain.trial import Outcome
from foretell.core.domain.values import Json
from foretell.core.ports.links import Link
from foretell.core.ports.wire import Wire


@dataclass(slots=True)
class Turn:
    """What a target is asked now.

    `input` is the case's input on the first turn and the user's next message later; `history` holds the messages before
    it, empty on the first turn. `case_id` and `repeat` let a recording find its place. `effects` are for targets
    with step seams; one elsewhere is told of a fault beside its `link`, and any other does nothing about them. `link`
    is there for targets whose `traces_port` asks for it. `answered` is what production answered, where traffic is
    replayed.
    """

    input: Json
    case_id: str
    repeat: int = 0
    history: tuple[Message, ...] = ()
    seed: int = 0
    timeout_s: float = 60.0
    run: str = ""
    effects: tuple[Effect, ...] = ()
    link: Link | None = None
    answered: Json = None


class Target(Protocol):
    """A live target. Calls may overlap up to its concurrency.

    One that also has `at_most(turn: Turn, answers: int) -> float | None` says what a turn costs at the most, in USD,
    when so many answers of its own will stand before it, None when it cannot know.
    """

    async def answer(self, turn: Turn) -> Outcome:
        """What the target gave. Its own failures are an Outcome with an error; only a fault of ours may raise."""
        ...

    async def aclose(self) -> None:
        """Free what it holds: processes, files."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a target may use to go live: a wire, secrets by name (None: not set), and the project's folder."""

    wire: Wire
    secret: Callable[[str], str | None]
    root: str = "."


class TargetKind(Protocol):
    """A target's parameters: a frozen dataclass that can go live. `aclose` of what it returns undoes it."""

    def connect(self, tools: Tools) -> Target:
        """The live target.

        Raises:
            ForetellError: it cannot be reached, read or imported.
        """
        ...


class ChatModel(Protocol):
    """A chat model behind one method.

    One that also has `at_most(ask: Chat, answers: int) -> float | None` says what an answer costs at the most, in USD,
    when so many answers of its own will stand before it in the conversation; so money can be set aside for it.
    """

    async def chat(self, ask: Chat) -> Reply:
        """The reply; a failure is a reply with `error`."""
        ...


class ModelKind(Protocol):
    """A model's parameters (a frozen dataclass with at least `model`), able to go live."""

    def connect(self, tools: Tools) -> ChatModel:
        """The live model."""
        ...


class Embedder(Protocol):
    """Texts to vectors of one length each. Deterministic for equal texts."""

    async def embed(self, texts: tuple[str, ...]) -> Reply:
        """A reply with one vector per text, in order, and what they cost."""
        ...


class EmbedderKind(Protocol):
    """An embedder's parameters, able to go live."""

    def connect(self, tools: Tools) -> Embedder:
        """The live embedder."""
        ...
