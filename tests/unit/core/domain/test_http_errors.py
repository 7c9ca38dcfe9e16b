"""What statuses and broken replies are called."""

import json

import pytest

from foretell.core.domain.http_errors import error_of, excerpt, unreadable
from foretell.core.domain.trial import TrialError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (204, None),
        (300, "error"),
        (400, "error"),
        (404, "error"),
        (408, "timeout"),
        (429, "rate_limited"),
        (500, "server_error"),
        (502, "server_error"),
        (503, "rate_limited"),
        (504, "server_error"),
    ],
)
def test_statuses_have_kinds(status: int, kind: str | None) -> None:
    error = error_of(status, {}, b"")
    assert (error and error.kind) == kind


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "No such model.", "code": "model_not_found"}}, ": No such model."),
        ({"error": {"reason": "unknown"}}, ': {"reason": "unknown"}'),
        ({"error": "plain"}, ": plain"),
        ({"message": "flat"}, ": flat"),
        ({"detail": [{"loc": ["body"]}]}, ": [{'loc': ['body']}]"),
        ({"other": 1}, ': {"other": 1}'),
        ([1], ": [1]"),
        ("", ', no text.'),
    ],
)  # fmt: skip
def test_what_an_endpoint_says_is_repeated(body: object, said: str) -> None:
    error = error_of(400, {}, json.dumps(body).encode() if body else b"")
    assert error == TrialError("error", f"HTTP 400{said}")


@pytest.mark.parametrize(
    "error",
    [
        {"message": "Filtered.", "code": "content_filter"},
        {"message": "Filtered.", "type": "content_policy_violation"},
        {"message": "Filtered.", "code": "bad_request", "innererror": {"code": "ResponsibleAIPolicyViolation"}},
    ],
)
def test_a_filter_refuses(error: dict) -> None:
    assert error_of(400, {}, json.dumps({"error": error}).encode()) == TrialError("refused", "HTTP 400: Filtered.")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b" \n", "The reply is empty, JSON was expected."),
        (b"\n <HTML>", "The reply is HTML, JSON was expected: \\n <HTML>"),
        (b"<?xml version='1.0'?>", "The reply is HTML, JSON was expected: <?xml version='1.0'?>"),
        (b'{"a": ', 'The reply is not JSON (cut off): {"a": '),
    ],
)
def test_what_is_no_json_is_described(body: bytes, message: str) -> None:
    assert unreadable(body, "cut off") == TrialError("error", message)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\r\n\x00\x1b[2J\u202e", "a\\tb\\r\\n\\x00\\x1b[2J\\u202e"),
        ("grün 日本", "grün 日本"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("é" * 300, "é" * 200 + "…"),
        ("é".encode() * 300, "é" * 200 + "…"),
    ],
)
def test_excerpts_are_short_and_harmless(text: str | bytes, shown: str) -> None:
    assert excerpt(text) == shown
