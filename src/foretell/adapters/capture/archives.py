"""Archives of traffic of any size, row by row: interactions, the exports of tracing products, spans as OTLP's JSON.

A form reads one row: into an interaction, or into what of several traces it holds.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, cast

from foretell.adapters.capture import otlp_json
from foretell.adapters.capture.archive_rows import rows_of
from foretell.adapters.capture.fields import mapped
from foretell.adapters.capture.langfuse import langfuse_row
from foretell.adapters.capture.phoenix import is_phoenix, phoenix_row
from foretell.adapters.capture.reading import arrival_of
from foretell.core.domain.arrivals import Losses
from foretell.core.domain.files.interactions import interaction_of
from foretell.core.domain.files.rows import Row
from foretell.core.domain.files.strict import NotJson, parse
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, Problem, suggest
from foretell.core.ports.archives import Archive, Found

Form: TypeAlias = Callable[[str, Mapping[str, Json]], Iterator[Found | Problem]]
"""From where a row is, and the row, to what it holds."""
_SIGNALS: Final = ("resourceSpans", "resourceLogs", "resourceMetrics")


def read_archive(root: str, archive: Archive) -> Iterator[Found | Problem]:
    """See the port `Archives`."""
    form = _form(archive)
    for where, text in rows_of(Path(root, archive.path), archive.path):
        try:
            value = parse(text.decode() if isinstance(text, bytes) else text)
        except (NotJson, UnicodeDecodeError):
            yield Problem(where, "is no JSON in UTF-8.", "Write one object, with finite numbers.")
            continue
        if isinstance(value, dict):
            yield from form(where, cast("dict[str, Json]", value))
        else:
            yield Problem(where, "is not an object.", "A list of objects stands in a file that is named .json.")


def _form(archive: Archive) -> Form:
    """The form that is named; without a name, each row says by itself what it is."""
    if archive.form is None:
        return partial(_interactions, archive.fields) if archive.fields else _recognised
    if archive.form in _TABLES:
        return partial(_TABLES[archive.form], archive.fields)
    if archive.form in _NAMED:
        return _NAMED[archive.form]
    raise BadInput(Problem("--from", f"'{archive.form}' is not known.", suggest(archive.form, FORMS)))


def _recognised(where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    if any(name in row for name in _SIGNALS):
        return _otlp(where, row)
    return phoenix_row(where, row) if is_phoenix(row) else _interactions({}, where, row)


def _interactions(fields: Mapping[str, str], where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    read = Row(where, mapped(row, fields), is_private=True)
    one = interaction_of(read)
    yield from read.problems or (one,)


def _langfuse(fields: Mapping[str, str], where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    return _interactions(fields, where, langfuse_row(row))


def _otlp(where: str, row: Mapping[str, Json]) -> Iterator[Found | Problem]:
    """An export request, as the OpenTelemetry Collector writes one a line; metrics are counted, as are other logs."""
    losses = Losses()
    if not any(isinstance(row.get(name), list) for name in _SIGNALS):
        yield Problem(where, "is no export request: it has no list 'resourceSpans'.", "See what wrote the file.")
        return
    for parcel in otlp_json.parcels_in(row, losses):
        yield arrival_of(parcel.open())
    if losses.rejected:
        yield Problem(where, f"holds spans that cannot be taken: {losses}.", "See what wrote the file.")
    others = Losses(int("resourceMetrics" in row), losses.cut)
    for note in otlp_json.notes_in(row, others):
        yield arrival_of(note.open())
    if others.cut or others.rejected:
        yield others


_NAMED: Final[Mapping[str, Form]] = {"otlp": _otlp, "phoenix": phoenix_row}
_TABLES: Final = {"interactions": _interactions, "langfuse": _langfuse}  # whose fields may be mapped
FORMS: Final = (*_TABLES, *_NAMED)
