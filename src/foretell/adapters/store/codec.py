"""Values of ours as bytes, and back, exactly.

The encoding is MessagePack of the dataclasses, field by field with names, so that a field that gets a default later
does not disturb what is stored. Numbers over 64 bits and halves of surrogate pairs, which MessagePack cannot hold and
models do produce, go as JSON instead. The first byte of a packed value says which.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, get_type_hints

import msgspec

from foretell.adapters.store.squeeze import squeeze, unsqueeze
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure, ScoreResult
from foretell.core.domain.trace import NotSeen, Span, Trace
from foretell.core.domain.trial import Outcome, TrialError, TrialRecord
from foretell.core.errors import BadInput, ForetellError
from foretell.core.ports.facts import TrialRow

T = TypeVar("T")

_MSGPACK: Final = b"\x01"
_JSON: Final = b"\x02"

_encoder = msgspec.msgpack.Encoder()
_sorted_encoder = msgspec.msgpack.Encoder(order="deterministic")


def encode(value: object, where: str) -> bytes:
    """A value as bytes, not yet compressed.

    Raises:
        BadInput: something in it is not JSON; `where` names the value to people.
    """
    return _encode(_encoder, value, where)


def encode_sorted(value: object, where: str) -> bytes:
    """The same for equal values, whatever the order of their keys. For digests."""
    return _encode(_sorted_encoder, value, where)


def _encode(encoder: msgspec.msgpack.Encoder, value: object, where: str) -> bytes:
    try:
        return _MSGPACK + encoder.encode(value)
    except (OverflowError, UnicodeEncodeError):
        pass
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(where, error) from error
    try:
        return _JSON + json.dumps(msgspec.to_builtins(value), sort_keys=encoder is _sorted_encoder).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(where, error) from error


def _not_json(where: str, error: Exception) -> ForetellError:
    return BadInput.of(where, f"cannot be stored: {error}.", "Give text, numbers, booleans, null, lists and objects.")


def pack(value: object, where: str) -> bytes:
    """A value as compressed bytes."""
    return squeeze(encode(value, where))


class Unpacker(Generic[T]):
    """Reads packed values of one type."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decoder = msgspec.msgpack.Decoder(kind)

    def unpack(self, data: bytes, where: str) -> T:
        """The value that was packed.

        Raises:
            BadInput: the bytes are damaged, or were written by something else; `where` names the value to people.
        """
        try:
            plain = unsqueeze(data)
            if plain[:1] == _JSON:
                return msgspec.convert(json.loads(plain[1:]), self._kind)
            return self._decoder.decode(memoryview(plain)[1:])
        except (ValueError, RecursionError) as error:
            hint = "Restore the store from a copy, or delete it and run again."
            raise BadInput.of(where, f"cannot be read from the store: {error}.", hint) from error


class _StoredTrace(msgspec.Struct, frozen=True):
    """A trace or the reason why there is none: the two encode to different fields."""

    spans: tuple[Span, ...] | None = None
    reason: str | None = None

    def value(self) -> Trace | NotSeen:
        return Trace(self.spans) if self.spans is not None else NotSeen(self.reason or "")


def _stored_form_of_outcome() -> type[msgspec.Struct]:
    """Outcome with its trace as `_StoredTrace`, since msgspec cannot tell the two dataclasses of that union apart."""
    types: dict[str, Any] = get_type_hints(Outcome) | {"trace": _StoredTrace}
    fields: list[tuple[str, Any, Any]] = []
    for field in dataclasses.fields(Outcome):
        if field.default_factory is not dataclasses.MISSING:
            default = msgspec.field(default_factory=field.default_factory)
        else:
            default = _StoredTrace() if field.name == "trace" else field.default
        fields.append((field.name, types[field.name], default))
    return msgspec.defstruct("_StoredOutcome", fields)


_SCORES: Final[tuple[type[ScoreResult], ...]] = (Score, NotApplicable, ScoreFailure)  # the position is what is stored
_KIND_OF: Final[dict[type[ScoreResult], int]] = {kind: position for position, kind in enumerate(_SCORES)}


class _Head(msgspec.Struct, array_like=True):
    """What a list of trials shows, first in the bytes, so that the rest need not be decoded for it."""

    conclusion: Conclusion
    error: TrialError | None


class _StoredTrial(msgspec.Struct, array_like=True):
    """All of a trial but its key. New fields go to the end and have a default."""

    conclusion: Conclusion
    error: TrialError | None
    case_id: str
    attempts: int
    eval_cost_usd: float | None
    outcome: Any
    scores: list[tuple[str, int, Any]]


_heads = Unpacker(_Head)
_trials = Unpacker(_StoredTrial)
_StoredOutcome = _stored_form_of_outcome()


def encode_trial(row: TrialRow, where: str) -> bytes:
    """A trial as bytes, without its key; compressed later, by the writer."""
    record = row.record
    scores = [(name, _KIND_OF[type(result)], result) for name, result in record.scores.items()]
    outcome = record.outcome
    parts = (row.conclusion, outcome.error, record.case_id, record.attempts, record.eval_cost_usd, outcome, scores)
    return encode(parts, where)


def unpack_trial(data: bytes, run: str, case_no: int, repeat: int) -> TrialRow:
    """A trial, whole, from its packed bytes and its key."""
    where = f"Run {run}, case {case_no}, repeat {repeat}"
    stored = _trials.unpack(data, where)
    try:
        outcome = _outcome_of(stored.outcome)
        scores = {name: msgspec.convert(value, _SCORES[kind]) for name, kind, value in stored.scores}
    except (msgspec.ValidationError, IndexError) as error:
        raise BadInput.of(where, f"cannot be read from the store: {error}.") from error
    record = TrialRecord(run, case_no, stored.case_id, repeat, outcome, scores, stored.attempts, stored.eval_cost_usd)
    return TrialRow(record, stored.conclusion)


def unpack_head(data: bytes, where: str) -> tuple[Conclusion, TrialError | None]:
    """What a list shows of a trial: the conclusion and the error."""
    head = _heads.unpack(data, where)
    return head.conclusion, head.error


def _outcome_of(plain: Mapping[str, Any]) -> Outcome:
    stored = msgspec.convert(plain, _StoredOutcome)
    fields = msgspec.structs.asdict(stored)
    return Outcome(**(fields | {"trace": fields["trace"].value()}))
