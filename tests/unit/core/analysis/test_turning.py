"""What would turn a rule is true: with that change the gate decides otherwise, with a smaller one it does not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.decide import judge
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.policy import Demand, GatePolicy
from tests.unit.core.analysis.made import mixed, units

STANDARD = Standard(0.95, seed=3)
FLOOR = GatePolicy("g", ("s",), at_least=0.8)
DROP = GatePolicy("g", ("s",), at_least=0.1, may_drop=0.1)


def told(policy: GatePolicy, new: list[str], old: list[str] | None = None) -> dict[str, str]:
    evidence = Evidence("s", units(new), None if old is None else units(old))
    return {rule.rule: rule.turned_by for rule in judge_and_tell(policy, [evidence], STANDARD).rules}


def ruling(policy: GatePolicy, new: list[str], old: list[str] | None = None, rule: str = "success") -> str:
    evidence = Evidence("s", units(new), None if old is None else units(old))
    return next(one.ruling for one in judge(policy, [evidence], STANDARD).rules if one.rule == rule)


@pytest.mark.parametrize(("good", "bad"), [(55, 5), (54, 6), (53, 7), (50, 10), (48, 12), (30, 30), (0, 60), (60, 0)])
def test_so_many_successes_turn_a_floor(good: int, bad: int) -> None:
    words = r"(\d+) (more|fewer) success(es)? among the 60 cases would"
    found = re.match(words, told(FLOOR, mixed(good, bad))["success"])
    assert found
    assert (found[3] is None) == (found[1] == "1")
    before, number = ruling(FLOOR, mixed(good, bad)), int(found[1])
    sign = 1 if found[2] == "more" else -1
    after = ruling(FLOOR, mixed(good + sign * number, bad - sign * number))
    almost = ruling(FLOOR, mixed(good + sign * (number - 1), bad - sign * (number - 1)))
    assert almost == before != after
    if before == "not-enough-evidence":
        assert after == "ship"


@pytest.mark.parametrize("lost", [0, 3, 6, 20])
def test_so_many_pairs_turn_a_comparison(lost: int) -> None:
    old, name = mixed(60, 0), "success against baseline"
    text = told(DROP, mixed(60 - lost, lost), old)[name]
    found = re.match(r"(\d+) (fewer|more) lost of the 60 pairs would", text)
    assert found
    number = int(found[1]) * (-1 if found[2] == "fewer" else 1)
    before = ruling(DROP, mixed(60 - lost, lost), old, name)
    step = 1 if number > 0 else -1
    assert ruling(DROP, mixed(60 - lost - number, lost + number), old, name) != before
    assert ruling(DROP, mixed(60 - lost - number + step, lost + number - step), old, name) == before


def test_a_mean_of_cases_is_turned_by_points() -> None:
    policy = GatePolicy("g", ("s",), at_least=0.1, metrics={"m": Demand(at_least=2.5, low=1.0, high=5.0)})
    values = np.random.default_rng(1).uniform(0.3, 0.7, 50)

    def evidence(shift: float) -> list[Evidence]:
        n = len(values)
        ones, nothing = np.ones(n, np.int64), np.zeros(n, np.int64)
        moved = np.clip(values + shift, 0, 1)
        measure = Measure(np.arange(n), moved, ones, nothing, nothing, is_binary=False)
        return [Evidence("s", replace(units(mixed(50, 0)), measures={"metric m": measure}))]

    judged = judge_and_tell(policy, evidence(0.0), STANDARD)
    rule = judged.rules[1]
    found = re.match(r"([\d.]+) (up|down) in every case would", rule.turned_by)
    assert found
    shift = float(found[1]) / 4 * (1 if found[2] == "up" else -1)
    before, step = rule.ruling, 0.001 if shift > 0 else -0.001
    assert judge(policy, evidence(shift), STANDARD).rules[1].ruling != before
    assert judge(policy, evidence(shift - 2 * step), STANDARD).rules[1].ruling == before


def test_a_hold_that_another_rule_helps_is_turned_as_holm_has_it() -> None:
    policy = GatePolicy("g", ("s",), at_least=0.8, modes={"leak": 0.05})
    alone = told(FLOOR, mixed(38, 22))["success"]
    beside = told(policy, mixed(38, 22))["success"]
    assert alone.endswith("would no longer hold")
    assert int(beside.split()[0]) < int(alone.split()[0])  # of two rules each holds with half of alpha


@pytest.mark.parametrize(
    ("new", "end"),
    [(mixed(52, 8), "ship"), (mixed(45, 15), "hold"), (mixed(48, 12), "")],
)
def test_more_cases_of_the_kind_would_decide_unless_it_lies_on_its_limit(new: list[str], end: str) -> None:
    text = told(FLOOR, new)["success"]
    found = re.search(r"about ([\d,]+) more cases like these would (ship|hold) nine times of ten", text)
    assert (found[2] if found else "") == end
    if found is None:
        return
    n = 60 + int(found[1].replace(",", ""))
    rng = np.random.default_rng(2)
    rulings = [ruling(FLOOR, mixed(good, n - good)) for good in rng.binomial(n, new.count("1") / 60, 100)]
    assert 80 <= rulings.count(end) <= 99


def test_conversations_are_called_so() -> None:
    policy = GatePolicy("g", ("s",), at_least=0.8, may_drop=0.1, modes={"leak": 0.1})
    new, old = (replace(units(mixed(good, 60 - good)), unit="conversation") for good in (52, 54))
    judged = judge_and_tell(policy, [Evidence("s", new, old)], STANDARD)
    texts = [rule.turned_by for rule in judged.rules]
    assert [("conversation" in text, "case" in text) for text in texts] == [(True, False)] * 3, texts
    few = [replace(units(mixed(5, 0)), unit="conversation") for _ in range(2)]
    _, drop, _ = judge_and_tell(policy, [Evidence("s", *few)], STANDARD).rules
    assert drop.note == "fewer than 10 conversations are in both runs"


def test_nothing_turns_what_was_not_measured_or_what_the_environment_spoilt() -> None:
    assert told(DROP, mixed(5, 0), mixed(5, 0))["success against baseline"] == ""
    assert set(told(FLOOR, mixed(40, 10, environment=10)).values()) == {""}
