"""Cases that stand for unequal shares of production."""

from dataclasses import replace

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard
from foretell.core.analysis.decide import Judged
from foretell.core.analysis.rules import Evidence
from foretell.core.analysis.runs.weights import fold_weights, weights_of
from foretell.core.analysis.turning import judge_and_tell
from foretell.core.domain.cases import Case
from foretell.core.domain.policy import GatePolicy
from foretell.core.errors import BadInput
from tests.unit.core.analysis.made import mixed, units

POLICY = GatePolicy("deploy", ("s",), at_least=0.5, may_drop=0.1, modes={"leak": 0.2}, cost_may_rise=0.5)


def judged(weights: list[float], bad: int, policy: GatePolicy = POLICY) -> Judged:
    """A candidate that fails in the last cases, against a baseline that never does."""
    n = len(weights)
    found = fold_weights(np.arange(n), np.array(weights))
    new, old = units(mixed(n - bad, bad), [0.01] * n), units(mixed(n, 0), [0.01] * n)
    return judge_and_tell(policy, [Evidence("s", replace(new, weights=found), old)], Standard(0.95, 1))


def test_equal_weights_are_none() -> None:
    assert fold_weights(np.arange(3), np.full(3, 2.5)) is None
    assert judged([2.5] * 100, 5) == judged([1.0] * 100, 5)
    assert {rule.method for rule in judged([2.5] * 100, 5, replace(POLICY, cost_may_rise=None)).rules} == {
        "exact binomial",
        "exact unconditional score test",
    }


def test_every_rule_is_about_the_weighted_mean() -> None:
    found = judged([1.0] * 80 + [9.0] * 20, 20)  # the failures are 69 % of production
    assert {rule.rule: (rule.ruling, rule.estimate and round(rule.estimate, 3)) for rule in found.rules} == {
        "success": ("hold", 0.308),
        "success against baseline": ("hold", -0.692),
        "failure mode leak": ("ship", 0.0),
        "cost per success": ("hold", 3.25),
    }
    assert all("(effective n = 39.76)" in rule.method for rule in found.rules)
    assert judged([9.0] * 80 + [1.0] * 20, 20).rules[0].ruling == "ship"


def test_what_would_turn_a_weighted_rule_is_said_in_points() -> None:
    floor = judged([1.0] * 80 + [2.0] * 20, 30).rules[0]
    assert floor.ruling == "not-enough-evidence"
    assert "points up in every case would ship" in floor.turned_by


def test_a_conversation_weighs_what_its_cases_do_on_average() -> None:
    cases = [
        Case("a", "?", metadata={"conversation_id": "talk", "weight": 2}),
        Case("b", "?", metadata={"conversation_id": "talk", "weight": 4}),
        Case("c", "?"),
    ]
    found = weights_of(cases)
    assert found is not None
    assert sorted(found.weight.tolist()) == [1.0, 3.0]
    assert sorted(found.shares(found.key).tolist()) == [0.25, 0.75]
    assert found.at(found.key[:1]) is None


@pytest.mark.parametrize("weight", [0, -1, "9", True, float("inf")])
def test_a_weight_that_is_none_is_refused(weight: object) -> None:
    with pytest.raises(BadInput, match="must be a number above 0"):
        weights_of([Case("a", "?", metadata={"weight": weight})])
