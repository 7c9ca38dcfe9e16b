"""What taking traffic in costs beside its floors.

    python -m benchmarks.ingest              # two minutes

The floors are servers that parse a request and append it to a file, or put its spans into SQLite, before they
acknowledge it. All of them speak HTTP by uvicorn and get the same requests of 512 spans, 2.7 KB each. What one costs
without a request is left out; what its processes cost together counts. See README.md.
"""

import argparse
import asyncio
import gc
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

SPANS = 512
CONNECTIONS = 4
PROJECT = """
[project]
name = "ingest"
[traffic]
share = {share}
upstream = 1.0
"""
TEXT = """
order refund invoice account deliver wrong size tomorrow please help return the my was not and a to yesterday charged
twice card address change parcel number since Monday still waiting nobody answers thank you
"""
WORDS = TEXT.split()


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor and wall seconds for so many spans."""

    cpu: float
    wall: float
    spans: int

    @property
    def micros(self) -> float:
        """Processor time of a span."""
        return self.cpu / self.spans * 1e6


def body_of(number: int) -> bytes:
    """A request: 128 traces of four spans, texts that differ from span to span, some personal data in them."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for place in range(SPANS):
        unique, at = number * SPANS + place, place % 4
        span = spans.add(
            trace_id=os.urandom(8) + (unique // 4).to_bytes(8, "big") if at == 0 else spans[place - 1].trace_id,
            span_id=(unique + 1).to_bytes(8, "big"),
            parent_span_id=b"" if at == 0 else spans[place - at].span_id,
            name="chat small",
            start_time_unix_nano=1_767_225_600_000_000_000 + unique,
            end_time_unix_nano=1_767_225_601_000_000_000 + unique,
        )
        said = " ".join(WORDS[(unique * 7 + step * (at + 3)) % len(WORDS)] for step in range(170))
        told = json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"{unique} {said}"}]}])
        answered = json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": f"Mail u{unique}@a.example. {said}"}]}]
        )
        values: dict[str, Any] = {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "small",
            "gen_ai.response.model": "small-1", "gen_ai.response.id": f"r-{unique}", "gen_ai.usage.input_tokens": 400,
            "gen_ai.usage.output_tokens": 200, "server.address": "api.example.com", "server.port": 443,
            "gen_ai.input.messages": told, "gen_ai.output.messages": answered,
        }  # fmt: skip
        for key, value in values.items():
            pair = span.attributes.add(key=key)
            if isinstance(value, int):
                pair.value.int_value = value
            else:
                pair.value.string_value = value
    return request.SerializeToString()


async def floor(kind: str, folder: Path) -> None:
    """A server that does what must be done, and no more."""
    import socket

    import uvicorn
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    log = (folder / "spans.bin").open("ab", buffering=0)
    database = sqlite3.connect(folder / "spans.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE spans (span BLOB, trace BLOB, at INTEGER, body BLOB)")
    database.execute("CREATE INDEX by_trace ON spans (trace)")
    database.execute("CREATE INDEX by_time ON spans (at)")

    def append(body: bytes) -> None:
        ExportTraceServiceRequest.FromString(body)
        log.write(body)
        os.fsync(log.fileno())

    def insert(body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT INTO spans VALUES (?, ?, ?, ?)",
            (
                (span.span_id, span.trace_id, span.start_time_unix_nano, span.SerializeToString())
                for group in request.resource_spans
                for scope in group.scope_spans
                for span in scope.spans
            ),
        )
        database.execute("COMMIT")

    store: Callable[[bytes], None] = {"append": append, "sqlite": insert}[kind]

    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        parts: list[bytes] = []
        while (message := await receive())["type"] == "http.request":
            parts.append(message["body"])
            if not message.get("more_body"):
                break
        store(b"".join(parts))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}, floor", flush=True)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    await uvicorn.Server(config).serve(sockets=[listener])


async def send(url: str, bodies: list[bytes]) -> float:
    """Send all of them over a few connections; the seconds until the last was acknowledged."""
    waiting = iter(bodies)
    headers = {"content-type": "application/x-protobuf"}

    async def sender(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            status = 429
            while status == 429:
                async with session.post(f"{url}/v1/traces", data=body, headers=headers) as reply:
                    status = reply.status
                if status == 429:
                    await asyncio.sleep(float(reply.headers["retry-after"]))
            assert status == 200

    started = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(sender(session) for _ in range(CONNECTIONS)))
    return time.perf_counter() - started


def cost(command: list[str], share: float | None, bodies: list[bytes]) -> Cost:
    """What a server costs for these requests, in all of its processes."""
    with tempfile.TemporaryDirectory() as folder:
        if share is not None:
            (Path(folder) / "foretell.toml").write_text(PROJECT.format(share=share))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        env = {**os.environ, "FORETELL_PSEUDONYM_KEY": "a key", "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
        with subprocess.Popen(
            [sys.executable, *command, *([] if share is not None else [folder])],
            cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            url = process.stdout.readline().split()[2].rstrip(",")
            wall = asyncio.run(send(url, bodies)) if bodies else 0.0
            process.send_signal(signal.SIGTERM)
            process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, len(bodies) * SPANS)


FLOOR = ["-m", "benchmarks.ingest", "--floor"]
SERVE = ["-m", "foretell", "serve", "--port", "0"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A floor, and foretell keeping a share of the same requests."""

    floor: str
    share: float
    requests: int


PAIRS = (Pair("append", 0.01, 400), Pair("sqlite", 1.0, 24))


def least(command: list[str], share: float | None, bodies: list[bytes], rounds: int) -> Cost:
    """What requests cost, start-up left out; of several rounds the least, since whatever else runs only adds."""
    idle = min(cost(command, share, []).cpu for _ in range(rounds))
    found = [cost(command, share, bodies) for _ in range(rounds)]
    return Cost(min(one.cpu for one in found) - idle, min(one.wall for one in found), found[0].spans)


def main(rounds: int) -> None:
    """Each floor with the server above it."""
    distinct = [body_of(number) for number in range(40)]
    gc.freeze()
    print(f"requests of {SPANS} spans, {len(distinct[0]) / SPANS / 1000:.2f} KB a span")
    for pair in PAIRS:
        bodies = (distinct * 10)[: pair.requests]
        below = least([*FLOOR, pair.floor], None, bodies, rounds)
        above = least(SERVE, pair.share, bodies, rounds)
        for name, found in ((f"parse + {pair.floor}", below), (f"foretell, {pair.share:.0%} kept", above)):
            print(f"{name:24}{found.micros:9.1f} µs CPU a span{found.spans / found.wall:12,.0f} spans/s")
        print(f"{'ratio':24}{below.micros / above.micros:9.2f}{'':15}{below.wall / above.wall:12.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--floor", nargs=2, metavar=("KIND", "FOLDER"))
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    if given.floor:
        asyncio.run(floor(given.floor[0], Path(given.floor[1])))
    else:
        main(given.rounds)
