"""Any endpoint that speaks OpenAI's embeddings."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from foretell.adapters.models.prices import PriceBook, price_book
from foretell.core.domain.conversation import Reply, Usage
from foretell.core.domain.endpoints import OPENAI_URL, key_for
from foretell.core.domain.http_errors import error_of, excerpt, misshapen, unreadable
from foretell.core.domain.secrets import redact
from foretell.core.domain.trial import TrialError
from foretell.core.domain.values import Json
from foretell.core.ports.targets import Tools
from foretell.core.ports.wire import Wire, WireFault, WireReply, WireRequest

BATCH = 256


@dataclass(frozen=True, slots=True)
class OpenAIEmbedder:
    """The embedding model `model` behind `url` (without `/embeddings`).

    `api_key_env` names the variable that holds the key; None is `OPENAI_API_KEY` at OpenAI itself, no key elsewhere.
    `price` is USD per million tokens, `{ input = 0.02 }`; without it the published price is used, and where there is
    none, as for a model on your own machine, the cost is unknown.
    """

    model: str
    url: str = OPENAI_URL
    api_key_env: str | None = None
    price: Mapping[str, Json] | None = None

    def connect(self, tools: Tools) -> "LiveOpenAIEmbedder":
        """The live embedder.

        Raises:
            ConfigurationError: the address or the price cannot be used, or the key is not set.
        """
        where = f"embedder '{self.model}'"
        key = key_for(self.url, self.api_key_env, tools.secret, where)
        given = None if self.price is None else {"output": 0, **self.price}  # an embedding writes no tokens
        return LiveOpenAIEmbedder(tools.wire, self, key, price_book(given, self.url, f"{where}, price"))


class _Vector(msgspec.Struct):
    embedding: tuple[float, ...]
    index: int


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Vectors(msgspec.Struct):
    data: list[_Vector]
    usage: _Usage | None = None


_decoder = msgspec.json.Decoder(_Vectors)


class LiveOpenAIEmbedder:
    """The live embedder: texts go out 256 at a time."""

    def __init__(self, wire: Wire, params: OpenAIEmbedder, key: str | None, prices: PriceBook) -> None:
        self._wire = wire
        self._model = params.model
        self._url = params.url.rstrip("/") + "/embeddings"
        self._key = key
        self._prices = prices
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})

    async def embed(self, texts: tuple[str, ...]) -> Reply:
        """One vector per text, with the tokens and the cost of all of them.

        Raises:
            WireFault: the endpoint gave none; the message never holds the key.
        """
        vectors: list[tuple[float, ...]] = []
        tokens: list[int | None] = []
        for start in range(0, len(texts), BATCH):
            found = await self._batch(texts[start : start + BATCH])
            vectors.extend(vector.embedding for vector in sorted(found.data, key=lambda vector: vector.index))
            tokens.append(found.usage.prompt_tokens if found.usage else None)
        known = [count for count in tokens if count is not None]
        usage = Usage(sum(known), 0) if len(known) == len(tokens) else Usage()
        cost = self._prices.cost((self._model,), usage) if texts else 0.0
        return Reply(vectors=tuple(vectors), model=self._model, usage=usage, cost_usd=cost)

    async def _batch(self, texts: tuple[str, ...]) -> _Vectors:
        # An empty text is refused by most endpoints; a blank one means the same.
        body = msgspec.json.encode({"model": self._model, "input": [text or " " for text in texts]})
        reply = await self._wire.send(WireRequest(self._url, body, self._headers, tokens=len(body) // 4))
        error = error_of(reply.status, reply.headers, reply.body)
        found = error or self._decode(reply, len(texts))
        if isinstance(found, TrialError):
            raise WireFault(found.kind, redact(found.message, [self._key or ""]))
        return found

    @staticmethod
    def _decode(reply: WireReply, wanted: int) -> _Vectors | TrialError:
        try:
            found = _decoder.decode(reply.body)
        except msgspec.ValidationError as problem:
            return misshapen(reply.body, excerpt(str(problem)))
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            return unreadable(reply.body, excerpt(str(problem)))
        if sorted(vector.index for vector in found.data) != list(range(wanted)):
            return TrialError("error", f"{wanted} texts were sent, {len(found.data)} vectors came back.")
        return found
