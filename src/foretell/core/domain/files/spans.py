"""Spans and token counts as recordings give them."""

from collections.abc import Mapping
from typing import cast

from foretell.core.domain.conversation import Usage
from foretell.core.domain.files.cases import keep_unknown
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import show
from foretell.core.domain.files.times import epoch_seconds
from foretell.core.domain.trace import SPAN_KINDS, Span, SpanKind
from foretell.core.errors import suggest

# Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973.
_TOO_LATE = 1e11

_TOKENS: Mapping[str, tuple[str, ...]] = {
    "input_tokens": ("prompt_tokens",),
    "output_tokens": ("completion_tokens",),
    "cached_tokens": ("cache_read_input_tokens",),
}


def spans_of(row: Row, name: str = "spans") -> tuple[Span, ...]:
    """The spans in a field, in the order in which they started; in that of the file when one has no start."""
    spans = [_span(child) for child in row.children(name)]
    starts = [span.start for span in spans]
    if None not in starts:
        spans.sort(key=lambda span: cast("float", span.start))
    return tuple(spans)


def usage_of(row: Row, name: str = "usage") -> Usage:
    """Token counts; the older names `prompt_tokens` and `completion_tokens` are read too."""
    child = row.child(name, row.mapping(name))
    counts = {ours: _first_count(child, (ours, *others)) for ours, others in _TOKENS.items()}
    return Usage(**counts)


def _first_count(row: Row, names: tuple[str, ...]) -> int | None:
    return next((row.whole(name) for name in names if row.has(name)), None)


def _span(row: Row) -> Span:
    start, end = _seconds(row, "start"), _seconds(row, "end")
    if start is not None and end is not None and end < start:
        row.wrong("end", "is before 'start'.", "Give both in the same unit, seconds or RFC 3339.")
    return Span(
        name=row.name("name"),
        kind=_kind(row),
        span_id=row.text("span_id"),
        parent_id=row.text("parent_id"),
        start=start,
        end=end,
        input=row.take("input"),
        output=row.take("output"),
        error=row.text("error"),
        attributes=keep_unknown(row.mapping("attributes"), row.rest()),
    )


def _kind(row: Row) -> SpanKind:
    kind = row.text("kind")
    if kind is None:
        return "other"
    if kind not in SPAN_KINDS:
        row.wrong("kind", f"is {show(kind)}, not a kind of span.", suggest(kind.lower(), SPAN_KINDS))
        return "other"
    return cast("SpanKind", kind)


def _seconds(row: Row, name: str) -> float | None:
    value = row.take(name)
    if isinstance(value, str):
        try:
            return epoch_seconds(value)
        except ValueError:
            row.wrong(name, f"is {show(value)}, not an RFC 3339 time.", "Write it like 2026-03-01T09:30:00Z.")
            return None
    seconds = row.number(name)
    if seconds is not None and seconds > _TOO_LATE:
        row.wrong(
            name, f"is {show(value)}, too late for seconds.", "Give seconds since 1970, not milli- or nanoseconds."
        )
        return None
    return seconds
