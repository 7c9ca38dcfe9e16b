"""Every output says a rule in the same words, and no number without its bounds and its n."""

from dataclasses import replace

import pytest

from foretell.core.analysis.demands import policy_lines
from foretell.core.domain.policy import RuleFinding
from foretell.reports.rule_text import (
    bounds,
    chance,
    cost_lines,
    finding,
    method_lines,
    origin_lines,
    score,
    sees,
    told_with_it,
    worst_first,
)
from tests.unit.reports.decisions import (
    CEILING,
    COST,
    DROP,
    EMPTY,
    FLOOR,
    HELD,
    LAPSED,
    OPEN,
    POLICY,
    SHIPPED,
    UNBOUNDED,
    UNMEASURED,
    WAIVED,
    cost,
    run,
)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (FLOOR, "system, success: 87.8 %, bounds [84.7 %, 90.4 %], n = 412; {at least} 80.0 %: ship"),
        (
            DROP,
            "system, success against baseline: −5.3 %, bounds [−8.3 %, −2.4 %], n = 412; {at least} −2.0 %: hold",
        ),
        (
            UNMEASURED,
            "model, cost per success: not measured, n = 412; {at most} ×1.050: not enough evidence",
        ),
        (
            UNBOUNDED,
            "chat, cost per success: ×1.017, bounds [×0.988, ∞], n = 412; {at most} ×1.050: not enough evidence",
        ),
    ],
    ids=["floor", "drop", "unmeasured", "unbounded"],
)
def test_a_rule_is_one_sentence(rule: RuleFinding, told: str) -> None:
    assert finding(rule) == told.replace("{", "it has to be ").replace("}", "")


def test_only_a_comparison_has_a_drop_that_it_could_see() -> None:
    assert [sees(rule) for rule in (FLOOR, DROP, COST)] == ["–", "4.4 %", "–"]


def test_no_bounds_are_a_dash() -> None:
    assert bounds(UNMEASURED) == "–"


def test_what_broke_comes_first() -> None:
    assert [rule.ruling for rule in worst_first(replace(HELD, rules=(FLOOR, CEILING, DROP)))] == [
        "hold",
        "not-enough-evidence",
        "ship",
    ]


def test_rules_are_counted() -> None:
    assert [score(one) for one in (HELD, SHIPPED, OPEN, EMPTY, WAIVED, LAPSED)] == [
        "2 of 7 rules kept, 1 broken, 4 without enough evidence",
        "2 of 2 rules kept",
        "1 of 2 rules kept, 1 without enough evidence",
        "no rule was measured",
        "1 of 2 rules kept, 1 broken, 1 waived",
        "1 of 2 rules kept, 1 broken",
    ]


def test_waivers_notes_and_a_cut_are_told_with_the_verdict() -> None:
    waived = "waived, 9 days left: 'success against baseline' until 2026-11-30, by platform-team: refunds are rewritten"
    assert told_with_it(WAIVED) == [
        f"{waived} in 2.15",
        "hold, but waived: it does not block",
        "A/A: 1 of 20 pairs of equals was held",
    ]
    assert told_with_it(EMPTY) == [
        "It was cut short: asking again goes on, or runs again where nothing is left to go on with."
    ]


def test_a_decision_says_which_one_it_is() -> None:
    known = replace(HELD, code="4e91b7a00c1d", attempt=2, anchor_runs={"system": "20260901-0000-aaaaaa"})
    assert list(origin_lines(known)) == [
        "decided 2026-11-21 21:14 UTC",
        "decision 9f1c2d3e4a5b6c7d",
        "revision 4e91b7a00c1d",
        "attempt 2",
        "system: run 20261121-2051-3f9a2c",
        "model: run 20261121-2103-77b0e1",
        "system: against run 20261114-0910-a1b2c3",
        "system: anchor run 20260901-0000-aaaaaa",
    ]


def test_a_chance_is_a_limit() -> None:
    assert (chance(HELD), chance(OPEN)) == ("at most 64 %", None)


def test_costs_come_with_interval_and_total_or_with_the_reason_why_not() -> None:
    half = replace(cost(), priced=400)
    assert list(cost_lines([(run(), cost()), (run("model"), cost(None)), (run("chat"), half)])) == [
        "system: $0.04190 [$0.04030, $0.04360] n = 412 a success; $17.25 for 412 trials",
        "model: unknown: no trial's cost is known",
        "chat: $0.04190 [$0.04030, $0.04360] n = 412 a success; $17.25 for 412 trials, known for 400",
    ]


def test_rules_of_one_method_share_a_line() -> None:
    assert list(method_lines(replace(HELD, rules=(FLOOR, CEILING, UNMEASURED)))) == [
        "exact binomial: system, failure mode hallucination; system, success.",
        "Not measured: model, cost per success.",
    ]


def test_the_policy_is_told_as_it_was_set() -> None:
    policy = replace(POLICY, may_drop_since_anchor=0.05, anchor="file:evals/anchor.json", max_minutes=30)
    assert dict(policy_lines(policy)) == {
        "suites": "system, model",
        "success, at least": "80.0 %",
        "against baseline, may drop": "2.0 % (file:evals/baselines/deploy.json)",
        "since anchor, may drop": "5.0 % (file:evals/anchor.json)",
        "failure mode hallucination, at most": "1.0 %",
        "cost per success, may rise": "5.0 %",
        "confidence, one-sided": "95 %",
        "may spend, in the project's currency": "20",
        "may take": "30 min",
        "owners": "platform-team",
    }
