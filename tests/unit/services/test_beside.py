"""A base revision beside the head, over projects in memory."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from foretell.core.domain.modes import FailureMode
from foretell.core.domain.policy import GatePolicy
from foretell.core.domain.project import Project
from foretell.core.domain.runs import Arm, TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec
from foretell.core.errors import BadInput, ConfigurationError, Problem
from foretell.services.beside import changes
from foretell.services.gate import GateRequest, prepare_gate
from foretell.services.verify import verify_decision
from tests.unit.services.memory import Bench, Town, Tree
from tests.unit.services.two_sides import BASE, GATE, Shelf, Two, the_same

FIRST = frozenset(f"c-{at}" for at in range(30))
ALL = frozenset(f"c-{at}" for at in range(60))


def with_target(**params: Any) -> Callable[[Project], Project]:
    """A project whose target has other parameters."""
    return lambda project: replace(project, targets={"app": Arm(TargetSpec("app", "http", params))})


def with_suite(**fields: Any) -> Callable[[Project], Project]:
    """A project whose suite is another."""
    return lambda project: replace(project, suites={"s": replace(project.suites["s"], **fields)})


def test_both_sides_are_asked_case_by_case_with_the_same_seeds() -> None:
    two = Two()
    two.decision()
    order = two.town.bench.order
    assert [name for name, _, _ in order] == ["app", f"app@{BASE[:12]}"] * 60
    assert [one[1:] for one in order[::2]] == [one[1:] for one in order[1::2]]


def test_a_drop_is_held_and_an_equal_or_better_head_is_not() -> None:
    assert Two(Town(GATE, Bench(bad=FIRST))).decision().ruling == "hold"
    assert Two(Town(GATE, Bench(bad_before=FIRST))).decision().ruling == "ship"
    assert Two(Town(GATE, Bench(bad=FIRST, bad_before=FIRST))).decision().ruling == "ship"


def test_the_record_names_both_runs_and_the_revision() -> None:
    two = Two(before=with_target(url="http://before", body={"v": 1}))
    decision = two.decision()
    runs = two.town.store.kept
    assert decision.policy.baseline == f"revision:{BASE}"
    assert {run: runs[run].arm.revision for run in (decision.runs["s"], decision.baseline_runs["s"])} == {
        decision.runs["s"]: None,
        decision.baseline_runs["s"]: BASE,
    }
    assert decision.changed == (
        'app: body {"v":1} → not observed',
        f"app: code {BASE[:12]} → 0123456789ab",
        "app: url http://before → http://app",
    )
    assert decision.warnings == ()
    assert decision.p_ship_no_change is not None
    assert not [spot for spot in decision.blind_spots if "no baseline" in spot]


def test_the_same_address_on_both_sides_is_told_aloud() -> None:
    assert Two().decision().warnings == (
        "both sides call the same address, http://app: unless what is sent differs, 'app' is compared with itself",
    )


def test_nothing_that_differs_and_packages_that_do_are_told() -> None:
    two = Two(Town(GATE, tree=Tree(BASE[:12])), shelf=Shelf(differing=("a.py", "requirements/base.txt", "uv.lock")))
    assert two.decision().changed == ("files: a.py, requirements/base.txt, uv.lock",)
    assert two.decision().warnings[0] == (
        "requirements/base.txt, uv.lock changed: both sides run with the packages that are installed now"
    )
    assert two.decision().warnings[-1] == "nothing that foretell can see differs between the two sides of 'app'"


def test_a_policy_with_a_baseline_says_that_it_is_not_taken() -> None:
    two = Two(Town(replace(GATE, baseline="file:base.json")))
    assert two.decision().warnings[0] == "--against main takes the place of the baseline file:base.json"


def test_the_same_base_is_the_same_question_by_any_name() -> None:
    two = Two()
    first, second = two.decide("main"), two.decide("v1.0")
    assert (first.is_recorded, second.is_recorded, two.town.bench.asked) == (False, True, 120)
    assert two.shelf.asked == ["main", "v1.0"]


def test_another_base_is_another_question() -> None:
    assert Two().decision().key != Two(shelf=Shelf("d" * 40)).decision().key


@pytest.mark.parametrize(
    ("before", "size", "told"),
    [
        (the_same, 61, "eval set: at main (bbbbbbbbbbbb) core@1 (hash of 61, 61 cases), now core@1 (hash of 60, 60 "),
        (with_suite(success="good"), 60, "success: at main (bbbbbbbbbbbb) good, now every boolean score"),
        (with_suite(max_turns=3), 60, "max_turns: at main (bbbbbbbbbbbb) 3, now 8"),
        (
            with_suite(scorers=(ScorerSpec("good", "recorded"), ScorerSpec("quick", "latency"))),
            60,
            'scorers: at main (bbbbbbbbbbbb) {"quick":["latency",{},"1",null]}, now {}',
        ),
        (
            lambda project: replace(project, modes=(FailureMode("slow", when="good"),)),
            60,
            'failure modes: at main (bbbbbbbbbbbb) {"slow":[0,"good",null]}, now {}',
        ),
    ],
)
def test_what_must_be_equal_is_named(before: Callable[[Project], Project], size: int, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Two(before=before, size_before=size).decide()
    (problem,) = caught.value.problems
    assert problem.where == "suite 's'"
    assert told in problem.what


def test_how_often_and_with_which_seed_is_the_heads_business() -> None:
    two = Two(before=with_suite(repeats=3, seed=7))
    two.decision()
    assert two.town.bench.asked == 120


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConfigurationError.of("/elsewhere/tree/town/foretell.toml", "it is not TOML."), ConfigurationError),
        (BadInput.of("/elsewhere/tree/town/core.jsonl", "line 3 is bad."), BadInput),
    ],
)
def test_what_is_wrong_at_the_base_is_told_as_such(error: Any, kind: type[Exception]) -> None:
    def fail(_: Project) -> Project:
        raise error

    with pytest.raises(kind) as caught:
        Two(before=fail).decide()
    name = error.problems[0].where.rpartition("/")[2]
    assert getattr(caught.value, "problems", ()) == (
        Problem(f"at main (bbbbbbbbbbbb), {name}", error.problems[0].what),
    )


def test_a_suite_that_the_base_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"at main \(bbbbbbbbbbbb\): suite 's' is not known"):
        Two(before=lambda project: replace(project, suites={})).decide()


def test_a_gate_without_a_rule_against_a_baseline_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="has no rule against a baseline"):
        Two(Town(GatePolicy("g", ("s",), at_least=0.8))).decide()


@pytest.mark.parametrize("side", ["away", "away_before"])
def test_an_environment_that_failed_on_either_side_lets_nothing_ship(side: str) -> None:
    away: Mapping[str, frozenset[str]] = {side: frozenset({"c-1", "c-2", "c-3", "c-4"})}
    decision = Two(Town(GATE, Bench(**away))).decision()
    assert (decision.ruling, decision.is_final) == ("not-enough-evidence", False)
    assert decision.reasons[0].startswith("environment: 6.7 %")


def test_a_base_that_could_not_run_is_no_base() -> None:
    decision = Two(Town(GATE, Bench(broken_before=ALL))).decision()
    assert (decision.ruling, decision.is_final) == ("not-enough-evidence", False)
    assert decision.warnings[-1] == (
        "60 of 60 trials of app@bbbbbbbbbbbb ended with an error, such as: FileNotFoundError: index.bin; its checkout "
        "holds what git holds, and nothing that is made or fetched beside it"
    )


def test_a_base_that_failed_in_part_is_told() -> None:
    decision = Two(Town(GATE, Bench(broken_before=FIRST))).decision()
    assert decision.ruling == "ship"
    assert decision.warnings[-1].startswith("30 of 60 trials of app@bbbbbbbbbbbb ended with an error, such as: ")


@pytest.mark.parametrize("broken", [frozenset[str](), FIRST, ALL])
def test_a_recorded_decision_is_computed_again_from_both_runs(broken: frozenset[str]) -> None:
    two = Two(Town(GATE, Bench(bad=frozenset({"c-3"}), broken_before=broken)))
    two.decide(record="there.json")
    found = asyncio.run(verify_decision(two.town.house, "there.json"))
    assert found.differences == ()


def test_what_money_cut_short_is_no_decision() -> None:
    two = Two(Town(replace(GATE, max_cost=0.505)))
    decision = two.decision()
    assert (decision.ruling, decision.is_final, two.town.bench.asked) == ("not-enough-evidence", False, 50)
    assert set(decision.runs) == set(decision.baseline_runs) == {"s"}


def test_a_limit_by_the_minute_is_shared_and_python_runs_in_processes_of_its_own() -> None:
    limits = TargetLimits(requests_per_minute=60, tokens_per_minute=900)
    town = Town(GATE)

    def python(project: Project) -> Project:
        arm = Arm(TargetSpec("app", "python", {"call": "app:answer"}), limits)
        return replace(project, targets={"app": arm})

    house = replace(Two(town, before=python).house, project=python(town.house.project))
    prepared = asyncio.run(prepare_gate(house, GateRequest("g", against="main")))
    arms = prepared.sides[0].plan.arms
    assert [arm.is_isolated for arm in arms] == [True, True]
    assert {(arm.limits.requests_per_minute, arm.limits.tokens_per_minute) for arm in arms} == {(30, 450)}


def test_parts_that_only_one_side_knows_are_not_observed_on_the_other() -> None:
    old = Arm(TargetSpec("app", "model", {"model": "openai:a"}), fingerprints={"code": "1", "branch": "HEAD"})
    new = Arm(
        TargetSpec("app", "model", {"model": "openai:b"}), fingerprints={"code": "1", "branch": "x", "index": "i"}
    )
    assert changes(new, old) == ["app: index not observed → i", "app: model openai:a → openai:b"]


def test_of_many_files_the_first_are_named() -> None:
    differing = [f"f{number}.py" for number in range(7)]
    decision = Two(shelf=Shelf(differing=differing)).decision()
    assert decision.changed[-1] == "files: f0.py, f1.py, f2.py, f3.py, f4.py and 2 more"
