"""A Python function as a target: called where the application can be imported, its steps seen through seams."""

import asyncio
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from foretell.adapters.targets.effects import Effects
from foretell.adapters.targets.recording import Recording, json_or_raise, trial
from foretell.adapters.targets.reported import reported
from foretell.adapters.targets.seams import Seams, find_owner
from foretell.core.domain.messages import asked, message_fields
from foretell.core.domain.steps import read_steps
from foretell.core.domain.trace import NotSeen, Trace
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.targets import Tools, Turn

GRACE_SECONDS = 1.0
"""How long a coroutine that was cancelled may take to end."""


@dataclass(frozen=True, slots=True)
class PythonTarget:
    """The function `call` (`module:function`), found on `path`: folders, relative to the project's.

    It is called with the input; with the list of messages (`{role, content}`) when there is a history; and with
    `context`, when it has a parameter of that name: `{case_id, repeat, seed, conversation_id}`. It returns its answer
    as text or JSON, or an object with `output` and further fields of a recorded outcome. `steps` are functions of the
    application to be seen in the trace: `retrieve = "acme.search:search"`, or `{ call = "…", kind = "retrieval" }`.
    `traces` asks for the spans of its OpenTelemetry instrumentation, too: its exporter sends them to the run.
    """

    call: str
    path: str | Sequence[str] = "."
    steps: Mapping[str, Json] = field(default_factory=dict[str, Json])
    traces: bool = False

    def connect(self, tools: Tools) -> "LivePython":
        """The live target: modules imported, seams open.

        Raises:
            ConfigurationError: a module or a function is not there.
        """
        where = f"call = '{self.call}'"
        if ":" not in self.call:
            hint = "Write it like acme_support.app:answer."
            raise ConfigurationError(Problem(where, "it is no function's address.", hint))
        steps = read_steps(self.steps, "steps")
        folders = [self.path] if isinstance(self.path, str) else self.path
        roots = tuple(str((Path(tools.root) / folder).resolve()) for folder in folders)
        for root in reversed(roots):
            if root not in sys.path:
                sys.path.insert(0, root)
        seams = Seams()
        # Seams first: a module that imports a step by name then gets the recording one.
        seams.open(steps, "steps")
        try:
            function = _function_at(self.call, where)
        except BaseException:
            seams.close()
            raise
        return LivePython(function, seams, roots, has_steps=bool(steps), is_traced=self.traces)


def _function_at(address: str, where: str) -> Callable[..., Any]:
    owner, name = find_owner(address, where)
    function = getattr(owner, name)
    if not callable(function):
        raise ConfigurationError(Problem(where, "it cannot be called.", "Name a function that takes the input."))
    return function


@dataclass(slots=True)
class _Call:
    """One call of the application. `is_in_thread` is true while a thread runs it."""

    is_in_thread: bool = False


class LivePython:
    """The live target. A coroutine function runs on the loop, any other in a thread of the loop's executor.

    `is_worn` is true once a call went on after its time was up: its process should get no new ones.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        seams: Seams,
        roots: tuple[str, ...],
        *,
        has_steps: bool,
        is_traced: bool = False,
    ) -> None:
        self._function = function
        self._seams = seams
        self._roots = roots
        self._has_steps = has_steps
        self.traces_port = 0 if is_traced else None
        """Where the run listens for spans; 0: on a free port, None: nobody asked."""
        self._takes_context = _takes_context(function)
        self.is_worn = False

    @property
    def orphans(self) -> int:
        """Calls of steps that ran outside of any trial, so that no trace shows them."""
        return self._seams.orphans

    async def answer(self, turn: Turn) -> Outcome:
        """What the function returned; what it raised is the outcome's error."""
        orphans, started = self.orphans, perf_counter()
        with trial(self._seams, Effects(turn.effects, turn.seed)) as recording:
            outcome = await self._in_time(turn)
        latency_ms = (perf_counter() - started) * 1000
        outcome = replace(outcome, latency_ms=latency_ms, orphans=self._seams.claim())
        if not isinstance(outcome.trace, NotSeen) and outcome.trace.spans:
            return outcome  # the application's own account of its steps
        return replace(outcome, trace=self._trace(recording, self.orphans - orphans))

    async def aclose(self) -> None:
        """Close the seams."""
        self._seams.close()

    async def _in_time(self, turn: Turn) -> Outcome:
        """The attempt, ended when its time is up: a coroutine is cancelled, and a thread can only be left behind."""
        call = _Call()
        task = asyncio.create_task(self._attempt(turn, call))
        try:
            if not (await asyncio.wait({task}, timeout=turn.timeout_s))[0]:
                task.cancel()
                await asyncio.wait({task}, timeout=GRACE_SECONDS)
                self.is_worn = self.is_worn or call.is_in_thread or not task.done()
                return Outcome(error=TrialError("timeout", f"no answer within {turn.timeout_s:g} s"))
        finally:
            task.cancel()  # when the trial itself was cancelled; a task that is done does not mind
        if task.cancelled():
            return Outcome(error=TrialError("error", "the target's own task was cancelled"))
        return task.result()

    async def _attempt(self, turn: Turn, call: "_Call") -> Outcome:
        try:
            value = json_or_raise(await self._called(turn, call))
        except Exception as error:  # noqa: BLE001 # whatever the application raises is its outcome
            return Outcome(error=TrialError("error", self._told(error)))
        except SystemExit as error:
            return Outcome(error=TrialError("error", f"SystemExit: {error.code}"))
        if isinstance(value, dict) and "output" in value:
            return reported(cast("Mapping[str, Json]", value), turn)
        return Outcome(output=value)

    async def _called(self, turn: Turn, call: "_Call") -> Any:
        said: Json = turn.input
        if turn.history:
            said = [message_fields(message) for message in (*turn.history, *asked(turn.input))]
        context: dict[str, Json] = {}
        if self._takes_context:
            context["context"] = {
                "case_id": turn.case_id,
                "repeat": turn.repeat,
                "seed": turn.seed,
                "conversation_id": f"{turn.run}/{turn.case_id}/{turn.repeat}",
            }
        if inspect.iscoroutinefunction(self._function):
            return await self._function(said, **context)

        def in_thread() -> Any:
            call.is_in_thread = True
            try:
                return self._function(said, **context)
            finally:
                call.is_in_thread = False

        value = await asyncio.to_thread(in_thread)
        return await value if inspect.isawaitable(value) else value

    def _trace(self, recording: Recording, orphans: int) -> Trace | NotSeen:
        spans = recording.spans()
        if spans:
            return Trace(spans)
        if not self._has_steps:
            return NotSeen("no steps are declared for this target, and it reported none")
        if orphans:
            return NotSeen(
                "its steps ran in threads that are older than the trial, where nobody can tell whose they are"
            )
        return Trace()

    def _told(self, error: Exception) -> str:
        """The error with the last line of the application that it came through."""
        text = f"{type(error).__name__}: {error}"
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            for root in self._roots:
                if Path(frame.filename).is_relative_to(root) and "site-packages" not in frame.filename:
                    return f"{text} ({Path(frame.filename).relative_to(root)}:{frame.lineno} in {frame.name})"
        return text


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        return "context" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
