"""Any endpoint that speaks OpenAI's chat completions."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from foretell.adapters.models.prices import PriceBook, price_book
from foretell.core.domain.conversation import Chat, Message, Reply, ToolCall, Usage, add_known
from foretell.core.domain.endpoints import OPENAI_HOST, OPENAI_URL, host_of, key_for
from foretell.core.domain.http_errors import error_of, excerpt, misshapen, said_by, unreadable
from foretell.core.domain.messages import message_fields
from foretell.core.domain.secrets import redact
from foretell.core.domain.trial import TrialError
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.targets import Tools
from foretell.core.ports.wire import Wire, WireFault, WireReply, WireRequest

LONGEST_S = 300.0
"""Seconds that a question may take when nothing nearer to it sets a limit; a trial has its own, shorter one."""

_RESERVED = frozenset({"model", "messages", "stream", "n"})


@dataclass(frozen=True, slots=True)
class OpenAIModel:
    """A chat model behind an OpenAI-compatible `url` (without `/chat/completions`).

    `api_key_env` names the variable that holds the key; None is `OPENAI_API_KEY` at OpenAI itself and no key anywhere
    else, so that a key never goes to a host it was not made for. `temperature` None is not sent: newer models refuse
    any but their own. `price` is USD per million tokens, `{input, output, cached_input}`; without it the published
    price is used, and where there is none, as for a model on your own machine, the cost is unknown. `params` are
    sent as they are; `seed` among them replaces the trial's own, and null leaves it out for endpoints that refuse one.
    """

    model: str
    url: str = OPENAI_URL
    api_key_env: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    price: Mapping[str, Json] | None = None
    params: Mapping[str, Json] = field(default_factory=dict[str, Json])

    def connect(self, tools: Tools) -> "OpenAIChat":
        """The live model.

        Raises:
            ConfigurationError: the address or the price cannot be used, or the key is not set.
        """
        where = f"model '{self.model}'"
        if reserved := sorted(_RESERVED & self.params.keys()):
            raise ConfigurationError(Problem(where, f"params must not hold '{reserved[0]}'.", "foretell sets it."))
        key = key_for(self.url, self.api_key_env, tools.secret, where)
        prices = price_book(self.price, self.url, f"{where}, price")
        prices.cost((self.model,), Usage(0, 0))  # loads the published prices now rather than under the first trial
        return OpenAIChat(tools.wire, self, key, prices)


class _Function(msgspec.Struct):
    name: str = ""
    arguments: Any = None


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = None


class _Answer(msgspec.Struct):
    content: Any = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    message: _Answer | None = None
    finish_reason: str | None = None


class _Cached(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Cached | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Completion)
_encoder = msgspec.json.Encoder()


class OpenAIChat:
    """The live model: one request per question, its bytes decoded once.

    An error reply begins with its kind and a colon: `rate_limited: HTTP 429: …` (the kinds are those of a trial).
    """

    def __init__(self, wire: Wire, defaults: OpenAIModel, key: str | None, prices: PriceBook) -> None:
        self._wire = wire
        self._model = defaults.model
        self._url = defaults.url.rstrip("/") + "/chat/completions"
        self._key = key
        self._prices = prices
        # OpenAI's newer models refuse the old name, other endpoints do not know the new one.
        self._limit = "max_completion_tokens" if host_of(defaults.url, "") == OPENAI_HOST else "max_tokens"
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        ours = {"temperature": defaults.temperature, self._limit: defaults.max_tokens}
        ours = {name: value for name, value in ours.items() if value is not None}
        given: dict[str, Json] = {"model": defaults.model, **defaults.params, **ours}
        self._fields = {name: value for name, value in given.items() if value is not None}
        self._has_own_seed = "seed" in defaults.params

    def at_most(self, ask: Chat, answers: int = 0) -> float | None:
        """What an answer costs at the most, in USD; None when its length has no limit or the price is not known.

        `answers` of the model's own, each as long as it may be, are counted into the question.
        """
        limit = self._longest(ask)
        if limit is None:
            return None
        usage = Usage(_tokens_in(self._encode(ask)) + answers * limit, limit)
        return self._prices.cost((self._model,), usage)

    async def chat(self, ask: Chat) -> Reply:
        """The reply; a failure is a reply with `error`, and never holds the key."""
        body = self._encode(ask)
        tokens = _tokens_in(body) + (self._longest(ask) or 0)
        try:
            seconds = LONGEST_S if ask.timeout_s is None else ask.timeout_s
            reply = await self._wire.send(
                WireRequest(self._url, body, self._headers, seconds, tokens=tokens, used=_used)
            )
        except WireFault as fault:
            return self._failed(TrialError(fault.kind, str(fault)))
        error = error_of(reply.status, reply.headers, reply.body)
        if error is None:
            return self._decode(reply)
        # A key that is not let in says nothing about the model: the trial is unscored, not failed.
        kind = "ours" if reply.status in (401, 403) and error.kind == "error" else error.kind
        return self._failed(TrialError(kind, error.message), reply)

    def _longest(self, ask: Chat) -> int | None:
        """The tokens that an answer can have, None when nothing limits them."""
        limit = ask.max_tokens if ask.max_tokens is not None else self._fields.get(self._limit)
        return limit if isinstance(limit, int) else None

    def _encode(self, ask: Chat) -> bytes:
        fields = self._fields.copy()
        if ask.temperature is not None:
            fields["temperature"] = ask.temperature
        if ask.max_tokens is not None:
            fields[self._limit] = ask.max_tokens
        if ask.seed is not None and not self._has_own_seed:
            fields["seed"] = ask.seed
        fields["messages"] = [message_fields(message) for message in ask.messages]
        if ask.tools:
            fields["tools"] = ask.tools
        return _encoder.encode(fields)

    def _decode(self, reply: WireReply) -> Reply:
        try:
            completion = _decoder.decode(reply.body)
        except msgspec.ValidationError as problem:
            return self._failed(misshapen(reply.body, excerpt(str(problem))), reply)
        except msgspec.DecodeError as problem:
            return self._failed(unreadable(reply.body, excerpt(str(problem))), reply)
        except UnicodeDecodeError:
            return self._failed(unreadable(reply.body, "it is not UTF-8"), reply)
        if completion.error:
            return self._failed(TrialError("error", f"The endpoint says: {said_by(completion.error)[0]}"), reply)
        if not completion.choices or completion.choices[0].message is None:
            said = TrialError("error", f"The reply has no choices: {excerpt(reply.body)}")
            return self._failed(said, reply)
        return self._answered(completion, completion.choices[0], completion.choices[0].message, reply)

    def _answered(self, completion: _Completion, choice: _Choice, answer: _Answer, reply: WireReply) -> Reply:
        usage = _usage(completion.usage)
        content, finish = answer.content, choice.finish_reason
        error = None
        if answer.refusal and not content:
            content, finish = answer.refusal, "refusal"
        elif finish == "content_filter" and not content:
            error = "refused: The provider's content filter stopped the answer."
        model = completion.model or self._model
        return Reply(
            message=Message("assistant", content, tuple(_tool_call(call) for call in answer.tool_calls or ())),
            model=model,
            usage=usage,
            cost_usd=self._prices.cost((model, self._model), usage),
            finish_reason=finish,
            system_fingerprint=completion.system_fingerprint,
            error=error,
            headers=reply.headers,
            seconds=reply.seconds,
        )

    def _failed(self, error: TrialError, reply: WireReply | None = None) -> Reply:
        message = redact(error.message, [self._key or ""])
        said = f"{error.kind}: {message}"
        if reply is None:
            return Reply(model=self._model, error=said)
        return Reply(model=self._model, error=said, headers=reply.headers, seconds=reply.seconds)


def _tokens_in(body: bytes) -> int:
    """About how many tokens a request holds: four bytes each, for limits and for money; what it used is known later."""
    return len(body) // 4


def _used(body: bytes) -> int | None:
    """The tokens that a reply says it took, None when it says nothing."""
    try:
        usage = _usage(_decoder.decode(body).usage)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return add_known(usage.input_tokens, usage.output_tokens)


def _tool_call(call: _Call) -> ToolCall:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        # Text that does not decode is what the model said, and what a scorer of tool calls must see.
        with contextlib.suppress(msgspec.DecodeError):
            arguments = msgspec.json.decode(arguments)
    return ToolCall(call.function.name, arguments, call.id)


def _usage(usage: _Usage | None) -> Usage:
    if usage is None:
        return Usage()
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    return Usage(usage.prompt_tokens, usage.completion_tokens, cached)
