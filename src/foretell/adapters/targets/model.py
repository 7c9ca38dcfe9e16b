"""A chat model as a target: a prompt, a question, an answer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter, time
from typing import cast, get_args

from foretell.adapters.targets.templates import check_template, fill
from foretell.core import plugins
from foretell.core.domain.conversation import Chat, Message, Reply
from foretell.core.domain.messages import asked
from foretell.core.domain.secrets import name_of_secret
from foretell.core.domain.trace import Span, Trace
from foretell.core.domain.trial import ErrorKind, Outcome, TrialError
from foretell.core.domain.values import Json, text_of
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.core.ports.targets import ChatModel, ModelKind, Tools, Turn

_NAME = re.compile(r"([A-Za-z][\w-]*)(?::/|:|/)(.+)", re.DOTALL)
_ERROR_KINDS = frozenset(get_args(ErrorKind))


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """The model that `model` names as `provider:name` (`openai:gpt-5-mini`; `/` and `:/` are read too).

    Any endpoint that speaks OpenAI's chat completions works as `openai:NAME` with its `url`. `api_key` is
    `{ env = "NAME" }`. `system` is the system prompt; `template` is the first user message, with `{{ input }}` in it.
    `price` is USD per million tokens, `{ input, output, cached_input }`. `params` go to the model as they are.
    """

    model: str
    url: str | None = None
    api_key: Mapping[str, Json] | None = None
    system: str | None = None
    template: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    price: Mapping[str, Json] | None = None
    params: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def connect(self, tools: Tools) -> "LiveModel":
        """The live target.

        Raises:
            ConfigurationError: unknown provider, a key that is not set, a template that cannot be filled.
        """
        where = f"model '{self.model}'"
        provider, name = split_model(self.model, where)
        if problems := check_template(self.template, ("input",), f"{where}, template"):
            raise ConfigurationError(*problems)
        given = {
            "url": self.url,
            "api_key_env": None if self.api_key is None else name_of_secret(self.api_key, f"{where}, api_key"),
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "price": self.price,
            "params": self.params or None,
        }
        params = {"model": name} | {key: value for key, value in given.items() if value is not None}
        kind: ModelKind = plugins.build("models", provider, params, where)
        return LiveModel(kind.connect(tools), provider, self)


def split_model(model: str, where: str) -> tuple[str, str]:
    """Provider and model name.

    >>> split_model("openai:/gpt-5", "")
    ('openai', 'gpt-5')

    Raises:
        ConfigurationError: no provider, or one that is not known.
    """
    match = _NAME.fullmatch(model)
    known = plugins.known("models")
    anywhere = "Any endpoint that speaks OpenAI's chat completions works as openai:NAME with its url."
    if match is None:
        hint = f"Write provider:name, like openai:{model or 'gpt-5-mini'}. {anywhere}"
        raise ConfigurationError(Problem(where, "no provider is named.", hint))
    if match[1] not in known:
        hint = f"{suggest(match[1], known)} {anywhere}"
        raise ConfigurationError(Problem(where, f"provider '{match[1]}' is not known.", hint))
    return match[1], match[2]


class LiveModel:
    """The live target. `chat_model` is the model alone, for dialogues that ask it their own questions."""

    def __init__(self, chat_model: ChatModel, provider: str, params: ModelTarget) -> None:
        self.chat_model = chat_model
        self._system = () if params.system is None else (Message("system", params.system),)
        self._template = params.template
        self._name = f"chat {params.model}"
        self._known: dict[str, Json] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": params.model,
        }

    async def answer(self, turn: Turn) -> Outcome:
        """The model's answer to the conversation so far."""
        sent = self._messages(turn)
        started, at = perf_counter(), time()
        reply = await self.chat_model.chat(Chat(sent, seed=turn.seed, timeout_s=turn.timeout_s))
        seconds = perf_counter() - started if reply.seconds is None else reply.seconds
        error = _error_of(reply)
        answer = reply.message
        return Outcome(
            output=None if answer is None or error is not None else answer.content,
            messages=sent if answer is None else (*sent, answer),
            trace=Trace((self._span(reply, error, at, seconds),)),
            model=reply.model,
            usage=reply.usage,
            cost_usd=reply.cost_usd,
            latency_ms=seconds * 1000,
            finish_reason=reply.finish_reason,
            system_fingerprint=reply.system_fingerprint,
            error=error,
            at=datetime.fromtimestamp(at + seconds, UTC).isoformat(timespec="milliseconds"),
        )

    def at_most(self, turn: Turn, answers: int = 0) -> float | None:
        """What a turn costs at the most, in USD, None when the model cannot say; see `ChatModel`."""
        ask: Callable[[Chat, int], float | None] | None = getattr(self.chat_model, "at_most", None)
        return None if ask is None else ask(Chat(self._messages(turn)), answers)

    async def aclose(self) -> None:
        """Nothing to free: the wire belongs to whoever made it."""

    def _messages(self, turn: Turn) -> tuple[Message, ...]:
        said = asked(turn.input)
        if self._template is not None and not turn.history:
            said = (Message("user", text_of(fill(self._template, {"input": turn.input}))),)
        messages = (*turn.history, *said)
        if not self._system or any(message.role == "system" for message in messages):
            return messages  # the case brings its own, or the history begins with ours
        return (*self._system, *messages)

    def _span(self, reply: Reply, error: TrialError | None, at: float, seconds: float) -> Span:
        attributes = self._known.copy()
        if reply.model is not None:
            attributes["gen_ai.response.model"] = reply.model
        if reply.finish_reason:
            attributes["gen_ai.response.finish_reasons"] = [reply.finish_reason]
        if reply.usage.input_tokens is not None:
            attributes["gen_ai.usage.input_tokens"] = reply.usage.input_tokens
        if reply.usage.output_tokens is not None:
            attributes["gen_ai.usage.output_tokens"] = reply.usage.output_tokens
        said = error.message if error else None
        return Span(self._name, "llm", None, None, at, at + seconds, None, None, said, attributes)


def _error_of(reply: Reply) -> TrialError | None:
    """The error of a reply; its text may begin with a kind and a colon."""
    if reply.error is None:
        return None
    kind, colon, message = reply.error.partition(": ")
    if colon and kind in _ERROR_KINDS:
        return TrialError(cast("ErrorKind", kind), message)
    return TrialError("error", reply.error)
