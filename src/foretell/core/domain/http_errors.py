"""What an HTTP status says about a target, in words that a person can act on."""

import json
from collections.abc import Mapping
from typing import Any, cast

from foretell.core.domain.trial import ErrorKind, TrialError

_STATUS_KINDS: Mapping[int, ErrorKind] = {408: "timeout", 429: "rate_limited", 503: "rate_limited"}
_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> TrialError | None:
    """The error that a reply stands for, None for a 2xx. `headers` have lower-case names."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return _redirect(status, headers)
    said, code = _what_it_says(body)
    kind: ErrorKind = _STATUS_KINDS.get(status, "server_error" if status >= 500 else "error")
    if code in _FILTERED:
        kind = "refused"
    return TrialError(kind, f"HTTP {status}: {said}" if said else f"HTTP {status}, no text.")


def unreadable(body: bytes, problem: str = "") -> TrialError:
    """The error of a 2xx reply that is not JSON: HTML, an empty body, JSON that breaks off."""
    start = body[:256].lstrip().lower()
    if not start:
        return TrialError("error", "The reply is empty, JSON was expected.")
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml")):
        return TrialError("error", f"The reply is HTML, JSON was expected: {excerpt(body)}")
    detail = f" ({problem})" if problem else ""
    return TrialError("error", f"The reply is not JSON{detail}: {excerpt(body)}")


def misshapen(body: bytes, problem: str) -> TrialError:
    """The error of a 2xx reply that is JSON, and not what the endpoint's kind gives."""
    return TrialError("error", f"The reply is JSON of another form ({problem}): {excerpt(body)}")


def excerpt(text: bytes | str, limit: int = 200) -> str:
    r"""The first characters of a text on one line, control characters escaped.

    >>> excerpt(b"a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    if isinstance(text, bytes):
        text = text[: limit * 4].decode(errors="replace")
    shown = "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text[:limit])
    return f"{shown}…" if len(text) > limit else shown


def said_by(error: Any) -> tuple[str, str | None]:
    """Message and code of an `error` field: an object as OpenAI writes it, or plain text."""
    fields = _fields(error)
    if fields is None:
        return (excerpt(str(error)) if error else ""), None
    code = fields.get("code") or fields.get("type")
    if (inner := _fields(fields.get("innererror"))) is not None:
        code = inner.get("code", code)
    message = fields.get("message") or json.dumps(fields)
    return excerpt(str(message), 500), code if isinstance(code, str) else None


def _what_it_says(body: bytes) -> tuple[str, str | None]:
    try:
        fields = _fields(json.loads(body)) or {}
    except ValueError:
        fields = {}
    said = next((fields[key] for key in ("error", "message", "detail") if fields.get(key)), None)
    return said_by(said) if said else (excerpt(body), None)


def _fields(value: Any) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def _redirect(status: int, headers: Mapping[str, str]) -> TrialError:
    to = headers.get("location", "").split("?")[0]
    hint = "Redirects are not followed: set url to the final address."
    return TrialError("error", f"HTTP {status}, a redirect to '{excerpt(to)}'. {hint}")
