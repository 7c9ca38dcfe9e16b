"""Find the help articles that answer a question."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from . import build_index, embedding

ARTICLE_SHARE = 0.35  # of a sentence's score that comes from its whole article
SENTENCES = 2
CLOSE = 0.7  # a sentence below this share of the best one's score is left out


@dataclass(frozen=True)
class Index:
    """The searched sentences, each with a vector of its own and the vector of its article, and the embedding."""

    passages: list[dict[str, str]]
    sentences: embedding.Vectors
    articles: embedding.Vectors
    embedder: embedding.Embedder


@cache
def load_index() -> Index:
    """The index on disk with its vectors. One that is missing or was built from other articles is built first."""
    if build_index.is_stale():
        build_index.build()
    passages: list[dict[str, str]] = [json.loads(line) for line in build_index.PASSAGES.read_text("utf-8").splitlines()]
    sentences = [f"{passage['title']}. {passage['text']}" for passage in passages]
    articles: dict[str, str] = {}
    for passage in passages:
        articles[passage["article"]] = f"{articles.get(passage['article'], passage['title'])} {passage['text']}"
    embedder = embedding.fit([*sentences, *articles.values()])
    whole = dict(zip(articles, embedder.embed(list(articles.values())), strict=True))
    of_article = np.stack([whole[passage["article"]] for passage in passages])
    return Index(passages, embedder.embed(sentences), of_article, embedder)


def search(question: str, limit: int = 2) -> list[dict[str, Any]]:
    """At most `limit` articles, best first: `id`, `text` (the sentences nearest to the question), `score` (0 to 1)."""
    index = load_index()
    query = index.embedder.embed([question])[0]
    scores = (1 - ARTICLE_SHARE) * (index.sentences @ query) + ARTICLE_SHARE * (index.articles @ query)
    best = float(scores.max())
    found: dict[str, dict[str, Any]] = {}
    nearest: list[int] = np.argsort(-scores, kind="stable")[:SENTENCES].tolist()
    for row in nearest:
        passage, score = index.passages[row], float(scores[row])
        if score <= 0 or score < CLOSE * best:
            break
        article = found.setdefault(passage["article"], {"id": passage["article"], "text": "", "score": round(score, 4)})
        article["text"] = f"{article['text']} {passage['text']}".strip()
    return list(found.values())[:limit]
