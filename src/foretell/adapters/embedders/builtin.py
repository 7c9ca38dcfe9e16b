"""Vectors without a model: what words and pieces of words two texts share. Good for near-equal texts, blind to meaning.

No vocabulary is learned: a text's vector must not depend on which other texts it was asked with, or the same pair would
be more or less alike from run to run. Words and pieces are hashed into a fixed number of places with a sign, which
keeps angles up to noise of about 1/√dimensions (Weinberger et al. 2009, "Feature hashing for large scale multitask
learning"). Without a vocabulary there are no document frequencies: longer words count for more instead, since the short
ones are the common ones.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log1p
from typing import Any

import numpy as np
import numpy.typing as npt

from foretell.core.domain.conversation import Reply
from foretell.core.ports.targets import Tools

DIMENSIONS = 512
"""Of each half of a vector: words, and pieces of words of 3 to 5 letters."""

_WORD = re.compile(r"\w+")
_PIECES = (3, 4, 5)


@dataclass(frozen=True, slots=True)
class BuiltinEmbedder:
    """The embedder that is always there. It takes no parameters."""

    def connect(self, tools: Tools) -> "LiveBuiltin":
        """The live embedder; imports scikit-learn, about a second."""
        return LiveBuiltin()


class LiveBuiltin:
    """The live embedder: vectors of 1,024 numbers and length 1, or 0 for a text without a word."""

    def __init__(self) -> None:
        from sklearn.feature_extraction import FeatureHasher

        hasher: Any = FeatureHasher
        self._hasher = hasher(n_features=DIMENSIONS, input_type="dict")

    async def embed(self, texts: tuple[str, ...]) -> Reply:
        """One vector per text. Cosines are between about -0.1 and 1, and 1 for the same words as often."""
        return Reply(vectors=await asyncio.to_thread(self._embed, texts), cost_usd=0.0)

    def _embed(self, texts: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
        counts = [Counter(_WORD.findall(text.casefold())) for text in texts]
        joined = _unit(np.hstack([self._half(_words(count) for count in counts), self._half(map(_pieces, counts))]))
        return tuple(tuple(row) for row in joined.tolist())

    def _half(self, features: Iterator[dict[str, float]]) -> npt.NDArray[np.float64]:
        return _unit(self._hasher.transform(features).toarray())


def _words(count: Counter[str]) -> dict[str, float]:
    """Words with their weights. Said ten times is not ten times as much."""
    return {word: _weight(word) * log1p(times) for word, times in count.items()}


def _pieces(count: Counter[str]) -> dict[str, float]:
    """Pieces of words, which survive endings and typing errors. The pieces of a word share its weight."""
    weights: Counter[str] = Counter()
    for word, times in count.items():
        marked = f"<{word}>"
        pieces = [marked[at : at + size] for size in _PIECES for at in range(len(marked) - size + 1)]
        for piece in pieces:
            weights[piece] += _weight(word) * log1p(times) / len(pieces) ** 0.5  # type: ignore[assignment] # floats add up too
    return dict(weights)


def _weight(word: str) -> float:
    """Common words are short, in every language that has spaces; a number is never common."""
    return 1.0 if any(mark.isdigit() for mark in word) else min(1.0, (len(word) / 7) ** 2)


def _unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1.0, lengths)
