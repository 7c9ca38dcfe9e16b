"""Specs to live things, once per process: targets, scorers, models and embedders, all behind one wire per target."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from foretell.adapters.execution.limits import LimitedWire
from foretell.core import plugins
from foretell.core.domain.conversation import Ask, Chat, Embed, Reply
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec
from foretell.core.domain.values import canonical
from foretell.core.ports.scorers import Scorer
from foretell.core.ports.targets import ChatModel, Embedder, Target, Tools
from foretell.core.ports.wire import Wire


@dataclass(frozen=True, slots=True)
class Bench:
    """A scorer with its spec, ready to use."""

    spec: ScorerSpec
    scorer: Scorer
    needs_expected: bool


@dataclass
class Crew:
    """Builds each spec once and keeps it. `limits` are those of the arms, by target name."""

    wire: Wire
    secret: Callable[[str], str | None]
    root: str = "."
    limits: Mapping[str, TargetLimits] = field(default_factory=dict[str, TargetLimits])
    _targets: dict[str, Target] = field(default_factory=dict[str, Target], init=False)
    _models: dict[str, ChatModel] = field(default_factory=dict[str, ChatModel], init=False)
    _embedders: dict[str, Embedder] = field(default_factory=dict[str, Embedder], init=False)
    _benches: dict[tuple[str, ...], tuple[Bench, ...]] = field(
        default_factory=dict[tuple[str, ...], tuple[Bench, ...]], init=False
    )
    _wires: dict[str, Wire] = field(default_factory=dict[str, Wire], init=False)

    def tools(self, name: str) -> Tools:
        """What a target may use: the shared wire behind its own limits."""
        if name not in self._wires:
            limits = self.limits.get(name, TargetLimits())
            self._wires[name] = LimitedWire(self.wire, limits, rng=random.Random(name))  # noqa: S311 # jitter, not a secret
        return Tools(self._wires[name], self.secret, self.root)

    def target(self, spec: TargetSpec) -> Target:
        """The live target of a spec.

        Raises:
            ForetellError: it cannot be built or reached.
        """
        if spec.name not in self._targets:
            kind = plugins.build("targets", spec.kind, spec.params, f"target '{spec.name}'")
            self._targets[spec.name] = kind.connect(self.tools(spec.name))
        return self._targets[spec.name]

    def benches(self, specs: tuple[ScorerSpec, ...]) -> tuple[Bench, ...]:
        """The scorers of a suite, in its order."""
        key = tuple(spec.name for spec in specs)
        found = self._benches.get(key)
        if found is None or any(bench.spec != spec for bench, spec in zip(found, specs, strict=True)):
            found = tuple(self._bench(spec) for spec in specs)
            self._benches[key] = found
        return found

    @staticmethod
    def _bench(spec: ScorerSpec) -> Bench:
        scorer = plugins.build_scorer(spec)
        return Bench(spec, scorer, bool(getattr(scorer, "needs_expected", False)))

    async def answer(self, asks: Sequence[Ask]) -> Sequence[Reply]:
        """One round of a dialogue: every question's reply, in order."""
        return [await self._chat(ask) if isinstance(ask, Chat) else await self._embed(ask) for ask in asks]

    async def _chat(self, ask: Chat) -> Reply:
        name = ask.model or ""
        if name not in self._models:
            return Reply(error=f"no model '{name}' is known to this run")
        return await self._models[name].chat(ask)

    async def _embed(self, ask: Embed) -> Reply:
        key = canonical(ask.embedder)
        if key not in self._embedders:
            name, params = plugins.embedder_spec(ask.embedder)
            self._embedders[key] = plugins.build("embedders", name, params).connect(self.tools(f"embedder {name}"))
        return Reply(vectors=await self._embedders[key].embed(ask.texts))

    def employ_model(self, spec: TargetSpec) -> str:
        """Make a target of kind `model` available to dialogues under its name."""
        if spec.name not in self._models:
            target = self.target(spec)
            self._models[spec.name] = cast("ChatModel", getattr(target, "chat_model", target))
        return spec.name

    async def aclose(self) -> None:
        """Close every target, then the wire."""
        for target in self._targets.values():
            await target.aclose()
        await self.wire.aclose()


def crew_for(arms: Sequence[Arm], wire: Wire, secret: Callable[[str], str | None], root: str) -> Crew:
    """A crew that knows the limits of some arms."""
    return Crew(wire, secret, root, {arm.target.name: arm.limits for arm in arms})
