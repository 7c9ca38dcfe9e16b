"""JSON values, their canonical form, and content hashes: everything that is stored is named by what it contains."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value (null, boolean, number, text, list, object). Checked where it is read, not by the type checker."""

JsonObject: TypeAlias = Mapping[str, Any]


# Made once: making an encoder takes as long as encoding a short value.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Json) -> str:
    """The one JSON text of a value: sorted keys, no spaces, UTF-8 kept as it is.

    >>> canonical({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return _CANONICAL.encode(value)


def content_hash(value: Json) -> str:
    """SHA-256 of the canonical form, in hex (64 characters)."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def text_of(value: Json) -> str:
    """What a person would read: text as it is, null as nothing, anything else as canonical JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else canonical(value)


def seed_of(*parts: str | int) -> int:
    """A 31-bit seed that depends on all the parts and on nothing else; the same on every machine."""
    digest = hashlib.blake2b("\x1f".join(str(part) for part in parts).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & 0x7FFFFFFF


def key_of(text: str) -> int:
    """A signed 63-bit integer that stands for a text in columns; collisions among a million texts: about 5e-8."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def printable(text: str) -> str:
    """Text that a terminal cannot obey: control characters are shown, not sent.

    >>> printable("a\x1b[31m")
    'a\\x1b[31m'
    """
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)
