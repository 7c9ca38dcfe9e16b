"""A sentence model in ONNX form on this machine: files that you name, nothing is downloaded."""

import asyncio
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foretell.core.domain.conversation import Reply
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.core.ports.targets import Tools

BATCH = 32
_INSTALL = "Install it: pip install 'foretell[embeddings]'."


@dataclass(frozen=True, slots=True)
class OnnxEmbedder:
    """The model in the file `model` with the `tokenizer.json` in `tokenizer`, paths relative to the project's folder.

    The vector of a text is the mean of its tokens' last hidden states, of length 1. `max_tokens` of a text are read,
    the rest is left out.
    """

    model: str
    tokenizer: str
    max_tokens: int = 256

    def connect(self, tools: Tools) -> "LiveOnnx":
        """The live embedder, model loaded.

        Raises:
            ConfigurationError: a library or a file is missing, or the file is no such model.
        """
        try:
            runtime: Any = import_module("onnxruntime")
            tokenizers: Any = import_module("tokenizers")
        except ImportError as error:
            raise ConfigurationError(Problem("embedder 'onnx'", f"needs '{error.name}'.", _INSTALL)) from error
        model, vocabulary = (self._file(tools, name) for name in ("model", "tokenizer"))
        try:
            session = runtime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ConfigurationError(Problem("model", f"'{self.model}' is no ONNX model that runs here.")) from error
        try:
            tokenizer: Any = tokenizers.Tokenizer.from_file(str(vocabulary))
        except Exception as error:
            hint = "It is the file tokenizer.json beside a model."
            raise ConfigurationError(Problem("tokenizer", f"'{self.tokenizer}' is no tokenizer.", hint)) from error
        tokenizer.enable_truncation(self.max_tokens)
        tokenizer.enable_padding()
        return LiveOnnx(session, tokenizer)

    def _file(self, tools: Tools, name: str) -> Path:
        path = Path(tools.root) / getattr(self, name)
        if path.is_file():
            return path
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        hint = f"It is looked for at {path}. {suggest(path.name, beside) if beside else ''}".rstrip()
        raise ConfigurationError(Problem(name, f"there is no file '{getattr(self, name)}'.", hint))


class LiveOnnx:
    """The live embedder. The work is done in a thread; the runtime uses all cores by itself."""

    def __init__(self, session: Any, tokenizer: Any) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {entry.name for entry in session.get_inputs()}

    async def embed(self, texts: tuple[str, ...]) -> Reply:
        """One vector per text, of length 1."""
        return Reply(vectors=await asyncio.to_thread(self._embed, texts), cost_usd=0.0)

    def _embed(self, texts: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
        order = sorted(range(len(texts)), key=lambda position: len(texts[position]))  # equal lengths need no padding
        vectors: dict[int, tuple[float, ...]] = {}
        for start in range(0, len(order), BATCH):
            positions = order[start : start + BATCH]
            rows = self._batch([texts[position] for position in positions])
            vectors.update(zip(positions, (tuple(row) for row in rows.tolist()), strict=True))
        return tuple(vectors[position] for position in range(len(texts)))

    def _batch(self, texts: list[str]) -> npt.NDArray[np.float64]:
        encoded = self._tokenizer.encode_batch(texts)
        mask = np.array([entry.attention_mask for entry in encoded], dtype=np.int64)
        given = {
            "input_ids": np.array([entry.ids for entry in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([entry.type_ids for entry in encoded], dtype=np.int64),
        }
        wanted = {name: value for name, value in given.items() if name in self._inputs}
        states = np.asarray(self._session.run(None, wanted)[0], dtype=np.float64)
        kept = mask[:, :, None]
        means = (states * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
        return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
