import re
from dataclasses import replace

import numpy as np
import pytest

from foretell.core.analysis.claims import Standard, can_ever_ship, units_to_ship
from foretell.core.analysis.decide import check_policy, describe, judge
from foretell.core.analysis.rules import Evidence
from foretell.core.domain.policy import GatePolicy
from tests.unit.core.analysis.made import mixed, units

POLICY = GatePolicy("deploy", ("s",), at_least=0.5, may_drop=0.05)
STANDARD = Standard(0.95, seed=1)


def ruling(policy: GatePolicy, candidate: list[str], baseline: list[str] | None = None) -> str:
    evidence = Evidence("s", units(candidate), units(baseline) if baseline is not None else None)
    return judge(policy, [evidence], STANDARD).ruling


def test_nothing_changed_ships_when_the_set_can_see_the_margin() -> None:
    assert ruling(POLICY, mixed(80, 20), mixed(80, 20)) == "ship"


def test_nothing_changed_is_not_enough_when_the_set_is_too_small_for_the_margin() -> None:
    assert ruling(POLICY, mixed(40, 10), mixed(40, 10)) == "not-enough-evidence"


def test_a_collapse_is_held_by_both_rules() -> None:
    judged = judge(POLICY, [Evidence("s", units(mixed(20, 80)), units(mixed(80, 20)))], STANDARD)
    assert [rule.ruling for rule in judged.rules] == ["hold", "hold"]
    assert judged.ruling == "hold"


def test_two_systems_that_are_both_down_do_not_ship_by_not_differing() -> None:
    assert ruling(POLICY, mixed(0, 100), mixed(0, 100)) == "hold"


def test_hold_goes_before_not_enough() -> None:
    policy = replace(POLICY, modes={"leak": 0.001})  # no set of 100 can show one in a thousand
    assert ruling(policy, mixed(20, 80), mixed(80, 20)) == "hold"


def test_unscored_trials_are_read_against_each_claim() -> None:
    policy = GatePolicy("deploy", ("s",), at_least=0.8)
    assert ruling(policy, mixed(95, 0)) == "ship"
    shaky = judge(policy, [Evidence("s", units(mixed(85, 0, unscored=15)))], STANDARD)
    assert shaky.ruling == "not-enough-evidence"
    assert "15 unscored" in shaky.rules[0].note
    assert ruling(policy, mixed(20, 60, unscored=20)) == "hold"
    assert ruling(policy, mixed(60, 10, unscored=30)) == "not-enough-evidence"


def test_all_unscored_neither_ships_nor_holds() -> None:
    judged = judge(POLICY, [Evidence("s", units(mixed(0, 0, unscored=100)), units(mixed(80, 20)))], STANDARD)
    assert judged.ruling == "not-enough-evidence"
    assert [rule.note for rule in judged.rules] == [
        "nothing was scored: all 100 trials are unscored",
        "100 unscored trials leave 0 pairs with both sides scored",
    ]


def test_a_reason_names_the_bound_that_it_rests_on() -> None:
    policy = GatePolicy("deploy", ("s",), at_least=0.8)
    said = {
        good: describe(judge(policy, [Evidence("s", units(mixed(good, 100 - good)))], STANDARD).rules[0])
        for good in (95, 80, 60)
    }
    assert said == {
        95: "s: success is 95.0 %, bound 89.8 % against 80.0 % (n = 100 cases)",
        80: "s: success is 80.0 %, bounds 72.3 % to 86.3 % against 80.0 % (n = 100 cases)",
        60: "s: success is 60.0 %, bound 68.2 % against 80.0 % (n = 100 cases)",
    }


def test_reasons_write_each_quantity_in_its_own_form() -> None:
    policy = replace(POLICY, may_drop=0.5, cost_may_rise=2.0)
    evidence = Evidence("s", units(mixed(85, 15), [0.02] * 100), units(mixed(90, 10), [0.01] * 100))
    said = [describe(rule) for rule in judge(policy, [evidence], STANDARD).rules]
    assert [re.sub(r", bound \S+( %)?", "", text) for text in said] == [
        "s: success is 85.0 % against 50.0 % (n = 100 cases)",
        "s: success against baseline is −5.0 % against −50.0 % (n = 100 cases)",
        "s: cost per success is ×2.118 against ×3.000 (n = 100 cases)",
    ]


def test_no_overlap_with_the_baseline_is_not_enough() -> None:
    other = replace(units(mixed(80, 20)), key=np.arange(1000, 1100))
    evidence = Evidence("s", units(mixed(80, 20)), other)
    assert judge(POLICY, [evidence], STANDARD).ruling == "not-enough-evidence"


def test_a_storm_neither_ships_nor_holds_what_it_explains() -> None:
    stormy = judge(POLICY, [Evidence("s", units(mixed(30, 10, environment=60)), units(mixed(80, 20)))], STANDARD)
    assert stormy.ruling == "not-enough-evidence"
    assert stormy.reasons[0].startswith("environment: 60.0 %")
    assert ruling(POLICY, mixed(94, 0, environment=6), mixed(94, 6)) == "not-enough-evidence"


def test_a_storm_does_not_hide_what_it_cannot_explain() -> None:
    assert ruling(POLICY, mixed(5, 85, environment=10), mixed(80, 20)) == "hold"


def test_the_anchor_stops_creep() -> None:
    policy = replace(POLICY, may_drop_since_anchor=0.05)
    evidence = Evidence("s", units(mixed(70, 30)), units(mixed(71, 29)), units(mixed(90, 10)))
    judged = judge(policy, [evidence], STANDARD)
    assert judged.ruling == "hold"
    assert next(rule for rule in judged.rules if rule.ruling == "hold").rule == "success since anchor"


def test_repeats_are_bounded_means_not_more_cases() -> None:
    judged = judge(POLICY, [Evidence("s", units(["11", "10"] * 60), units(["11", "01"] * 60))], STANDARD)
    assert judged.rules[1].method.startswith("betting")
    assert judged.rules[1].n == 120


def test_a_cost_that_rose_is_held_and_one_that_fell_ships() -> None:
    policy = replace(POLICY, may_drop=None, cost_may_rise=0.10)
    rng = np.random.default_rng(3)
    cheap = list(rng.uniform(0.009, 0.011, 200))
    dear = [2 * cost for cost in cheap]
    cases = mixed(190, 10)

    def cost_ruling(new: list[float], old: list[float]) -> str:
        judged = judge(policy, [Evidence("s", units(cases, new), units(cases, old))], STANDARD)
        return next(rule.ruling for rule in judged.rules if rule.rule == "cost per success")

    assert (cost_ruling(dear, cheap), cost_ruling(cheap, dear)) == ("hold", "ship")


def test_unknown_costs_below_the_coverage_floor_decide_nothing() -> None:
    policy = replace(POLICY, may_drop=None, cost_may_rise=0.10)
    costs = [0.01] * 90 + [float("nan")] * 10
    judged = judge(policy, [Evidence("s", units(mixed(90, 10), costs), units(mixed(90, 10), costs))], STANDARD)
    assert judged.rules[-1].note == "only 90.0 % of the costs are known"
    assert judged.ruling == "not-enough-evidence"


def test_a_margin_that_no_data_could_clear_is_refused_with_the_number_needed() -> None:
    problems = check_policy(replace(POLICY, may_drop=0.02), {"s": 60}, STANDARD, is_single=True)
    said = (
        "gate 'deploy', suite 's': may_drop = 0.02 could not ship with 60 cases even if not one of them differed. "
        "It takes 149 cases. Widen the margin or add cases."
    )
    assert [str(problem) for problem in problems] == [said]
    assert check_policy(POLICY, {"s": 60}, STANDARD, is_single=True) == []


def test_ceilings_and_floors_that_no_data_could_clear_are_refused() -> None:
    policy = GatePolicy("deploy", ("s",), at_least=0.99, modes={"leak": 0.01})
    hints = [problem.hint for problem in check_policy(policy, {"s": 60}, STANDARD, is_single=True)]
    assert hints == [
        "It takes 299 cases. Lower the floor or add cases.",
        "It takes 299 cases. Raise the ceiling or add cases.",
    ]
    assert len(check_policy(policy, {"s": 298}, STANDARD, is_single=True)) == 2
    assert check_policy(policy, {"s": 299}, STANDARD, is_single=True) == []


def test_perfection_cannot_be_shown() -> None:
    policy = GatePolicy("deploy", ("s",), at_least=1.0, modes={"leak": 0.0})
    hints = [problem.hint for problem in check_policy(policy, {"s": 10_000}, STANDARD, is_single=True)]
    assert hints == [
        "No number of cases can show it. Lower the floor.",
        "No number of cases can show it. Raise the ceiling.",
    ]


@pytest.mark.parametrize("is_single", [True, False])
def test_the_number_needed_is_the_first_that_suffices(*, is_single: bool) -> None:
    needed = units_to_ship(0.05, STANDARD, is_single=is_single)
    assert can_ever_ship(needed, 0.05, STANDARD, is_single=is_single)
    assert not can_ever_ship(needed - 1, 0.05, STANDARD, is_single=is_single)
    assert needed >= 59
