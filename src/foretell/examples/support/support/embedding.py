"""Text embeddings small enough to be fitted while the program starts: TF-IDF over word stems and character
n-grams, turned by a truncated singular value decomposition. The same texts always give the same vectors."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DIMENSIONS = 96
NGRAM = 4
STOP_WORDS = frozenset(
    """
    a about am an and any are as at be been but by can could did do does for from get go had has have he hello hi how i
    if in is it its just long many me much my no not of on or our please she so tell thanks that the their them then
    there they this to was we what when where which who why will with would you your
    """.split()  # noqa: SIM905 # eighty quoted words are harder to read
)

Vectors = npt.NDArray[np.float64]


def features(text: str) -> Counter[str]:
    """Count the words of a text (without endings) and the character n-grams that let a misspelt word still match."""
    found: Counter[str] = Counter()
    for word in re.findall(r"[a-z0-9]+", text.lower()):
        if word in STOP_WORDS:
            continue
        found[re.sub(r"(ing|ed|es|s)$", "", word) if len(word) > 4 else word] += 1
        padded = f"_{word}_"
        found.update("#" + padded[start : start + NGRAM] for start in range(max(1, len(padded) - NGRAM + 1)))
    return found


@dataclass(frozen=True)
class Embedder:
    """What `fit` learned: the column of each feature, its weight, and the axes of the reduced space."""

    columns: dict[str, int]
    weights: Vectors
    axes: Vectors

    def embed(self, texts: list[str]) -> Vectors:
        """One row of length one for each text; a text without any known feature is a row of zeros."""
        return _unit_rows(_weighted(texts, self.columns, self.weights) @ self.axes)


def fit(texts: list[str]) -> Embedder:
    """Learn an embedding from texts."""
    counted = [features(text) for text in texts]
    seen = Counter(name for counts in counted for name in counts)
    columns = {name: column for column, name in enumerate(sorted(seen))}
    weights = np.array([math.log((1 + len(texts)) / (1 + seen[name])) + 1 for name in columns])
    rows = _weighted(texts, columns, weights)
    strengths, left = np.linalg.eigh(rows @ rows.T)
    axes = rows.T @ left[:, -DIMENSIONS:] / np.sqrt(np.maximum(strengths[-DIMENSIONS:], 1e-12))
    return Embedder(columns, weights, axes)


def _weighted(texts: list[str], columns: dict[str, int], weights: Vectors) -> Vectors:
    matrix = np.zeros((len(texts), len(columns)))
    for row, text in enumerate(texts):
        for name, count in features(text).items():
            if name in columns:
                matrix[row, columns[name]] = 1 + math.log(count)
    return _unit_rows(matrix * weights)


def _unit_rows(matrix: Vectors) -> Vectors:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths == 0, 1, lengths)
