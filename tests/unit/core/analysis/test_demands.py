"""What of a policy is told as changed."""

from dataclasses import replace

from foretell.core.analysis.demands import policy_changes
from foretell.core.domain.policy import GatePolicy

POLICY = GatePolicy("g", ("s",), at_least=0.8, may_drop=0.02, baseline="file:b.json", modes={"leak": 0.01})


def test_every_demand_that_moved_is_named_with_both_its_values() -> None:
    new = replace(POLICY, at_least=0.6, modes={}, cost_may_rise=0.05, confidence=0.9)
    assert policy_changes(POLICY, new, "main") == (
        "the gate's policy changed since main: success, at least: 80.0 % → 60.0 %",
        "the gate's policy changed since main: failure mode leak, at most: 1.0 % → nothing",
        "the gate's policy changed since main: confidence, one-sided: 95 % → 90 %",
        "the gate's policy changed since main: cost per success, may rise: nothing → 5.0 %",
    )


def test_money_and_time_decide_nothing() -> None:
    assert policy_changes(POLICY, replace(POLICY, max_cost=3.0, max_minutes=4.0), "main") == ()
