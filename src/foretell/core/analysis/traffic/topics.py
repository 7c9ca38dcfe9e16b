"""What texts are about: vectors of a corpus at hand, groups of texts with names, near-duplicates, what is near what.

TF-IDF over words and pieces of words (Salton & Buckley 1988), with k-means groups. Fitted once on all the texts that
are asked about, a window of traffic or a set of cases, never on one text alone (docs/adr/0005). No reduced space: whole
vectors told known kinds of requests from unknown ones better, in a fortieth of the time (docs/coverage.md).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import sparse

from foretell.core.ports.findings import Floats, Ints

MOST_GROUPS: Final = 60
SAME: Final = 0.95
"""From this cosine on two texts ask the same."""
_PSEUDONYM = re.compile(r"<([a-z_]+):[a-p]{10}>")
_AT_ONCE: Final = 2048


@dataclass(frozen=True, slots=True)
class Vectors:
    """Texts as sparse rows of length 1. `words` is the part of them that counts whole words, in order of `names`."""

    rows: Any
    words: Any
    names: Sequence[str]

    def pick(self, rows: Sequence[int]) -> "Vectors":
        """The vectors of some texts, in their order."""
        return Vectors(self.rows[rows], self.words[rows], self.names)


@dataclass(frozen=True, slots=True)
class Topics:
    """Texts in groups, the largest first: the number of each text's group, and what groups speak of."""

    group: Ints
    names: tuple[str, ...]


def plain(text: str) -> str:
    """A text as it is compared: lower case, pseudonyms by their kind alone, single spaces."""
    return re.sub(r"[\W_]+", " ", _PSEUDONYM.sub(r" \1 ", text.lower())).strip()


def vectors_of(texts: Sequence[str]) -> Vectors:
    """The vectors of some texts, fitted on all of them; a text without words is like no other."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second, and few commands group texts

    kept = [plain(text) or "wordless" for text in texts]
    by_word: Any = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+")  # noqa: S106 - a pattern, no secret
    by_piece: Any = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5), max_features=100_000)
    words: Any = by_word.fit_transform(kept)
    # Both parts have rows of length 1: weighted 1 to 1/2, and the whole brought back to length 1.
    stack: Any = sparse.hstack([words, 0.5 * by_piece.fit_transform(kept)]) / np.sqrt(1.25)
    return Vectors(stack.tocsr(), words, tuple(by_word.get_feature_names_out()))


def find_topics(vectors: Vectors, seed: int = 0, groups: int | None = None) -> Topics:
    """Texts in groups: as many as asked for, else the square root of half their number, at most 60."""
    size = int(vectors.rows.shape[0])
    wanted = min(size, groups or min(MOST_GROUPS, max(1, round((size / 2) ** 0.5))))
    if wanted <= 1:
        return Topics(np.zeros(size, np.int64), ("all",) if size else ())
    from sklearn.cluster import MiniBatchKMeans  # as above

    means: Any = MiniBatchKMeans(wanted, random_state=seed, batch_size=_AT_ONCE)
    found: Ints = np.asarray(means.fit_predict(vectors.rows), np.int64)
    sizes = np.bincount(found, minlength=wanted)
    rank = np.empty(wanted, np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(wanted)
    group: Ints = rank[found]
    usual = _mean(vectors.words)
    names = [_name(vectors, np.flatnonzero(group == one), usual) for one in range(int((sizes > 0).sum()))]
    return Topics(group, _distinct(names))


def fold_duplicates(texts: Sequence[str], vectors: Vectors) -> Ints:
    """For each text the first that asks the same: equal but for case, signs and pseudonyms, or of nearly its vector."""
    first: dict[str, int] = {}
    same = np.array([first.setdefault(plain(text), number) for number, text in enumerate(texts)], np.int64)
    kept = np.flatnonzero(same == np.arange(len(texts)))
    for start in range(0, len(kept), _AT_ONCE):
        part = kept[start : start + _AT_ONCE]
        alike = (vectors.rows[part] @ vectors.rows[kept].T).tocoo()
        close = alike.data >= SAME
        for one, other in zip(part[alike.row[close]], kept[alike.col[close]], strict=True):
            if other < one and same[one] == one:
                same[one] = same[other]
    return same[same]


def nearest(rows: Any, others: Any) -> tuple[Ints, Floats]:
    """For each row the most alike of the others, and the cosine; (-1, 0) where there are none."""
    size = int(rows.shape[0])
    if not others.shape[0]:
        return np.full(size, -1, np.int64), np.zeros(size)
    best, cosine = np.empty(size, np.int64), np.empty(size)
    for start in range(0, size, _AT_ONCE):
        likeness: Any = rows[start : start + _AT_ONCE] @ others.T
        best[start : start + _AT_ONCE] = np.asarray(likeness.argmax(axis=1)).ravel()
        cosine[start : start + _AT_ONCE] = likeness.max(axis=1).toarray().ravel()
    return best, cosine


def _mean(words: Any) -> Floats:
    return np.asarray(words.mean(axis=0), np.float64).ravel()


def _name(vectors: Vectors, rows: Ints, usual: Floats) -> str:
    """The words that a group's texts say more than all texts do: at most three of more than two letters."""
    weight = _mean(vectors.words[rows]) - usual
    ranked = (str(vectors.names[place]) for place in np.argsort(-weight)[:30])
    return "-".join([word for word in ranked if len(word) > 2][:3]) or "other"


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    found: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return tuple(found)
