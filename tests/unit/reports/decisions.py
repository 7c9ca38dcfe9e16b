"""Decisions to render: one of each ruling, an empty one, and one whose every text is hostile."""

from dataclasses import replace

from foretell.core.analysis.runs.cost import CostFinding
from foretell.core.domain.estimates import Estimate
from foretell.core.domain.policy import AppliedWaiver, Decision, GatePolicy, RuleFinding
from foretell.core.domain.runs import Arm, Run
from foretell.core.domain.trial import TargetSpec

POLICY = GatePolicy(
    name="deploy",
    suites=("system", "model"),
    at_least=0.8,
    may_drop=0.02,
    baseline="file:evals/baselines/deploy.json",
    modes={"hallucination": 0.01},
    cost_may_rise=0.05,
    max_cost=20.0,
    owners=("platform-team",),
)

FLOOR = RuleFinding(
    rule="success",
    suite="system",
    ruling="ship",
    estimate=0.878,
    low=0.847,
    high=0.904,
    limit=0.8,
    n=412,
    unit="case",
    method="exact binomial",
    p_ship=0.0001,
    p_hold=0.9999,
    smallest_visible=0.031,
)
DROP = replace(
    FLOOR,
    rule="success against baseline",
    ruling="hold",
    estimate=-0.053,
    low=-0.083,
    high=-0.024,
    limit=-0.02,
    p_ship=0.98,
    p_hold=0.004,
    smallest_visible=0.044,
    method="paired sign test",
)
MODEL_DROP = replace(
    DROP, suite="model", ruling="not-enough-evidence", estimate=-0.014, low=-0.043, high=0.015, n=600, p_hold=0.3
)
CEILING = replace(
    FLOOR,
    rule="failure mode hallucination",
    ruling="not-enough-evidence",
    estimate=0.008,
    low=0.004,
    high=0.018,
    limit=0.01,
    higher_is_better=False,
    p_ship=0.4,
    p_hold=0.6,
    note="3 unscored trials, read against the ruling",
)
COST = replace(
    FLOOR,
    rule="cost per success",
    estimate=1.017,
    low=0.988,
    high=1.047,
    limit=1.05,
    higher_is_better=False,
    smallest_visible=None,
    method="bootstrap, BCa",
)
UNMEASURED = replace(
    COST,
    suite="model",
    ruling="not-enough-evidence",
    estimate=None,
    low=None,
    high=None,
    p_ship=1.0,
    p_hold=1.0,
    method="none",
    note="only 12.0 % of the costs are known",
)
UNBOUNDED = replace(COST, suite="chat", ruling="not-enough-evidence", high=None, p_ship=1.0)

HELD = Decision(
    gate="deploy",
    ruling="hold",
    rules=(FLOOR, DROP, MODEL_DROP, CEILING, COST, UNMEASURED, UNBOUNDED),
    reasons=("system: success against baseline is −5.3 %, bound −2.4 % against −2.0 % (n = 412 cases)",),
    blind_spots=(
        "system: a drop of less than 4.4 % (success against baseline, n = 412)",
        "no behavioural layer: nothing here speaks for what users ask today",
    ),
    policy=POLICY,
    runs={"system": "20261121-2051-3f9a2c", "model": "20261121-2103-77b0e1"},
    baseline_runs={"system": "20261114-0910-a1b2c3"},
    decided_at="2026-11-21T21:14:03.512Z",
    key="9f1c2d3e4a5b6c7d",
    p_ship_no_change=0.64,
    changed=("assistant: prompt 9c1e02f7a1b2c3d4 → f07a55e1b2c3d4e5",),
)
SHIPPED = replace(HELD, ruling="ship", rules=(FLOOR, COST), reasons=("every rule is kept",), changed=())
OPEN = replace(
    HELD, ruling="not-enough-evidence", rules=(FLOOR, CEILING), baseline_runs={}, p_ship_no_change=None, changed=()
)
EMPTY = replace(
    OPEN,
    rules=(),
    reasons=("time: 30 minutes were not enough to run the suites",),
    runs={},
    blind_spots=(),
    is_final=False,
    attempt=2,
)
WAIVER = AppliedWaiver("success against baseline", "refunds are rewritten in 2.15", "platform-team", "2026-11-30", 9)
WAIVED = replace(HELD, rules=(FLOOR, DROP), waivers=(WAIVER,), notes=("A/A: 1 of 20 pairs of equals was held",))
LAPSED = replace(WAIVED, waivers=(replace(WAIVER, days_left=-3),))

DECISIONS = {
    "ship": SHIPPED,
    "hold": HELD,
    "not-enough-evidence": OPEN,
    "empty": EMPTY,
    "waived": WAIVED,
    "lapsed": LAPSED,
}

EVIL = (
    "<script>alert(1)</script> @octocat #12 !7 [x](http://evil.example) <img src=x onerror=y> \"'--> ]]> `` ``` | $a$ "
    "http://evil.example www.evil.example a@evil.example :tada: GH-9 {0} \x1b[31m\u202e\ud800\ufffe\n\n/close\n# head"
)


def hostile(times: int = 1) -> Decision:
    """A decision in which every text is `EVIL`, with this many rules, reasons and lines of each kind."""
    many = tuple(f"{EVIL} {number}" for number in range(times))
    rules = tuple(
        replace(rule, rule=f"{rule.rule} {EVIL}", suite=text, method=EVIL, note=EVIL)
        for text, rule in zip(many, (HELD.rules * times)[:times], strict=True)
    )
    policy = replace(POLICY, suites=many, baseline=EVIL, modes=dict.fromkeys(many, 0.1), owners=many)
    return replace(
        HELD,
        gate=EVIL,
        rules=rules,
        reasons=many,
        blind_spots=many,
        policy=policy,
        runs=dict.fromkeys(many, EVIL),
        baseline_runs=dict.fromkeys(many, EVIL),
        changed=many,
        anchor_runs=dict.fromkeys(many, EVIL),
        waivers=tuple(AppliedWaiver(rule.rule, EVIL, EVIL, "2026-11-30", 9) for rule in rules[1:2]),
        notes=many,
        code=EVIL,
        key=EVIL,
    )


def run(suite: str = "system") -> Run:
    """A run as a report names it."""
    return Run(
        id="20261121-2051-3f9a2c",
        group="g",
        suite=suite,
        layer="system",
        arm=Arm(TargetSpec("python", "assistant", {})),
        evalset="core",
        version="7",
        set_hash="h",
        scorers=(),
        success=None,
        modes=(),
        repeats=1,
        seed=0,
        cases=412,
        planned=412,
        created_at="2026-11-21T20:51:00.000Z",
        status="done",
    )


def cost(value: float | None = 0.0419) -> CostFinding:
    """What a run cost, with or without a cost per success."""
    known = Estimate(value, 0.0403, 0.0436, 412, "case", "bootstrap")
    unknown = Estimate(None, None, None, 0, "case", "unknown: no trial's cost is known")
    success = Estimate(0.878, 0.847, 0.904, 412, "case", "Wilson score")
    return CostFinding(
        total=17.25 if value is not None else 0.0,
        trials=412,
        priced=412 if value is not None else 0,
        successes=362,
        per_success=known if value is not None else unknown,
        fieller=None,
        success=success,
        latency_p50=None,
        latency_p95=None,
    )
