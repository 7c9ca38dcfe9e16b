"""Names of people, found by a spaCy model through presidio, all of it loaded from this machine: nothing is fetched."""

import importlib
import logging
from collections.abc import Sequence
from typing import Any

from foretell.core.domain.personal import Found
from foretell.core.errors import ConfigurationError, Problem

AT_ONCE = 64
"""Texts of one batch of the model."""

LONGEST = 100_000
"""Characters that the model reads of one text in one piece; a longer text is read in several."""


class PresidioNames:
    """The port `Names` over a spaCy model: `model` is the package that it is installed as.

    Raises:
        ConfigurationError: presidio, spaCy or the model is not installed.
    """

    def __init__(self, model: str) -> None:
        self._engine, self._people, version = _load(model)
        self.identity = f"{model} {version}"

    def find(self, texts: Sequence[str]) -> list[list[Found]]:
        """See the port."""
        parts = [(place, start) for place, text in enumerate(texts) for start in range(0, len(text), LONGEST)]
        pieces = [texts[place][start : start + LONGEST] for place, start in parts]
        # Presidio's analyzer around the two copies what words stand beside each name: for nothing, and it takes time.
        results: Any = self._engine.process_batch(pieces, language="en", batch_size=AT_ONCE)
        found: list[list[Found]] = [[] for _ in texts]
        for (place, start), (text, read) in zip(parts, results, strict=True):
            names = self._people.analyze(text, ["PERSON"], read)
            found[place] += [Found(start + name.start, start + name.end, "name") for name in names]
        return [sorted(one, key=lambda piece: piece.start) for one in found]


def _load(model: str) -> tuple[Any, Any, str]:
    """The engine that reads texts, what takes the people out of what it read, and the version of the model.

    Raises:
        ConfigurationError: see `PresidioNames`.
    """
    try:
        engines: Any = importlib.import_module("presidio_analyzer.nlp_engine")
        spacy: Any = importlib.import_module("spacy")
        recognizers: Any = importlib.import_module("presidio_analyzer.predefined_recognizers")
    except ImportError as error:
        hint = "Install it: pip install 'foretell[anonymise]'; or leave names out of [anonymise]."
        raise ConfigurationError(Problem("[anonymise] names", f"{error.name} is not installed.", hint)) from error
    if not spacy.util.is_package(model):
        hint = f"Install the package of the model, or leave names out of [anonymise]; installed: {_installed(spacy)}."
        raise ConfigurationError(Problem("[anonymise] names", f"there is no spaCy model '{model}' here.", hint))
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # it logs what it reads at lower levels
    nlp = spacy.load(model, exclude=["parser", "lemmatizer", "attribute_ruler", "tagger"])
    engine: Any = engines.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": model}])
    engine.nlp = {"en": nlp}  # loaded already: asked to load, it would fetch what is missing
    people = recognizers.SpacyRecognizer(supported_entities=["PERSON"])
    return engine, people, str(nlp.meta["version"])


def _installed(spacy: Any) -> str:
    return ", ".join(sorted(spacy.util.get_installed_models())) or "none"
