"""Build the search index from the articles: `python -m support.build_index`.

`index/passages.jsonl` holds the sentences that are searched; `index/manifest.json` says which articles, by digest,
and which embedding they were built with. The build id is a digest of those, so the same articles give the same id.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from . import embedding

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = ROOT / "articles"
MANIFEST = ROOT / "index" / "manifest.json"
PASSAGES = ROOT / "index" / "passages.jsonl"


def describe_articles() -> dict[str, Any]:
    """The manifest that the articles on disk call for."""
    digests = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in sorted(ARTICLES.glob("*.md"))}
    kind = {"kind": "tf-idf + svd", "dimensions": embedding.DIMENSIONS, "ngram": embedding.NGRAM}
    build = hashlib.sha256(json.dumps([kind, digests], sort_keys=True).encode()).hexdigest()[:12]
    return {"build": build, "embedding": kind, "articles": digests}


def split_articles() -> list[dict[str, str]]:
    """One passage for each sentence of each article: the article's id and title, and the sentence."""
    passages: list[dict[str, str]] = []
    for path in sorted(ARTICLES.glob("*.md")):
        title, _, body = path.read_text(encoding="utf-8").partition("\n")
        sentences = re.split(r"(?<=[.!?])\s+", body.strip())
        passages += [{"article": path.stem, "title": title.lstrip("# "), "text": sentence} for sentence in sentences]
    return passages


def build() -> dict[str, Any]:
    """Write the index and return its manifest. The manifest goes last, so that a half-written index counts as stale."""
    manifest = describe_articles()
    lines = [json.dumps(passage, ensure_ascii=False) for passage in split_articles()]
    _write(PASSAGES, "\n".join(lines) + "\n")
    _write(MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return manifest


def is_stale() -> bool:
    """Whether there is no index, or one that was built from other articles."""
    if not (MANIFEST.exists() and PASSAGES.exists()):
        return True
    return json.loads(MANIFEST.read_text(encoding="utf-8")) != describe_articles()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.write_text(text, encoding="utf-8", newline="\n")
    scratch.replace(path)


if __name__ == "__main__":
    print(f"index {build()['build']}: {len(split_articles())} passages")
