"""Specs to live things, once per process: targets, scorers, models and embedders, all behind one wire per target."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import cast

from foretell.adapters.execution.limits import LimitedWire
from foretell.adapters.execution.patience import Watch
from foretell.core import plugins
from foretell.core.domain.conversation import Ask, Chat, Embed, Reply
from foretell.core.domain.runs import TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec, TrialTask
from foretell.core.domain.values import JsonObject, canonical
from foretell.core.errors import ForetellError
from foretell.core.ports.links import SpanReceiver
from foretell.core.ports.scorers import Scorer
from foretell.core.ports.targets import ChatModel, Embedder, Target, Tools
from foretell.core.ports.wire import Wire


@dataclass(frozen=True, slots=True)
class Bench:
    """A scorer with its spec, ready to use."""

    spec: ScorerSpec
    scorer: Scorer
    needs_expected: bool
    needs_output: bool = True


@dataclass
class Crew:
    """Builds each spec once and keeps it. `limits` are those of the arms, by target name.

    `roots` are the folders of those arms that do not run in `root`, by target name.
    """

    wire: Wire
    secret: Callable[[str], str | None]
    root: str = "."
    limits: Mapping[str, TargetLimits] = field(default_factory=dict[str, TargetLimits])
    roots: Mapping[str, str] = field(default_factory=dict[str, str])
    watch: Watch = field(default_factory=Watch, init=False)
    _targets: dict[str, Target] = field(default_factory=dict[str, Target], init=False)
    _models: dict[str, ChatModel] = field(default_factory=dict[str, ChatModel], init=False)
    _embedders: dict[str, Embedder] = field(default_factory=dict[str, Embedder], init=False)
    _specs: tuple[ScorerSpec, ...] = field(default=(), init=False)
    _benches: tuple[Bench, ...] = field(default=(), init=False)
    _wires: dict[str, Wire] = field(default_factory=dict[str, Wire], init=False)
    _receivers: dict[int, SpanReceiver] = field(default_factory=dict[int, SpanReceiver], init=False)
    _turnstiles: dict[str, asyncio.Semaphore] = field(default_factory=dict[str, asyncio.Semaphore], init=False)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def tools(self, name: str) -> Tools:
        """What a target may use: the shared wire behind its own limits."""
        if name not in self._wires:
            limits = self.limits.get(name, TargetLimits())
            self._wires[name] = LimitedWire(self.wire, limits, rng=random.Random(name))  # noqa: S311 # jitter, not a secret
        return Tools(self._wires[name], self.secret, self.roots.get(name, self.root))

    def target(self, spec: TargetSpec) -> Target:
        """The live target of a spec.

        Raises:
            ForetellError: it cannot be built or reached.
        """
        if spec.name not in self._targets:
            where = f"target '{spec.name}'"
            try:
                kind = plugins.build("targets", spec.kind, spec.params, where)
                self._targets[spec.name] = kind.connect(self.tools(spec.name))
            except ForetellError as error:
                raise error.inside(where) from error
        return self._targets[spec.name]

    async def receiver(self, spec: TargetSpec) -> SpanReceiver | None:
        """Where the spans of a target are sent, listening; None for one that does not ask for it.

        Raises:
            Unreachable: its port is taken.
        """
        port: int | None = getattr(self.target(spec), "traces_port", None)
        if port is None:
            return None
        return await self._receiver_at(port)

    async def exporting(self, spec: TargetSpec) -> Mapping[str, str]:
        """What a process of its own must have in its environment before it imports a target, to see its spans."""
        if spec.kind != "python" or not spec.params.get("traces"):
            return {}
        return (await self._receiver_at(0)).environment()

    async def _receiver_at(self, port: int) -> SpanReceiver:
        async with self._opening:
            if port not in self._receivers:
                receiver = plugins.build("receivers", "otlp", {"listener": plugins.build("listeners", "http", {})})
                await receiver.open(port)
                self._receivers[port] = receiver
        return self._receivers[port]

    def turnstile(self, spec: TargetSpec) -> asyncio.Semaphore:
        """Lets as many trials ask a target as it may be asked at once; others of it may wait for their traces."""
        if spec.name not in self._turnstiles:
            limits = self.limits.get(spec.name, TargetLimits())
            self._turnstiles[spec.name] = asyncio.Semaphore(limits.concurrency)
        return self._turnstiles[spec.name]

    def benches(self, specs: tuple[ScorerSpec, ...]) -> tuple[Bench, ...]:
        """The scorers of a suite, in its order.

        Raises:
            ForetellError: one cannot be built.
        """
        if specs is not self._specs and specs != self._specs:
            self._benches = tuple(self._bench(spec) for spec in specs)
            self._specs = specs
        return self._benches

    @staticmethod
    def _bench(spec: ScorerSpec) -> Bench:
        scorer = plugins.build_scorer(spec)
        needs = bool(getattr(scorer, "needs_expected", False)), bool(getattr(scorer, "needs_output", True))
        return Bench(spec, scorer, *needs)

    async def answer(self, asks: Sequence[Ask]) -> Sequence[Reply]:
        """One round of a dialogue: the questions are asked at once, the replies are in their order."""
        replies = [self._chat(ask) if isinstance(ask, Chat) else self._embed(ask) for ask in asks]
        return [await replies[0]] if len(replies) == 1 else await asyncio.gather(*replies)

    async def _chat(self, ask: Chat) -> Reply:
        name = ask.model or ""
        if name not in self._models:
            return Reply(error=f"no model '{name}' is known to this run")
        return await self._models[name].chat(ask)

    async def _embed(self, ask: Embed) -> Reply:
        return await self._embedder(ask.embedder).embed(ask.texts)

    def _embedder(self, given: str | JsonObject | None) -> Embedder:
        key = canonical(given)
        if key not in self._embedders:
            name, params = plugins.embedder_spec(given)
            self._embedders[key] = plugins.build("embedders", name, params).connect(self.tools(f"embedder {name}"))
        return self._embedders[key]

    def prepare(self, task: TrialTask) -> None:
        """Make live what a task needs beside its target, so that what is missing is told before anything is paid.

        Raises:
            ForetellError: the model that plays the user, a scorer or its embedder cannot be.
        """
        if task.user is not None:
            self.employ_model(task.user)
        for bench in self.benches(task.scorers):
            given = getattr(bench.scorer, "embedder", None)
            if given is not None:
                try:
                    self._embedder(given)
                except ForetellError as error:
                    raise error.inside(f"scorer '{bench.spec.name}'") from error

    def employ_model(self, spec: TargetSpec) -> str:
        """Make a target of kind `model` available to dialogues under its name."""
        if spec.name not in self._models:
            target = self.target(spec)
            self._models[spec.name] = cast("ChatModel", getattr(target, "chat_model", target))
        return spec.name

    async def aclose(self) -> None:
        """Close every target, then the wire, even when one of them will not."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.wire.aclose)
            for live in (*self._receivers.values(), *self._targets.values()):
                stack.push_async_callback(live.aclose)
