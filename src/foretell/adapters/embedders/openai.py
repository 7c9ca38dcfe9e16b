"""Any endpoint that speaks OpenAI's embeddings."""

from dataclasses import dataclass

import msgspec

from foretell.core.domain.endpoints import OPENAI_URL, key_for
from foretell.core.domain.faults import excerpt, fault_of, unreadable
from foretell.core.domain.secrets import redact
from foretell.core.domain.trial import TrialError
from foretell.core.ports.targets import Tools
from foretell.core.ports.wire import Wire, WireFault, WireReply, WireRequest

BATCH = 256


@dataclass(frozen=True, slots=True)
class OpenAIEmbedder:
    """The embedding model `model` behind `url` (without `/embeddings`).

    `api_key_env` names the variable that holds the key; None is `OPENAI_API_KEY` at OpenAI itself, no key elsewhere.
    """

    model: str
    url: str = OPENAI_URL
    api_key_env: str | None = None

    def connect(self, tools: Tools) -> "LiveOpenAIEmbedder":
        """The live embedder.

        Raises:
            ConfigurationError: the address cannot be used, or the key is not set.
        """
        key = key_for(self.url, self.api_key_env, tools.secret, f"embedder '{self.model}'")
        return LiveOpenAIEmbedder(tools.wire, self, key)


class _Vector(msgspec.Struct):
    embedding: tuple[float, ...]
    index: int


class _Vectors(msgspec.Struct):
    data: list[_Vector]


_decoder = msgspec.json.Decoder(_Vectors)


class LiveOpenAIEmbedder:
    """The live embedder: texts go out 256 at a time."""

    def __init__(self, wire: Wire, params: OpenAIEmbedder, key: str | None) -> None:
        self._wire = wire
        self._model = params.model
        self._url = params.url.rstrip("/") + "/embeddings"
        self._key = key
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})

    async def embed(self, texts: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
        """One vector per text.

        Raises:
            WireFault: the endpoint gave none; the message never holds the key.
        """
        vectors: list[tuple[float, ...]] = []
        for start in range(0, len(texts), BATCH):
            vectors.extend(await self._batch(texts[start : start + BATCH]))
        return tuple(vectors)

    async def _batch(self, texts: tuple[str, ...]) -> list[tuple[float, ...]]:
        # An empty text is refused by most endpoints; a blank one means the same.
        body = msgspec.json.encode({"model": self._model, "input": [text or " " for text in texts]})
        reply = await self._wire.send(WireRequest(self._url, body, self._headers, tokens=len(body) // 4))
        error = fault_of(reply.status, reply.headers, reply.body)
        found = error or self._decode(reply, len(texts))
        if isinstance(found, TrialError):
            raise WireFault(found.kind, redact(found.message, [self._key or ""]))
        return found

    @staticmethod
    def _decode(reply: WireReply, wanted: int) -> list[tuple[float, ...]] | TrialError:
        try:
            vectors = _decoder.decode(reply.body).data
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            return unreadable(reply.body, excerpt(str(problem)))
        if sorted(vector.index for vector in vectors) != list(range(wanted)):
            return TrialError("error", f"{wanted} texts were sent, {len(vectors)} vectors came back.")
        return [vector.embedding for vector in sorted(vectors, key=lambda vector: vector.index)]
