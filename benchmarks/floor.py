"""The floor: what the same calls cost without foretell. One aiohttp session, N calls, a JSON line for each answer.

python -m benchmarks.floor --url http://127.0.0.1:8000/v1 --cases 1000 --concurrency 64 --out answers.jsonl
"""

import argparse
import asyncio
import json
from pathlib import Path
from time import perf_counter

import aiohttp


async def main(url: str, cases: int, concurrency: int, out: Path) -> None:
    """Ask all of them, and write what was said, whether it is right and how long it took."""
    numbers = iter(range(cases))
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        with out.open("w") as file:

            async def hand() -> None:
                for number in numbers:
                    said = [{"role": "user", "content": f"Case {number}: what is six times seven?"}]
                    began = perf_counter()
                    async with session.post(f"{url}/chat/completions", json={"model": "mock", "messages": said}) as got:
                        reply = await got.json()
                    text, seconds = reply["choices"][0]["message"]["content"], perf_counter() - began
                    row = {"id": number, "output": text, "right": "42" in text, "s": seconds, "usage": reply["usage"]}
                    file.write(json.dumps(row) + "\n")

            await asyncio.gather(*(hand() for _ in range(concurrency)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--cases", type=int, required=True)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(main(given.url, given.cases, given.concurrency, given.out))
