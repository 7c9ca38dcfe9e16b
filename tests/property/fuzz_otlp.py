"""A program that feeds the receiver's readers with bytes that coverage leads to: `python fuzz_otlp.py FOLDER SECONDS`.

The folder holds what to begin with. It ends with 0 when nothing but a refusal was raised in that time, and what was
taken can be written as JSON.
"""

import json
import sys

import atheris

with atheris.instrument_imports(include=["foretell"]):
    from foretell.adapters.capture.otlp import JSON, PROTOBUF, Refused, read_export
    from foretell.adapters.capture.reading import CONVERSATION, arrival_of
    from foretell.core.analysis.traffic.personal import Anonymiser
    from foretell.services.covering import covered_arrival
    from foretell.services.growing import Growth

ANONYMISER = Anonymiser(b"key")


def feed(data: bytes) -> None:
    """The first byte chooses what the others are said to be."""
    choice = data[0] if data else 0
    media, encoding = (PROTOBUF, JSON)[choice & 1], ("", "gzip")[choice >> 2 & 1]
    try:
        export = read_export(data[1:], media, encoding, is_notes=bool(choice & 2))
    except Refused:
        return
    parcels = list(export.parcels())
    for parcel in parcels:
        parcel.find(CONVERSATION)
    arrivals = [covered_arrival(ANONYMISER, arrival_of(parcel.open())) for parcel in parcels]
    growth = Growth("i", arrivals, "2026-01-01T00:00:00Z", None, "not covered")
    one = growth(None)
    if one is not None:
        json.dumps([one.input, one.output, dict(one.feedback)], allow_nan=False)
        growth(one)
    export.answer()


if __name__ == "__main__":
    folder, seconds = sys.argv[1:]
    atheris.Setup([sys.argv[0], folder, f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=1500"], feed)
    atheris.Fuzz()
