"""Mean pooling over a model's hidden states, with a stand-in for the runtime and the tokenizer."""

from types import SimpleNamespace

import numpy as np
import pytest

from foretell.adapters.embedders import onnx
from foretell.adapters.embedders.onnx import LiveOnnx, OnnxEmbedder
from foretell.core.domain.conversation import Reply
from foretell.core.errors import ConfigurationError
from foretell.core.ports.targets import Tools
from foretell.testing.targets import ScriptedWire


class Session:
    """Hidden state of token t: (t, 1). It takes no token types."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="input_ids"), SimpleNamespace(name="attention_mask")]

    def run(self, outputs: None, given: dict) -> list[np.ndarray]:
        assert set(given) == {"input_ids", "attention_mask"}
        ids = given["input_ids"]
        self.batches.append(ids.shape)
        return [np.stack([ids, np.ones_like(ids)], axis=2).astype(np.float32)]


class Tokenizer:
    """One token for each word: its length. Padding is 99, and must not count."""

    def encode_batch(self, texts: list[str]) -> list[SimpleNamespace]:
        rows = [[len(word) for word in text.split()] for text in texts]
        width = max(len(row) for row in rows)
        return [
            SimpleNamespace(
                ids=row + [99] * (width - len(row)),
                attention_mask=[1] * len(row) + [0] * (width - len(row)),
                type_ids=[0] * width,
            )
            for row in rows
        ]


async def test_vectors_are_means_of_length_one_in_the_order_of_the_texts() -> None:
    reply = await LiveOnnx(Session(), Tokenizer()).embed(("aaa a", "aaaa", "a a a"))
    assert np.array(reply.vectors) == pytest.approx(
        np.array([[2 / 5**0.5, 1 / 5**0.5], [4 / 17**0.5, 1 / 17**0.5], [1 / 2**0.5, 1 / 2**0.5]])
    )


async def test_texts_of_like_length_share_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "BATCH", 2)
    session = Session()
    await LiveOnnx(session, Tokenizer()).embed(("a b c d", "a", "a b c d e", "b"))
    assert session.batches == [(2, 1), (2, 5)]


async def test_no_texts_make_no_vectors() -> None:
    assert await LiveOnnx(Session(), Tokenizer()).embed(()) == Reply(cost_usd=0.0)


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(onnx, "import_module", absent)
    with pytest.raises(ConfigurationError) as caught:
        OnnxEmbedder("m.onnx", "tokenizer.json").connect(Tools(ScriptedWire(), {}.get))
    assert str(caught.value) == (
        "embedder 'onnx': needs 'onnxruntime'. Install it: pip install 'foretell[embeddings]'."
    )
