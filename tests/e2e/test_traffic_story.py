"""From production to a decision: instrumented, received, sampled, frozen, replayed, gated; nothing raw on any disk."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from foretell.adapters.store.squeeze import unsqueeze
from foretell.cli import run_command_line
from foretell.cli.init import unpack
from tests.loopback_endpoint import Question, chat, endpoint
from tests.serving import serving

pytestmark = pytest.mark.e2e

MAIL, CARD = "ada.byron@post.example", "4000 0566 5566 5556"
HIDDEN = (MAIL.encode(), CARD.encode(), CARD.replace(" ", "").encode())
PERSONAL = (f"I am {MAIL}. Where is order LK-4102?", f"My card {CARD} was charged twice. Do I get a refund?")
REFUSED = "I am sorry, but I cannot help with that."
WALK = (Path(__file__).parents[2] / "docs/traffic.md").read_text("utf-8")


def block(language: str) -> str:
    """The first block of a language on the page that this test walks."""
    found = re.search(rf"^```{language}\n(.*?)^```", WALK, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The example as the walk leaves it, its target the instrumented application itself."""
    unpack("support", tmp_path)
    (tmp_path / "production.py").write_text(block("python"), "utf-8")
    config = tmp_path / "foretell.toml"
    extra, _, rest = block("toml").partition("[evalsets]\n")
    line, _, rest = rest.partition("\n")
    told = config.read_text("utf-8").replace("[evalsets]\n", f"[evalsets]\n{line}\n")
    config.write_text(f"{told.replace('support.app:answer', 'production:answer')}\n{extra}\n{rest}", "utf-8")
    return tmp_path


def requests(shop: Path) -> list[dict[str, str]]:
    """What users ask: the example's own questions, and two with personal data. Those about orders stand alone."""
    lines = (shop / "evals/core/working.jsonl").read_text("utf-8").splitlines()
    asked = sorted([*PERSONAL, *(str(json.loads(line)["input"]) for line in lines)], key=lambda text: "LK-" in text)
    alone = next(number for number, text in enumerate(asked) if "LK-" in text)
    return [
        {"session": f"talk-{number // 2 if number < alone else number}", "question": text}
        for number, text in enumerate(asked)
    ]


async def says(question: Question) -> bytes:
    """A model that repeats what it was told, and refuses where it was told nothing but the question."""
    given = question.text.partition(":\n\n")[2]
    known = re.findall(r"[\w.]+@[\w.]+|<email:\w+>", question.text)
    return chat(" ".join([given, *known]) if given else REFUSED, model="smollm2-135m", id="1", object="o", created=1)


@dataclass
class Shell:
    """The command line in the shop's folder."""

    capsys: pytest.CaptureFixture[str]

    def foretell(self, *words: str, code: int = 0) -> Any:
        """A command's JSON; its exit code must be this."""
        assert run_command_line([*words, "--json"]) == code, self.capsys.readouterr()
        return json.loads(self.capsys.readouterr().out)

    def wait_for(self, interactions: int) -> Any:
        """The list of traffic, once so many traces are put together."""
        for _ in range(100):
            found = self.foretell("traffic", "list")
            if found["interactions"] >= interactions:
                return found
            sleep(0.2)
        raise AssertionError(found)


def serve_customers(shop: Path) -> str:
    """The application at work, in its own process; what it said."""
    asked = "".join(json.dumps(one) + "\n" for one in requests(shop))
    words = [sys.executable, "production.py"]
    done = subprocess.run(words, cwd=shop, input=asked, capture_output=True, text=True, check=False, timeout=80)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stored_values(store: Path) -> Iterator[bytes]:
    """Every value in a store, and what is in it where it is compressed."""
    with closing(sqlite3.connect(store)) as connection:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()
                    if isinstance(value, bytes):
                        with suppress(ValueError):  # not all are
                            yield unsqueeze(value)


@pytest.mark.timeout(150)
def test_production_becomes_a_decision(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop)
    monkeypatch.setenv("FORETELL_PSEUDONYM_KEY", "a key for tests")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with endpoint(says) as model, serving(shop, seconds=140) as served:
        monkeypatch.setenv("FORETELL_DEMO_URL", model.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", served.url)  # for the application under evaluation too
        assert MAIL in serve_customers(shop)
        walk(Shell(capsys), shop)
        broken = shop / "prompts/answer.md"
        broken.write_text(broken.read_text("utf-8").replace("{articles}", "").replace("{order}", ""), "utf-8")
        assert Shell(capsys).foretell("gate", "asked", code=1)["ruling"] == "hold"
        assert served.end() == 143
    assert Shell(capsys).foretell("traffic", "list")["interactions"] == 62
    files = {path: path.read_bytes() for path in shop.rglob("*") if path.is_file()}
    values = [*files.values(), *stored_values(shop / ".foretell/store.db")]
    assert [secret for secret in HIDDEN for value in values if secret in value] == []
    assert any(b"<email:" in value for value in values)


def walk(shell: Shell, shop: Path) -> None:
    """What the page shows, from the traffic that came in to a decision that ships."""
    listed = shell.wait_for(62)
    talks = {one["session"] for one in requests(shop)}
    assert (listed["conversations"], listed["by"]["probability"]) == (len(talks), {"1": 62})
    assert shell.foretell("traffic", "verify")["kinds"] == {}
    drawn = shell.foretell("traffic", "sample", "--at-most", "50", "--into", "asked")
    assert (drawn["interactions"], drawn["drawn"]) == (62, 50)
    shell.foretell("evalset", "freeze", "asked")
    cases = [json.loads(line) for line in (shop / "evals/asked/v1.jsonl").read_text("utf-8").splitlines()]
    assert sum(case["metadata"]["weight"] for case in cases) == pytest.approx(62)
    assert not any("expected" in case for case in cases)
    assert [case for case in cases if "tools" in case["metadata"]]
    runs = shell.foretell("run", "asked")["runs"]
    assert [run["target"] for run in runs] == ["assistant", "production"]
    assert [run["tally"]["successes"] for run in runs] == [len(cases)] * 2
    assert shell.foretell("gate", "asked")["ruling"] == "ship"
