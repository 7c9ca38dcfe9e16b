"""The model boundary of a drill: a proxy before the target's models, told to the target before it builds its client."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import cast

from foretell.core import plugins
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.runs import Arm
from foretell.core.errors import ConfigurationError, NotEnoughEvidence, Problem
from foretell.core.ports.faults import Proxy

OPENAI = "https://api.openai.com/v1"
USUAL: Mapping[str, str] = {"OPENAI_BASE_URL": OPENAI, "OPENAI_API_BASE": OPENAI}
"""The variables that clients read a model's address from, and where they go without it."""
URL = "url"


@dataclass
class Boundaries:
    """The proxies of some arms, by target name, open until `aclose`."""

    _open: dict[str, tuple[FaultSpec, Proxy]] = field(default_factory=dict[str, tuple[FaultSpec, Proxy]])

    async def behind(self, arm: Arm) -> Arm:
        """The arm with its models behind a proxy, when its fault wants that; else the arm.

        Raises:
            ConfigurationError: nothing can be put between this target and its model.
        """
        fault = arm.fault
        if fault is None or fault.step is not None:
            return arm
        models = _models_of(arm, fault)
        if not models:
            what = f"nothing can be put between the target and its model (kind {arm.target.kind})."
            raise ConfigurationError(Problem(f"fault '{fault.name}', target '{arm.target.name}'", what))
        proxy = cast("Proxy", plugins.build("wires", "model_proxy", {"spec": fault, "models": models}))
        self._open[arm.target.name] = (fault, proxy)
        return _told(arm, await proxy.open())

    def struck_or_raise(self) -> None:
        """See that every fault had something to change.

        Raises:
            NotEnoughEvidence: one had not.
        """
        for fault, proxy in self._open.values():
            if not proxy.struck:
                asked = ", ".join((*USUAL, *fault.addresses))
                hint = f"The target must read its model's address from the environment ({asked})."
                what = "changed nothing: no chat completion was asked for through the proxy."
                raise NotEnoughEvidence(Problem(f"fault '{fault.name}'", what, hint))

    async def aclose(self) -> None:
        """Stop all of them."""
        async with AsyncExitStack() as stack:
            for _, proxy in self._open.values():
                stack.push_async_callback(proxy.aclose)


def _models_of(arm: Arm, fault: FaultSpec) -> Mapping[str, str]:
    """Where the target's models are, by the name under which it looks them up."""
    if arm.target.kind == "model":
        url = arm.target.params.get("url")
        return {URL: str(url)} if url else {URL: OPENAI}
    if not arm.is_isolated and arm.target.kind != "command":
        return {}
    named = {name: address for name in fault.addresses if (address := os.environ.get(name))}
    return {name: os.environ.get(name) or default for name, default in USUAL.items()} | named


def _told(arm: Arm, addresses: Mapping[str, str]) -> Arm:
    target = arm.target
    if target.kind == "model":
        return replace(arm, target=replace(target, params={**target.params, "url": addresses[URL]}))
    if target.kind == "command":
        env = {**target.params.get("env", {}), **addresses}
        return replace(arm, target=replace(target, params={**target.params, "env": env}))
    return replace(arm, environment={**arm.environment, **addresses})
