"""Similarity of embedding vectors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def cosines(rows: Sequence[Sequence[float]], columns: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """The cosine of every row with every column, in [-1, 1]; 0 for a vector of length zero.

    >>> cosines([(1.0, 0.0)], [(2.0, 0.0), (0.0, 3.0)]).tolist()
    [[1.0, 0.0]]

    Raises:
        ValueError: the vectors are not all of one length.
    """
    return np.clip(_unit(rows) @ _unit(columns).T, -1.0, 1.0)


def _unit(vectors: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    matrix = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths == 0.0, 1.0, lengths)
