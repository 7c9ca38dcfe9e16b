"""The receiver's readers under bytes that coverage leads to, for a minute."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.adapters.capture.exports import (
    as_protobuf,
    logs_as_protobuf,
    logs_of,
    record_of,
    request_of,
    span_of,
    zipped,
)

SECONDS = 60


@pytest.mark.full
@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this interpreter")
def test_nothing_but_a_refusal_is_ever_raised(tmp_path: Path) -> None:
    message = '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]'
    spans = request_of(
        [span_of(attributes={"gen_ai.input.messages": message, "session.id": "s", "a": [1, {"b": 2.5}]})]
    )
    logs = logs_of([record_of("gen_ai.user.message", body={"content": "hi"})])
    seeds = [
        b"\x00" + as_protobuf(spans),
        b"\x01" + json.dumps(spans).encode(),
        b"\x02" + logs_as_protobuf(logs),
        b"\x03" + json.dumps(logs).encode(),
        b"\x04" + zipped(as_protobuf(spans)),
    ]
    for number, seed in enumerate(seeds):
        (tmp_path / f"seed-{number}").write_bytes(seed)
    words = [sys.executable, str(Path(__file__).with_name("fuzz_otlp.py")), str(tmp_path), str(SECONDS)]
    found = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS + 100, check=False)
    assert found.returncode == 0, found.stderr[-4000:]
    runs = [line for line in found.stderr.splitlines() if line.startswith("Done")]
    assert runs, found.stderr[-4000:]
    assert int(runs[0].split()[1]) > 1_000
