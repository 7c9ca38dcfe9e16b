"""Every mistake that a user is likely to make, one by one, in an otherwise sound project."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from foretell import cli
from tests.e2e.recorded_project import change, write_lines, write_project, write_text

TEN_MISTAKES = """
[project]
nam = "codes"
currency = "dollars"

[targets.recording]
kind = "recorder"

[evalsets]
Core = "cases.jsonl"

[suites.system]
layer = "attic"
evalset = "core"
target = "recordin"
scorers = ["exact_mach", "recorded"]
success = "exact_mach and"
repeats = 0

[gates.floor]
suites = ["sistem"]
baseline = "last week"
success = { at_least = 80 }
modes = { refusals = { at_most = 0.01 } }
"""


@dataclass(frozen=True)
class Mistake:
    """What was done wrong in a sound project, the command that meets it, and the code it has to end with."""

    name: str
    words: str
    code: int
    make: Callable[[Path], object] = lambda folder: None


def succeed(words: str) -> None:
    assert cli.run_command_line(words.split()) == 0


def baseline(folder: Path) -> None:
    succeed("run")
    succeed("baseline set latest --gate drop")


def no_suite(folder: Path) -> None:
    write_text(folder / "foretell.toml", '[project]\nname = "empty"\n')


def scorer(text: str) -> Callable[[Path], None]:
    """A [scorers] table of this text, in place of the suite's scorer."""

    def make(folder: Path) -> None:
        change(folder / "foretell.toml", '["recorded"]', '["mine"]')
        path = folder / "foretell.toml"
        write_text(path, f"{path.read_text(encoding='utf-8')}\n[scorers.mine]\n{text}\n")

    return make


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: change(folder / name, old, new)


def written(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: write_text(folder / name, text)


def lines(name: str, *rows: dict[str, object]) -> Callable[[Path], None]:
    return lambda folder: write_lines(folder / name, rows)


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def outcomes(*rows: dict[str, object]) -> Callable[[Path], None]:
    return lines("outcomes.jsonl", *rows)


def case_folder(folder: Path) -> Path:
    """The set as a folder with a frozen version."""
    (folder / "core").mkdir()
    (folder / "cases.jsonl").rename(folder / "core" / "working.jsonl")
    change(folder / "foretell.toml", 'core = "cases.jsonl"', 'core = "core"')
    succeed("evalset freeze core")
    return folder / "core"


def frozen_edited(folder: Path) -> None:
    change(case_folder(folder) / "v1.jsonl", "c-0", "c-zero")


def frozen_unknown(folder: Path) -> None:
    write_lines(case_folder(folder) / "v2.jsonl", [{"id": "a", "input": "?"}])


def frozen_gone(folder: Path) -> None:
    (case_folder(folder) / "v1.jsonl").unlink()


def store_is_folder(folder: Path) -> None:
    (folder / ".foretell" / "store.db").mkdir(parents=True)


def store_is_text(folder: Path) -> None:
    write_text(folder / ".foretell" / "store.db", "This is a diary, not a database.\n" * 50)


def store_of_others(folder: Path) -> None:
    (folder / ".foretell").mkdir()
    with sqlite3.connect(folder / ".foretell" / "store.db") as other:
        other.execute("CREATE TABLE diary (day TEXT)")
    other.close()


def store_of_the_future(folder: Path) -> None:
    succeed("run")
    with sqlite3.connect(folder / ".foretell" / "store.db") as store:
        store.execute("INSERT INTO foretell_migrations VALUES (999, 'later', '2100-01-01T00:00:00')")
    store.close()


def other_scorers(folder: Path) -> None:
    baseline(folder)
    change(folder / "foretell.toml", '["recorded"]', '["recorded", "no_refusal"]')


def other_cases(folder: Path) -> None:
    baseline(folder)
    for name in ("cases.jsonl", "outcomes.jsonl"):
        change(folder / name, '"c-', '"d-')


def nothing_scored(folder: Path) -> None:
    write_lines(folder / "outcomes.jsonl", [{"case_id": f"c-{number}", "output": "!"} for number in range(40)])


def baseline_edited(folder: Path) -> None:
    baseline(folder)
    body = json.loads((folder / "baseline.json").read_text(encoding="utf-8"))
    body["suites"]["system"]["cases"]["c-0"]["successes"] = 0
    write_text(folder / "baseline.json", json.dumps(body))


def demanded(demand: str, gate: str = "floor") -> Callable[[Path], None]:
    """A further demand of a gate, on a set with five German cases."""

    def make(folder: Path) -> None:
        cases = [{"id": f"c-{number}", "input": "?"} for number in range(40)]
        write_lines(
            folder / "cases.jsonl",
            [case | {"slices": {"language": "de" if number < 5 else "en"}} for number, case in enumerate(cases)],
        )
        change(folder / "foretell.toml", f"[gates.{gate}]", f"[gates.{gate}]\n{demand}")

    return make


def baseline_of_another_suite(folder: Path) -> None:
    baseline(folder)
    change(folder / "foretell.toml", "[suites.system]", "[suites.other]")
    change(folder / "foretell.toml", 'suites = ["system"]', 'suites = ["other"]')


def traffic(*rows: dict[str, object], window: str = "7d") -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        replay = f'traffic = {{ source = "traffic.jsonl", share = 1.0, window = "{window}" }}'
        change(folder / "foretell.toml", 'layer = "system"\nevalset = "core"', f'layer = "behavioural"\n{replay}')
        write_lines(folder / "traffic.jsonl", rows)

    return make


def python(module: str) -> Callable[[Path], None]:
    """A function of this module as the target."""

    def make(folder: Path) -> None:
        write_text(folder / "application.py", module)
        change(folder / "foretell.toml", RECORDED, 'kind = "python"\ncall = "application:answer"')

    return make


def scorers(name: str, module: str) -> Callable[[Path], None]:
    """A function of this module as the scorer. Python keeps what it imported: each module has its own name."""

    def make(folder: Path) -> None:
        write_text(folder / f"{name}.py", module)
        change(folder / "foretell.toml", '["recorded"]', f'["{name}:score"]')

    return make


def no_traffic_file(folder: Path) -> None:
    traffic()(folder)
    (folder / "traffic.jsonl").unlink()


RECORDED = 'kind = "recorded"\npath = "outcomes.jsonl"'
HALF_LINE = '{"id": "a", "input": "?"}\n{"id": "b", "inp\n{"id": "c", "input": "?"}\n'
NESTED = f'{{"id": "a", "input": {"[" * 100_000}{"]" * 100_000}}}\n'
ASKED: dict[str, object] = {"id": "i-1", "at": "2026-03-01T09:30:00Z", "input": "?"}

CASES = (
    Mistake("a line that breaks off", "run", 65, written("cases.jsonl", HALF_LINE)),
    Mistake("a line that is no object", "run", 65, written("cases.jsonl", "[1, 2]\n")),
    Mistake("an id twice", "run", 65, lines("cases.jsonl", {"id": "a", "input": 1}, {"id": "a", "input": 2})),
    Mistake(
        "fields of wrong types", "run", 65,
        lines("cases.jsonl", {"id": 7, "input": "?"}, {"id": "b"}, {"id": "c", "input": "?", "slices": "x", "turns": 3},
              {"id": "d", "input": None}, {"id": "e", "input": "?", "goal": "g", "turns": ["t"]}),
    ),
    Mistake("no case", "run", 65, written("cases.jsonl", "")),
    Mistake("not UTF-8", "run", 65, lambda folder: (folder / "cases.jsonl").write_bytes(b'{"id": "\xff"}\n')),
    Mistake("no case has an answer", "run", 65, replaced("foretell.toml", '["recorded"]', '["exact_match"]')),
    Mistake("no case file", "run", 64, removed("cases.jsonl")),
    Mistake("a goal and no user", "run", 65, lambda folder: [
        write_lines(folder / "cases.jsonl", [{"id": "a", "input": "?", "goal": "a refund"}]),
        write_lines(folder / "outcomes.jsonl", [{"case_id": "a", "success": True}]),
    ]),
    Mistake("outcomes of another set", "run", 65, lines("cases.jsonl", {"id": "a", "input": "?"})),
    Mistake("a frozen file edited", "run", 65, frozen_edited),
    Mistake("a frozen file gone", "run", 65, frozen_gone),
    Mistake("a frozen file unknown", "run", 65, frozen_unknown),
    Mistake("a version that is not there", "run --evalset core@9", 64, case_folder),
    Mistake("a bad line imported", "evalset import core more.jsonl", 65, written("more.jsonl", HALF_LINE)),
    Mistake("nested without end", "run", 65, written("cases.jsonl", NESTED)),
    Mistake("nothing changed", "evalset freeze core", 65, case_folder),
    Mistake("one file to freeze", "evalset freeze core", 64),
    Mistake("ids that are there", "evalset import core more.jsonl", 65, lines("more.jsonl", {"id": "c-1", "input": 1})),
    Mistake("nothing to import", "evalset import core more.jsonl", 65),
    Mistake("an unknown format", "evalset import core cases.jsonl --from promptfo", 64),
)  # fmt: skip

OUTCOMES = (
    Mistake("an outcome twice", "run", 65, outcomes(
        {"case_id": "c-0", "success": True}, {"case_id": "c-1", "success": True}, {"case_id": "c-0", "success": False},
    )),
    Mistake("an outcome of no case", "run", 65, outcomes({"case_id": "c-0", "success": True}, {"case_id": "c-99"})),
    Mistake("outcomes of wrong types", "run", 65, outcomes(
        {"case_id": "c-0", "success": "yes"}, {"case_id": "c-1", "cost_usd": -1}, {"case_id": "c-2", "repeat": 0.5},
        {"case_id": "c-3", "latency_ms": "fast"}, {"case_id": "c-4", "scores": [1]}, {"case_id": "c-5", "at": "noon"},
    )),
    Mistake("an outcome that breaks off", "run", 65, written("outcomes.jsonl", '{"case_id": "c-0"}\n{"case_id"\n')),
    Mistake("no outcomes", "run", 64, removed("outcomes.jsonl")),
)  # fmt: skip

FILE = (
    Mistake("ten mistakes", "run", 64, written("foretell.toml", TEN_MISTAKES)),
    Mistake("not TOML", "run", 64, written("foretell.toml", "[project\nname = 1\n")),
    Mistake("no project file", "run", 64, removed("foretell.toml")),
    Mistake("a project file elsewhere", "run --config elsewhere/foretell.toml", 64),
    Mistake("no suite", "run", 64, no_suite),
    Mistake("an unknown scorer", "run", 64, replaced("foretell.toml", '["recorded"]', '["recordet"]')),
    Mistake("an unknown parameter", "run", 64, scorer('use = "regex"\npatern = "x"')),
    Mistake("a parameter of the wrong type", "run", 64, scorer('use = "regex"\npattern = 7')),
    Mistake("a bad regular expression", "run", 64, scorer('use = "regex"\npattern = "("')),
    Mistake("a bad schema", "run", 64, scorer('use = "json_schema"\nschema = { type = "objet" }')),
    Mistake("a key twice", "run", 64, replaced("foretell.toml", 'name = "codes"', 'name = "codes"\nname = "again"')),
    Mistake("a fingerprint outside", "run", 64, replaced(
        "foretell.toml", RECORDED, f'{RECORDED}\nfingerprints = {{ prompt = "/etc/prompts/*" }}'
    )),
    Mistake("a secret", "run", 64, replaced(
        "foretell.toml", RECORDED, f'{RECORDED}\napi_key = "sk-abcdefghijklmnop"'
    )),
    Mistake("an address that is none", "run", 64, replaced(
        "foretell.toml", RECORDED, 'kind = "http"\nurl = "localhost:8000"'
    )),
    Mistake("a program that is not there", "run", 64, replaced(
        "foretell.toml", RECORDED, 'kind = "command"\ncommand = ["no-such-program"]'
    )),
    Mistake("a variable that is not set", "run", 64, replaced(
        "foretell.toml", RECORDED,
        'kind = "http"\nurl = "http://127.0.0.1:9"\nheaders = { authorization = { env = "NOWHERE_SET" } }',
    )),
)  # fmt: skip

CODE = (
    Mistake("a module that is not there", "run", 64, replaced(
        "foretell.toml", RECORDED, 'kind = "python"\ncall = "nowhere:answer"'
    )),
    Mistake("a module that breaks", "run", 64, python("1 / 0\n")),
    Mistake("a module that is no Python", "run", 64, python("def answer(:\n")),
    Mistake("a function that is not there", "run", 64, python("def reply(question): ...\n")),
    Mistake("a thing that is no function", "run", 64, python("answer = 7\n")),
    Mistake("a scorer that is not there", "run", 64, scorer('use = "nowhere:score"')),
    Mistake("a scorer that breaks", "run", 64, scorers("breaking", "1 / 0\n")),
    Mistake("a scorer that is no Python", "run", 64, scorers("no_python", "def score(:\n")),
    Mistake("a scorer of another name", "run", 64, scorers("other_name", "def skore(trial): ...\n")),
    Mistake("a scorer that is no function", "run", 64, scorers("no_function", "score = 7\n")),
)  # fmt: skip

STORE = (
    Mistake("a store below a file", "run", 69, lambda folder: write_text(folder / ".foretell", "a file")),
    Mistake("a folder for a store", "run", 69, store_is_folder),
    Mistake("a text for a store", "run", 65, store_is_text),
    Mistake("another program's database", "run", 65, store_of_others),
    Mistake("a newer store", "runs", 65, store_of_the_future),
)

WORDS = (
    Mistake("an unknown command", "gats", 64),
    Mistake("an unknown command of a group", "evalset frees", 64),
    Mistake("an unknown option", "run --repeat 2", 64),
    Mistake("an unknown suite", "run sistem", 64),
    Mistake("an unknown target", "run --target record", 64),
    Mistake("an unknown set", "run --evalset cor", 64),
    Mistake("an unknown set to show", "evalset show cor", 64),
    Mistake("an unknown gate", "gate flor", 64),
    Mistake("no gate named", "gate", 64),
    Mistake("which gate", "baseline set", 64, lambda folder: succeed("run")),
    Mistake("a gate without a baseline file", "baseline set --gate floor", 64, lambda folder: succeed("run")),
    Mistake("an unknown run", "failures 2020", 65, lambda folder: succeed("run")),
    Mistake("no run yet", "cost", 65),
    Mistake("one run twice", "compare latest", 64, lambda folder: succeed("run")),
    Mistake("one of several runs", "compare 2 latest", 65, lambda folder: [succeed("run"), succeed("run")]),
    Mistake("an unknown case", "show latest/c-400", 65, lambda folder: succeed("run")),
    Mistake("a trial without a case", "show latest", 64, lambda folder: succeed("run")),
    Mistake("resume and other options", "run --resume latest system --limit 3", 64, lambda folder: succeed("run")),
    Mistake("negative money", "run --max-cost -1", 64),
    Mistake("no repeats", "run --repeats 0", 64),
    Mistake("repeats in words", "run --repeats two", 64),
    Mistake("nothing to resume", "run --resume latest", 65, lambda folder: succeed("run")),
    Mistake("an unknown example", "init new --example suport", 64),
    Mistake("a folder with files in it", "init", 64),
)

GATE = (
    Mistake("a folder for a baseline", "gate drop", 65, lambda folder: (folder / "baseline.json").mkdir()),
    Mistake("a baseline that cannot be written", "baseline set --gate drop", 69, lambda folder: [
        succeed("run"), (folder / "baseline.json").mkdir(),
    ]),
    Mistake("no anchor", "baseline set --gate drop --anchor", 64, lambda folder: succeed("run")),
    Mistake("a drop from nothing", "gate drop", 64, replaced("foretell.toml", 'baseline = "file:baseline.json"', "")),
    Mistake("no baseline file", "gate drop", 65),
    Mistake("a baseline of no known kind", "gate drop", 64, replaced("foretell.toml", "file:baseline", "fil:baseline")),
    Mistake("a baseline that is no JSON", "gate drop", 65, written("baseline.json", "{")),
    Mistake("a baseline of another form", "gate drop", 65, written("baseline.json", "[]")),
    Mistake("a baseline edited", "gate drop", 65, baseline_edited),
    Mistake("a baseline of another suite", "gate drop", 64, baseline_of_another_suite),
    Mistake("a baseline of other scorers", "gate drop", 64, other_scorers),
    Mistake("a baseline of other cases", "gate drop", 2, other_cases),
    Mistake("a margin that cannot be seen", "gate drop", 64, lambda folder: [
        baseline(folder), change(folder / "foretell.toml", "may_drop = 0.1", "may_drop = 0.01"),
    ]),
    Mistake("no margin", "gate drop", 64, lambda folder: [
        baseline(folder), change(folder / "foretell.toml", "may_drop = 0.1", "may_drop = 0.0"),
    ]),
    Mistake("a floor that cannot be seen", "gate floor", 64, replaced(
        "foretell.toml", "success = { at_least = 0.8 }", "success = { at_least = 0.99 }"
    )),
    Mistake("a ceiling that cannot be seen", "gate floor", 64, replaced(
        "foretell.toml", "success = { at_least = 0.8 }", "success = { at_least = 0.8 }\nmodes.error.at_most = 0.01"
    )),
    Mistake("an unknown slice", "gate floor", 64, demanded('slices = { "language=fr" = { at_least = 0.5 } }')),
    Mistake("a slice of no form", "gate floor", 64, demanded('slices = { german = { at_least = 0.5 } }')),
    Mistake("a slice too small", "gate floor", 64, demanded('slices = { "language=de" = { at_least = 0.7 } }')),
    Mistake("a slice too small for its margin", "gate drop", 64, lambda folder: [
        demanded('slices = { "language=de" = { may_drop = 0.05 } }', "drop")(folder), baseline(folder),
    ]),
    Mistake("an unknown metric", "gate floor", 64, demanded("metrics = { recordet = { at_least = 0.5 } }")),
    Mistake("a metric beyond its range", "gate floor", 64, demanded("metrics = { recorded = { at_least = 3.5 } }")),
    Mistake("a metric of both kinds", "gate floor", 64, demanded(
        "metrics = { recorded = { at_least = 0.5, at_most = 0.9, range = [1, 0] } }"
    )),
    Mistake("a time without a unit", "gate floor", 64, demanded('latency = { "8" = { at_least = 0.5 } }')),
    Mistake("a time without a limit", "gate floor", 64, demanded('latency = { "8s" = {} }')),
    Mistake("times that nobody took", "gate floor", 2, demanded('latency = { "8s" = { at_least = 0.5 } }')),
    Mistake("nothing scored", "gate floor", 2, nothing_scored),
    Mistake("both sides down", "gate drop", 1, lambda folder: [
        write_project(folder, 0, 40), baseline(folder),
    ]),
    Mistake("no money", "gate floor --max-cost 0", 2),
    Mistake("too few cases for a pair", "gate drop", 64, lambda folder: [write_project(folder, 8), baseline(folder)]),
)  # fmt: skip

TRAFFIC = (
    Mistake("no key for pseudonyms", "run", 64, traffic(ASKED)),
    Mistake("no traffic file", "run --ephemeral-key", 65, no_traffic_file),
    Mistake("no traffic", "run --ephemeral-key", 2, traffic()),
    Mistake("traffic without a time", "run --ephemeral-key", 65, traffic({"id": "i-1", "input": "?"})),
    Mistake("traffic of no time", "run --ephemeral-key", 65, traffic(ASKED | {"at": "yesterday"})),
    Mistake("traffic of sizes only", "run --ephemeral-key", 2, traffic(ASKED | {"input": None})),
)

EVERY = (*CASES, *OUTCOMES, *FILE, *CODE, *STORE, *WORDS, *GATE, *TRAFFIC)
