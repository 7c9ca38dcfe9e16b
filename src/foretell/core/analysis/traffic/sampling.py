"""Which traces and conversations are kept when they arrive, by a rule that agrees with itself on every machine.

OpenTelemetry's consistent probability: a trace has a randomness R of 56 bits (`ot=rv` in its tracestate, else the last
56 bits of its id) and is kept by every threshold T <= R, so that 1 % lies inside 5 %
(https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/). A conversation is kept or left as a
whole: a hash of its id takes the place of R.
"""

import hashlib
import re
from dataclasses import dataclass

_RANGE = 1 << 56
_HEX = re.compile(r"[0-9a-f]{1,14}")


@dataclass(frozen=True, slots=True)
class Draw:
    """Whether a trace is kept, and the chance that it had, what was drawn before it came here included.

    `probability` is None when nobody knows what was drawn before.
    """

    is_kept: bool
    probability: float | None


@dataclass(frozen=True, slots=True)
class Sampler:
    """Keeps a `share` of traces. `upstream` is the share that arrives of what there was, None when unknown.

    Where a trace's own tracestate says how it was sampled before (`ot=th`), that is believed over `upstream`.
    """

    share: float = 1.0
    upstream: float | None = None

    def draw(self, trace_id: str, state: str, conversation_id: str | None) -> Draw:
        """The decision about a trace, equal for equal arguments. `trace_id` is 32 hex digits."""
        said = _said(state)
        before = said.get("th")
        threshold = round((1 - self.share) * _RANGE)
        if conversation_id is not None:
            return Draw(_randomness(conversation_id) >= threshold, _product(_chance(before, self.upstream), self.share))
        randomness = said.get("rv")
        position = int(trace_id[-14:], 16) if randomness is None else randomness
        if before is None:
            return Draw(position >= threshold, _product(self.upstream, self.share))
        # The same randomness decided before: what is kept now was kept then if its threshold was the lower one.
        threshold = max(threshold, before)
        return Draw(position >= threshold, 1 - threshold / _RANGE)


def rank_of(conversation_id: str) -> float:
    """Where a conversation stands in [0, 1): every share above it keeps the conversation."""
    return (_RANGE - 1 - _randomness(conversation_id)) / _RANGE


def _randomness(conversation_id: str) -> int:
    return int.from_bytes(hashlib.sha256(conversation_id.encode(errors="surrogatepass")).digest()[:7], "big")


def _chance(threshold: int | None, declared: float | None) -> float | None:
    return declared if threshold is None else 1 - threshold / _RANGE


def _product(one: float | None, other: float) -> float | None:
    return None if one is None else one * other


def _said(state: str) -> dict[str, int]:
    """The numbers in the entry `ot` of a tracestate; `th` stands without its trailing zeros, `rv` has 14 digits."""
    if "ot=" not in state:
        return {}
    entry = next((part.strip()[3:] for part in state.split(",") if part.strip().startswith("ot=")), "")
    pairs = (part.partition(":") for part in entry.split(";"))
    found = {name: text for name, _, text in pairs if name in ("th", "rv") and _HEX.fullmatch(text)}
    return {name: int(text.ljust(14, "0"), 16) for name, text in found.items() if name == "th" or len(text) == 14}
