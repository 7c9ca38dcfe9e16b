"""Times as files give them: RFC 3339, UTC when no zone is named."""

import re
from datetime import UTC, datetime

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def utc_time(text: str) -> str:
    """A time in its one form, so that equal times are equal texts and later ones sort later.

    >>> utc_time("2026-03-01T09:30:00+02:00")
    '2026-03-01T07:30:00.000000Z'

    Raises:
        ValueError: not RFC 3339.
    """
    return _moment(text).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def epoch_seconds(text: str) -> float:
    """A time as seconds since 1970, in UTC.

    Raises:
        ValueError: not RFC 3339.
    """
    return _moment(text).timestamp()


def _moment(text: str) -> datetime:
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"'{text}' is not an RFC 3339 time")
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text}' is not a time of the calendar") from None
