"""What every target promises, as a check to run on your own; and a wire that answers from a script."""

import asyncio
import dataclasses
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

from foretell.core.domain.trace import Trace
from foretell.core.domain.trial import Outcome
from foretell.core.domain.values import canonical
from foretell.core.ports.targets import Target, TargetKind, Tools, Turn
from foretell.core.ports.wire import WireFault, WireReply, WireRequest

Answer = WireReply | WireFault | bytes


class ScriptedWire:
    """A Wire without a socket: gives the answers of a list in their order, or those of a function.

    Bytes stand for a reply with status 200; a WireFault is raised. `sent` keeps the requests.

    >>> wire = ScriptedWire(b'{"answer": "yes"}')
    >>> asyncio.run(wire.send(WireRequest("http://a.example", b""))).body
    b'{"answer": "yes"}'
    """

    def __init__(self, *answers: Answer, by: Callable[[WireRequest], Answer] | None = None) -> None:
        self.sent: list[WireRequest] = []
        self._answers = deque(answers)
        self._by = by

    async def send(self, request: WireRequest) -> WireReply:
        """The next answer.

        Raises:
            WireFault: the script says so.
            IndexError: the script is at its end.
        """
        self.sent.append(request)
        await asyncio.sleep(0)  # a socket would let others run here, and so must this
        answer = self._by(request) if self._by else self._answers.popleft()
        if isinstance(answer, WireFault):
            raise answer
        if isinstance(answer, bytes):
            return WireReply(200, {"content-type": "application/json"}, answer, 0.01)
        return answer

    async def aclose(self) -> None:
        """Nothing to close."""


async def check_target(kind: TargetKind, tools: Tools, turns: Sequence[Turn]) -> None:
    """Check a kind of target against what foretell relies on, with turns that it can answer, each the same every time.

    Its parameters are a frozen dataclass; it answers alone and at the same time alike, without mixing trials up; what
    it gives can be stored; no secret shows in it; it can be closed twice and made again.

    Raises:
        AssertionError: the first promise that is not kept.
    """
    _check_parameters(kind)
    given: set[str] = set()

    def noted(name: str) -> str | None:
        value = tools.secret(name)
        given.update([value] if value else [])
        return value

    watched = dataclasses.replace(tools, secret=noted)
    alone = await _answers(kind, watched, turns, is_together=False)
    together = await _answers(kind, watched, turns, is_together=True)
    for turn, first, second in zip(turns, alone, together, strict=True):
        name = f"case '{turn.case_id}', repeat {turn.repeat}"
        _check_outcome(first, name, given)
        _require(
            _said(first) == _said(second), f"{name}: alone it says {_said(first)!r}, with others {_said(second)!r}"
        )
    _require(not any(secret in repr(kind) for secret in given), "the parameters' repr shows a secret")


def _check_parameters(kind: TargetKind) -> None:
    _require(
        dataclasses.is_dataclass(kind), f"{type(kind).__name__} is no dataclass: its parameters must be its fields"
    )
    fields = dataclasses.fields(cast("Any", kind))
    twin = type(kind)(**{field.name: getattr(kind, field.name) for field in fields})
    _require(twin == kind, "two kinds with equal parameters are not equal")
    if fields:
        try:
            setattr(kind, fields[0].name, None)
        except dataclasses.FrozenInstanceError:
            return
        raise AssertionError(f"'{fields[0].name}' can be changed: make the dataclass frozen")


async def _answers(kind: TargetKind, tools: Tools, turns: Sequence[Turn], *, is_together: bool) -> list[Outcome]:
    live: Target = kind.connect(tools)
    try:
        if is_together:
            return list(await asyncio.gather(*(live.answer(turn) for turn in turns)))
        return [await live.answer(turn) for turn in turns]
    finally:
        await live.aclose()
        await live.aclose()


def _check_outcome(outcome: Outcome, name: str, secrets: set[str]) -> None:
    _require(isinstance(cast("object", outcome), Outcome), f"{name}: answer() returned no Outcome")
    try:
        canonical(outcome.output)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{name}: the output is not JSON: {error}") from error
    counts = (outcome.usage.input_tokens, outcome.usage.output_tokens, outcome.cost_usd, outcome.latency_ms)
    _require(all(count is None or count >= 0 for count in counts), f"{name}: a count below 0: {counts}")
    if isinstance(outcome.trace, Trace):
        starts = [span.start for span in outcome.trace.spans if span.start is not None]
        _require(starts == sorted(starts), f"{name}: the spans are not in the order in which they started")
    said = outcome.error.message if outcome.error else ""
    _require(not any(secret in said for secret in secrets), f"{name}: the error shows a secret")


def _said(outcome: Outcome) -> object:
    return outcome.error.kind if outcome.error else outcome.output


def _require(is_kept: bool, what: str) -> None:
    if not is_kept:
        raise AssertionError(what)
