"""A proxy between a target and its model: what passes, what a fault changes, and who is told its address."""

import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from foretell.adapters.execution.local import LocalExecutor
from foretell.adapters.wire.proxy import ModelProxy
from foretell.core.domain.cases import Case
from foretell.core.domain.effects import FaultSpec
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.trial import TargetSpec, TrialLimits, TrialRecord, TrialTask
from foretell.core.errors import ConfigurationError, NotEnoughEvidence
from foretell.core.ports.execution import Workload
from tests.loopback_endpoint import Endpoint, Question, endpoint, http

APP = """
import json, os, urllib.request
URL = os.environ.get("SHOP_MODEL", "") + "/chat/completions"
def answer(said):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": said}]}).encode()
    request = urllib.request.Request(URL, body, {"Content-Type": "application/json", "Authorization": "Bearer k"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        read = json.load(reply)
    return {"output": read["choices"][0]["message"]["content"]}
def silent(said):
    return said
"""


async def completed(question: Question) -> bytes:
    message = {"role": "assistant", "content": f"Echo of {question.text}, 3 days."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 8, "completion_tokens": 10, "total_tokens": 18}
    return http(json.dumps({"model": "m", "choices": [choice], "usage": usage}).encode())


@pytest.fixture(scope="module")
def model() -> Iterator[Endpoint]:
    with endpoint(completed) as made:
        yield made


@asynccontextmanager
async def proxied(model: Endpoint, use: str, **params: object) -> AsyncIterator[tuple[ModelProxy, str]]:
    proxy = ModelProxy(FaultSpec("f", use, params), {"SHOP_MODEL": model.url})
    try:
        yield proxy, (await proxy.open())["SHOP_MODEL"]
    finally:
        await proxy.aclose()


async def ask(address: str, **fields: object) -> tuple[int, str]:
    body = {"model": "m", "messages": [{"role": "user", "content": "boots"}], **fields}
    async with aiohttp.ClientSession() as session, session.post(f"{address}/chat/completions", json=body) as reply:
        return reply.status, await reply.text()


async def test_a_reply_is_changed_on_its_way_back(model: Endpoint) -> None:
    async with proxied(model, "model_refuses") as (proxy, address):
        status, text = await ask(address)
        told = json.loads(text)
        assert (status, told["choices"][0]["message"]["content"]) == (200, "I'm sorry, but I can't help with that.")
        assert told["usage"] == {"prompt_tokens": 8, "completion_tokens": 17, "total_tokens": 25}
        assert proxy.struck == 1


async def test_who_asked_for_a_stream_gets_one(model: Endpoint) -> None:
    async with proxied(model, "model_truncated", keep=0.25) as (_, address):
        _, text = await ask(address, stream=True)
    events = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    pieces = [json.loads(event) for event in events[:-1]]
    assert pieces[0]["choices"][0]["delta"]["content"] == "Echo "
    assert [piece["choices"][0]["finish_reason"] for piece in pieces if piece["choices"]] == [None, "length"]


async def test_a_retried_request_is_sent_and_paid_twice(model: Endpoint) -> None:
    async with proxied(model, "model_retried", times=2) as (_, address):
        before = model.asked["boots"]
        _, text = await ask(address)
        assert model.asked["boots"] - before == 2
        assert json.loads(text)["usage"] == {"prompt_tokens": 16, "completion_tokens": 20, "total_tokens": 36}


async def test_a_storm_turns_some_away_and_the_same_ones_each_time(model: Endpoint) -> None:
    async def statuses() -> list[int]:
        async with proxied(model, "model_busy", share=0.5) as (proxy, address):
            found = [(await ask(address, seed=number))[0] for number in range(12)]
            assert proxy.struck == found.count(429)
            return found

    first = await statuses()
    assert set(first) == {200, 429}
    assert await statuses() == first


async def test_other_requests_pass_unchanged(model: Endpoint) -> None:
    async with proxied(model, "model_refuses") as (proxy, address), aiohttp.ClientSession() as session:
        async with session.post(f"{address}/embeddings", json={"input": "boots", "model": "e"}) as reply:
            assert (reply.status, (await reply.json())["choices"][0]["message"]["content"]) == (
                200,
                "Echo of boots, 3 days.",
            )
        assert proxy.struck == 0


def shop(tmp_path: Path, call: str, fault: FaultSpec | None) -> Arm:
    (tmp_path / "shop.py").write_text(APP)
    target = TargetSpec("shop", "python", {"call": f"shop:{call}"})
    return Arm(target, TargetLimits(concurrency=2, trial=TrialLimits(timeout_s=20)), is_isolated=True, fault=fault)


async def worked(arm: Arm, root: str) -> list[TrialRecord]:
    tasks = [TrialTask("r", number, Case(f"c{number}", f"q{number}"), 0, 0, arm.target, ()) for number in range(3)]
    return [record async for record in LocalExecutor(os.environ.get, root).run(Workload((arm,), tasks))]


async def test_a_worker_finds_its_model_behind_the_proxy(
    model: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_MODEL", model.url)
    fault = FaultSpec("no", "model_refuses", addresses=("SHOP_MODEL",))
    spoilt = await worked(shop(tmp_path, "answer", fault), str(tmp_path))
    good = await worked(shop(tmp_path, "answer", None), str(tmp_path))
    assert {record.outcome.output for record in spoilt} == {"I'm sorry, but I can't help with that."}
    assert {record.outcome.output for record in good} == {f"Echo of q{number}, 3 days." for number in range(3)}


async def test_a_fault_that_nobody_meets_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotEnoughEvidence, match="no chat completion was asked for through the proxy"):
        await worked(shop(tmp_path, "silent", FaultSpec("no", "model_refuses")), str(tmp_path))


async def test_a_model_is_put_behind_it_too(model: Endpoint, tmp_path: Path) -> None:
    params = {"model": "openai:m", "url": model.url}
    arm = Arm(TargetSpec("m", "model", params), fault=FaultSpec("no", "model_refuses"))
    assert {record.outcome.output for record in await worked(arm, str(tmp_path))} == {
        "I'm sorry, but I can't help with that."
    }


async def test_a_program_is_told_by_its_environment(
    model: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_MODEL", model.url)
    (tmp_path / "shop.py").write_text(APP)
    code = "import json, sys, shop; print(json.dumps(shop.answer(json.load(sys.stdin)['input'])))"
    arm = Arm(
        TargetSpec("p", "command", {"command": [sys.executable, "-c", code]}),
        fault=FaultSpec("no", "model_refuses", addresses=("SHOP_MODEL",)),
    )
    assert {record.outcome.output for record in await worked(arm, str(tmp_path))} == {
        "I'm sorry, but I can't help with that."
    }


async def test_what_has_no_boundary_is_refused(tmp_path: Path) -> None:
    arm = Arm(TargetSpec("h", "http", {"url": "http://127.0.0.1:9/"}), fault=FaultSpec("no", "model_refuses"))
    with pytest.raises(ConfigurationError, match=r"nothing can be put between the target and its model \(kind http\)"):
        await worked(arm, str(tmp_path))
