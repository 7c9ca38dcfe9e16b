"""What acts on the calls of a trial's steps: faults and substituted outputs, at the seams, in the worker only."""

import asyncio
import inspect
import itertools
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

import msgspec

from foretell.core import plugins
from foretell.core.domain.effects import Effect, FaultSpec, Substitution
from foretell.core.domain.values import Json, seed_of
from foretell.core.ports.faults import Moment, StepFault


@dataclass(frozen=True, slots=True)
class Acting:
    """What acts on one call: at most one substituted output, else faults in the order in which they were given."""

    faults: tuple[tuple[FaultSpec, StepFault, Moment], ...] = ()
    substituted: Substitution | None = None

    @property
    def calls(self) -> int:
        """How often the step is called for this one call."""
        return 1 if self.substituted is not None else max((fault.calls for _, fault, _ in self.faults), default=1)

    @property
    def delay_s(self) -> float:
        """Seconds that a call is held back."""
        return 0.0 if self.substituted is not None else sum(fault.delay_s for _, fault, _ in self.faults)


@dataclass(slots=True)
class Effects:
    """The effects of one trial, by step. Safe to ask from many threads."""

    given: Sequence[Effect] = ()
    seed: int = 0
    _numbers: "defaultdict[str, itertools.count[int]]" = field(
        default_factory=lambda: defaultdict[str, "itertools.count[int]"](itertools.count)
    )

    def on(self, step: str) -> Acting | None:
        """What acts on the next call of a step, None when nothing does."""
        mine = [effect for effect in self.given if effect.step == step]
        if not mine:
            return None
        number = next(self._numbers[step])
        for effect in mine:
            if isinstance(effect, Substitution) and effect.call in (None, number):
                return Acting(substituted=effect)
        faults = tuple(self._live(effect, number) for effect in mine if isinstance(effect, FaultSpec))
        return Acting(faults) if faults else None

    def _live(self, spec: FaultSpec, number: int) -> tuple[FaultSpec, StepFault, Moment]:
        fault = cast("StepFault", plugins.build("faults", spec.use, spec.params, f"fault '{spec.name}'"))
        rng = Random(seed_of(spec.name, spec.seed, self.seed, number))  # noqa: S311 # dice, not a secret
        return spec, fault, Moment(rng, spec.inputs)


@dataclass(slots=True)
class Call:
    """One call of a step under effects. `note` is told the name of each fault that changed something."""

    acting: Acting
    original: Callable[..., Any]
    note: Callable[[str | None], None]

    def made(self, args: Any, kwargs: Any) -> Any:
        """What the call gives, of the same nature as what the original gives: a value, an awaitable, a stream."""
        if inspect.iscoroutinefunction(self.original):
            return self._made_later(args, kwargs)
        if inspect.isasyncgenfunction(self.original):
            return self._made_stream_later(args, kwargs)
        if inspect.isgeneratorfunction(self.original):
            return self._made_stream(args, kwargs)
        if self.acting.substituted is not None:
            return self._stand_in()
        self._wait()
        result = self._called(args, kwargs)
        if inspect.isawaitable(result):
            return self._after_later(result)
        if inspect.isgenerator(result):
            return self._after_stream(result)
        return self._after_stream_later(result) if inspect.isasyncgen(result) else self._after(result)

    def _called(self, args: Any, kwargs: Any) -> Any:
        try:
            bound = inspect.signature(self.original).bind(*args, **kwargs)
        except (TypeError, ValueError):  # no signature, or a wrong call that the function will speak of
            return self.original(*args, **kwargs)
        for spec, fault, moment in self.acting.faults:
            arguments = bound.arguments
            try:
                given = fault.given(arguments, moment)
            except BaseException:
                self.note(spec.name)
                raise
            if given is not arguments:
                self.note(spec.name)
                bound.arguments = dict(given)
        return self.original(*bound.args, **bound.kwargs)

    def _after(self, output: Any) -> Any:
        for spec, fault, moment in self.acting.faults:
            gave = fault.gave(output, moment)
            if gave is not output:
                self.note(spec.name)
                output = gave
        return output

    def _stand_in(self) -> Any:
        assert self.acting.substituted is not None
        self.note(None)
        return as_the_step_gives(self.original, self.acting.substituted.output)

    def _wait(self) -> None:
        if self._note_delay():
            time.sleep(self.acting.delay_s)

    async def _wait_later(self) -> None:
        if self._note_delay():
            await asyncio.sleep(self.acting.delay_s)

    def _note_delay(self) -> bool:
        for spec, fault, _ in self.acting.faults:
            if fault.delay_s or fault.calls > 1:
                self.note(spec.name)
        return self.acting.delay_s > 0

    async def _made_later(self, args: Any, kwargs: Any) -> Any:
        if self.acting.substituted is not None:
            return self._stand_in()
        await self._wait_later()
        return self._after(await self._called(args, kwargs))

    async def _after_later(self, result: Awaitable[Any]) -> Any:
        return self._after(await result)

    def _made_stream(self, args: Any, kwargs: Any) -> Generator[Any, Any, Any]:
        if self.acting.substituted is not None:
            yield from _pieces(self._stand_in())
            return None
        self._wait()
        return (yield from self._after_stream(self._called(args, kwargs)))

    def _after_stream(self, items: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The stream is read to its end first, since what a fault changes is the whole of it."""
        kept: list[Any] = []
        while True:
            try:
                kept.append(next(items))
            except StopIteration as end:
                yield from _pieces(self._after(_whole(kept)))
                return end.value

    async def _made_stream_later(self, args: Any, kwargs: Any) -> AsyncGenerator[Any, Any]:
        if self.acting.substituted is not None:
            for piece in _pieces(self._stand_in()):
                yield piece
            return
        await self._wait_later()
        async for piece in self._after_stream_later(self._called(args, kwargs)):
            yield piece

    async def _after_stream_later(self, items: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
        kept = [item async for item in items]
        for piece in _pieces(self._after(_whole(kept))):
            yield piece


def _whole(kept: list[Any]) -> Any:
    """A stream of texts as one text, any other as a list: as it stands in the trace."""
    return "".join(kept) if kept and all(isinstance(item, str) for item in kept) else kept


def _pieces(whole: Any) -> Iterable[Any]:
    return cast("list[Any]", whole) if isinstance(whole, list) else (whole,)


def as_the_step_gives(function: Callable[..., Any], output: Json) -> Any:
    """A recorded output as what the function is annotated to return, where that has a JSON form; else as it is."""
    try:
        wanted = inspect.get_annotations(inspect.unwrap(function), eval_str=True).get("return", Any)
    except Exception:  # noqa: BLE001 # an annotation may name anything
        return output
    return converted(output, wanted)


def converted(output: Json, wanted: Any) -> Any:
    """JSON as a type: pydantic models by their own reading, what msgspec knows by msgspec's."""
    read = getattr(wanted, "model_validate", None)
    try:
        return read(output) if callable(read) else msgspec.convert(output, wanted, strict=False)
    except Exception:  # noqa: BLE001 # not of that form, or of a type that has none: the application may take it as it is
        return output
