"""The waivers file, and which waivers a decision meets."""

import tomllib
from datetime import date

import pytest

from foretell.core.domain.policy import AppliedWaiver, Decision, GatePolicy, RuleFinding, Ruling
from foretell.core.domain.waivers import Waiver, applied_to, read_waivers, rules_in
from foretell.core.errors import BadInput

GATE = GatePolicy("deploy", ("s",), 0.8, may_drop=0.02, modes={"leak": 0.01}, cost_may_rise=0.1, owners=("ada", "bob"))
OPEN = GatePolicy("open", ("s",), 0.8)
GATES = {"deploy": GATE, "open": OPEN}
UNTIL = date(2026, 3, 31)


def entry(**fields: str) -> str:
    row = {"rule": '"success"', "reason": '"r"', "owner": '"ada"', "until": "2026-03-31", **fields}
    return "[[waiver]]\n" + "".join(f"{name} = {value}\n" for name, value in row.items() if value)


def decision(*rulings: tuple[str, Ruling], is_final: bool = True, waivers: tuple[AppliedWaiver, ...] = ()) -> Decision:
    rules = tuple(RuleFinding(rule, "s", ruling, 0.5, 0.4, 0.6, 0.8, 60, "case", "exact") for rule, ruling in rulings)
    ruling: Ruling = "hold" if "hold" in [ruling for _, ruling in rulings] else "not-enough-evidence"
    return Decision("deploy", ruling, rules, (), (), GATE, {}, {}, "now", "key", is_final=is_final, waivers=waivers)


def test_an_entry_is_written_as_it_is_read() -> None:
    waiver = Waiver("failure mode leak", 'a "fault"\nof \x7f theirs \\', "bob", UNTIL, "deploy")
    assert read_waivers(waiver.as_toml() + "\n" + entry(), GATES) == (waiver, Waiver("success", "r", "ada", UNTIL))
    assert tomllib.loads(waiver.as_toml())["waiver"][0]["until"] == UNTIL


def test_all_mistakes_are_told_at_once() -> None:
    text = "".join(
        [
            entry(rule='"sucess"', until=""),
            entry(owner='"eve"', until='"soon"', reason='" "'),
            entry(gate='"deplou"', extra="1"),
            entry(gate='"open"', until='"2026-02-30"'),
            "[strange]\n",
        ]
    )
    with pytest.raises(BadInput) as caught:
        read_waivers(text, GATES, "w")
    assert [str(problem) for problem in caught.value.problems] == [
        "w: 'strange' is not known. Every entry begins with [[waiver]].",
        "w, entry 1: until is missing. Give the last day of the waiver: until = 2026-12-31.",
        "w, entry 1: rule 'sucess' is not known. Did you mean 'success'?",
        "w, entry 2: reason = ' ' is no text.",
        "w, entry 2: until = soon is not a day. Write it like 2026-12-31.",
        "w, entry 2: owner 'eve' is not among the gate's owners. Known: ada, bob.",
        "w, entry 3: 'extra' is not known. Known: gate, owner, reason, rule, until.",
        "w, entry 3: gate 'deplou' is not known. Did you mean 'deploy'?",
        "w, entry 4: until = 2026-02-30 is not a day. Write it like 2026-12-31.",
        "w, entry 4: nobody may waive a rule of a gate without owners. Add owners = [...] to the gate.",
    ]


@pytest.mark.parametrize("text", ["[[waiver", "waiver = 1", "waiver = [1]"])
def test_what_is_no_list_of_waivers_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_waivers(text, GATES)


def test_a_gate_has_the_rules_that_its_verdicts_print() -> None:
    assert rules_in(GATE) == ("success", "success against baseline", "failure mode leak", "cost per success")
    assert rules_in(OPEN) == ("success",)


def test_of_several_waivers_the_longest_counts_and_only_where_something_fails() -> None:
    waivers = [
        Waiver("success", "long", "ada", date(2026, 4, 2)),
        Waiver("success", "short", "ada", UNTIL),
        Waiver("cost per success", "ships anyway", "ada", UNTIL),
        Waiver("success", "another gate's", "ada", date(2027, 1, 1), "open"),
        Waiver("success", "another gate's owner's", "eve", date(2027, 1, 1)),
    ]
    found = applied_to(decision(("success", "hold"), ("cost per success", "ship")), waivers, ("ada",), UNTIL)
    assert found == [AppliedWaiver("success", "long", "ada", "2026-04-02", 2)]


@pytest.mark.parametrize(
    ("rulings", "days_left", "is_final", "blocking"),
    [
        ((("success", "hold"),), 0, True, "ship"),
        ((("success", "hold"),), -1, True, "hold"),
        ((("success", "not-enough-evidence"),), 5, True, "ship"),
        ((("success", "not-enough-evidence"),), 5, False, "not-enough-evidence"),
        ((("success", "hold"), ("cost per success", "hold")), 5, True, "hold"),
        ((("success", "hold"), ("cost per success", "not-enough-evidence")), 5, True, "not-enough-evidence"),
        ((), 5, False, "not-enough-evidence"),
    ],
)
def test_what_blocks_is_what_no_waiver_covers(
    rulings: tuple[tuple[str, Ruling], ...], days_left: int, is_final: bool, blocking: Ruling
) -> None:
    waiver = AppliedWaiver("success", "r", "ada", "2026-03-31", days_left)
    assert decision(*rulings, is_final=is_final, waivers=(waiver,)).blocking == blocking
