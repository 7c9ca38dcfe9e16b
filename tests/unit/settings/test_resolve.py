"""A good file as values of the domain."""

import pytest

from foretell.core.domain.modes import BUILT_IN, FailureMode
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.project import Project, Suite, TrafficSlice
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec, TrialLimits
from tests.unit.settings.sketches import GOOD, understand

FULL = """
[project]
name = "shop"
store = "postgresql://db.shop.example/evals"
currency = "EUR"
unknown_cost = "zero"

[targets.app]
kind = "python"
call = "shop.app:answer"
timeout = "2m"
retries = 1
concurrency = 4
max_cost_per_trial = 0.5
fingerprints = { prompt = "prompts/*.md", index = { attribute = "index.build" } }
steps = { search = "shop.search:find" }

[targets.inline]
kind = "python"
call = "shop.app:answer"
isolate = false
timeout = 5

[targets.own]
kind = "shop.targets:Queue"
topic = "questions"
isolate = true

[targets.large]
kind = "model"
model = "openai:gpt-5"
api_key = { env = "SHOP_KEY" }
requests_per_minute = 60
tokens_per_minute = 1e5

[evalsets]
core = "evals/core"
few = "evals/few.jsonl"

[scorers.close]
use = "near"
limit = 0.5

[judges.kind]
model = "openai:gpt-5"
rubric = "evals/kind.md"
require_certificate = true

[suites.system]
layer = "system"
evalset = "core@2"
target = "app"
alternatives = ["inline"]
scorers = ["exact", "close", "judge:kind", "shop.scorers:is_short"]
success = "exact and not close < 0.2 or is_short"
repeats = 3
seed = 7
user = "large"
max_turns = 2

[suites.behavioural]
layer = "behavioural"
target = "app"
scorers = ["judge:kind"]
traffic = { source = "traffic.jsonl", window = "2w", share = 0.5, at_most = 20 }

[failure_modes.rude]
means = "hurts"
when = "judge:kind < 0.5"
cost = 4
owner = "editors"

[failure_modes.timeout]
cost = 2.5

[gates.deploy]
suites = ["system", "behavioural"]
baseline = "branch:main"
anchor = "file:evals/anchor.json"
success = { at_least = 0.8, may_drop = 0.03, may_drop_since_anchor = 0.05, confidence = 0.9 }
modes = { rude = { at_most = 0.02 }, unnamed = { at_most = 0.1 } }
cost_per_success = { may_rise = 0.05 }
max_cost = 20
max_minutes = 30
owners = ["platform"]
"""

KIND = ScorerSpec(
    "judge:kind", "judge", {"model": "openai:gpt-5", "rubric": "evals/kind.md", "require_certificate": True}
)


TARGETS = {
    "app": Arm(
        TargetSpec("app", "python", {"call": "shop.app:answer", "steps": {"search": "shop.search:find"}}),
        TargetLimits(4, None, None, 0.5, TrialLimits(120.0, 1)),
        is_isolated=True,
    ),
    "inline": Arm(TargetSpec("inline", "python", {"call": "shop.app:answer"}), TargetLimits(trial=TrialLimits(5.0))),
    "own": Arm(TargetSpec("own", "shop.targets:Queue", {"topic": "questions"}), is_isolated=True),
    "large": Arm(
        TargetSpec("large", "model", {"model": "openai:gpt-5", "api_key": {"env": "SHOP_KEY"}}),
        TargetLimits(8, 60.0, 1e5),
    ),
}

SUITES = {
    "system": Suite(
        name="system",
        layer="system",
        target="app",
        scorers=(
            ScorerSpec("exact", "exact", {}, "3", "wrong_format"),
            ScorerSpec("close", "near", {"limit": 0.5}),
            KIND,
            ScorerSpec("is_short", "shop.scorers:is_short"),
        ),
        evalset="core@2",
        alternatives=("inline",),
        success="exact and not close < 0.2 or is_short",
        repeats=3,
        seed=7,
        user="large",
        max_turns=2,
    ),
    "behavioural": Suite(
        name="behavioural",
        layer="behavioural",
        target="app",
        scorers=(KIND,),
        traffic=TrafficSlice("traffic.jsonl", 14.0, 0.5, 20),
    ),
}

GATE = GatePolicy(
    name="deploy",
    suites=("system", "behavioural"),
    at_least=0.8,
    may_drop=0.03,
    may_drop_since_anchor=0.05,
    confidence=0.9,
    baseline="branch:main",
    anchor="file:evals/anchor.json",
    modes={"rude": 0.02, "unnamed": 0.1},
    cost_may_rise=0.05,
    max_cost=20.0,
    max_minutes=30.0,
    owners=("platform",),
)


def test_every_key_arrives_where_it_belongs() -> None:
    assert understand(FULL) == Project(
        name="shop",
        root="/srv/shop",
        store="postgresql://db.shop.example/evals",
        currency="EUR",
        unknown_cost="zero",
        targets=TARGETS,
        declared={name: f"foretell.toml, [targets.{name}]" for name in TARGETS},
        fingerprints={"app": {"prompt": "prompts/*.md", "index": "attribute:index.build"}},
        evalsets={"core": "evals/core", "few": "evals/few.jsonl"},
        suites=SUITES,
        modes=(
            FailureMode("rude", "hurts", "judge:kind < 0.5", 4.0, "editors"),
            FailureMode("timeout", next(mode.means for mode in BUILT_IN if mode.name == "timeout"), cost=2.5),
        ),
        gates={"deploy": GATE},
    )


def test_what_is_not_said_has_its_default() -> None:
    project = understand(GOOD)
    assert project == Project(
        name="shop",
        root="/srv/shop",
        targets={
            "app": Arm(TargetSpec("app", "python", {"call": "shop.app:answer"}), is_isolated=True),
            "small": Arm(TargetSpec("small", "model", {"model": "openai:gpt-4o-2024-08-06"})),
        },
        declared={name: f"foretell.toml, [targets.{name}]" for name in ("app", "small")},
        evalsets={"core": "evals/core"},
        suites={
            "system": Suite("system", "system", "app", (ScorerSpec("exact", "exact", {}, "3", "wrong_format"),), "core")
        },
        gates={"deploy": GatePolicy("deploy", ("system",), 0.8)},
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90.0), ("0.5", 0.5), ("'500ms'", 0.5), ("'1.5 m'", 90.0), ("'1h'", 3600.0)]
)
def test_a_time_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    project = understand(GOOD.replace('kind = "python"', f'kind = "python"\ntimeout = {text}'))
    assert project.targets["app"].limits.trial.timeout_s == seconds


def test_a_table_goes_before_a_plugin_of_the_same_name() -> None:
    project = understand(f'{GOOD}\n[scorers.exact]\nuse = "near"\nlimit = 1.0\n')
    assert project.suites["system"].scorers == (ScorerSpec("exact", "near", {"limit": 1.0}),)
