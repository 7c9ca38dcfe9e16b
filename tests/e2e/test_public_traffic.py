"""Public requests as traffic: a sample in proportion, near-duplicates folded, and a gap of an eval set found."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from foretell.cli import run_command_line

SHARED = Path(os.environ.get("FORETELL_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
CLINC = SHARED / "clinc150-oos"
PROJECT = """
[project]
name = "requests"

[evalsets]
asked = "evals/asked"
core = "evals/core.jsonl"
"""
ALL, DRAWN, Z = 1100, 300, 3.9
"""Interactions of the sample; ten domains all lie within so many standard deviations in 999 of 1,000 samples."""
LACKING = "travel"
COPIES = 5

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not CLINC.is_dir(), reason="the public data is not here")]


def requests() -> Iterator[tuple[str, str, str]]:
    """(text, kind, domain): 20 requests of the first domain, 40 of the second, up to 200 of the tenth."""
    domains: dict[str, list[str]] = json.loads((CLINC / "domains.json").read_text("utf-8"))
    texts: list[list[str]] = json.loads((CLINC / "data_full.json").read_text("utf-8"))["train"]
    for rank, (domain, kinds) in enumerate(sorted(domains.items())):
        each = dict.fromkeys(kinds, 20 * (rank + 1) // len(kinds) + 1)
        left = 20 * (rank + 1)
        for text, kind in texts:
            if left and each.get(kind, 0):
                each[kind] -= 1
                left -= 1
                yield text, kind, domain


@pytest.fixture
def traffic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Requests in the store, each of its own conversation; the domain of each text, which foretell is not told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", "a key for tests")
    Path("foretell.toml").write_text(PROJECT)
    rows = [
        {
            "id": str(number),
            "at": f"2026-11-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z",
            "input": text,
        }
        for number, (text, _, _) in enumerate(requests())
    ]
    Path("t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return {text: domain for text, _, domain in requests()}


def foretell(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert run_command_line([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.timeout(120)
def test_a_sample_holds_every_domain_in_proportion(traffic: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """The tolerance is the error of a simple random sample without replacement; spread over topics it is smaller."""
    assert foretell(capsys, "traffic", "import", "t.jsonl", "--upstream", "1")["new"] == ALL
    foretell(capsys, "traffic", "sample", "--at-most", str(DRAWN), "--into", "asked")
    cases = [json.loads(line) for line in Path("evals/asked/working.jsonl").read_text().splitlines()]
    share = {domain: number / ALL for domain, number in Counter(of for _, _, of in requests()).items()}
    found: Counter[str] = Counter()
    for case in cases:
        found[traffic[case["input"]]] += case["metadata"]["weight"]
    assert sum(found.values()) == pytest.approx(ALL)
    spread = sqrt((1 - DRAWN / ALL) / DRAWN)
    wrong = {
        domain: (found[domain] / ALL, part)
        for domain, part in share.items()
        if abs(found[domain] / ALL - part) > Z * spread * sqrt(part * (1 - part))
    }
    assert wrong == {}


@pytest.mark.timeout(120)
def test_what_asks_the_same_is_one_case_with_their_weight(
    traffic: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [*traffic][::50]
    with Path("t.jsonl").open("a") as file:
        for number, text in enumerate(asked * COPIES):
            copy = {"id": f"copy-{number}", "at": "2026-11-02T00:00:00Z", "input": f"{text.upper()}!"}
            file.write(f"\n{json.dumps(copy)}")
    foretell(capsys, "traffic", "import", "t.jsonl", "--upstream", "0.5")
    whole = ALL + len(asked) * COPIES
    cases = foretell(capsys, "traffic", "sample", "--at-most", str(whole))["cases"]
    assert sum(case["metadata"]["folded"] for case in cases) == whole
    folded = {case["input"].lower().rstrip("!"): case["metadata"] for case in cases}
    for text in asked:
        found = folded[text.lower().rstrip("!")]
        assert found["folded"] >= 1 + COPIES
        assert found["weight"] == found["folded"] / 0.5


@pytest.mark.timeout(120)
def test_coverage_finds_the_domain_that_an_eval_set_lacks(
    traffic: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    texts = json.loads((CLINC / "data_full.json").read_text("utf-8"))["val"]
    domains = {kind: domain for _, kind, domain in requests()}
    cases = [
        {"id": str(number), "input": text}
        for number, (text, kind) in enumerate(texts)
        if domains.get(kind, LACKING) != LACKING
    ]
    Path("evals").mkdir()
    Path("evals/core.jsonl").write_text("\n".join(map(json.dumps, cases)))
    foretell(capsys, "traffic", "import", "t.jsonl", "--upstream", "1")
    found = foretell(capsys, "evalset", "coverage", "core")
    regions = found["regions"][:5]
    named = Counter(traffic[text] for region in regions for text in region["examples"])
    assert named.most_common(1)[0][0] == LACKING
    assert found["covered"]["value"] < 1 - sum(domain == LACKING for domain in traffic.values()) / len(traffic) + 0.1
    assert named[LACKING] > sum(named.values()) / 2, (named, regions)
