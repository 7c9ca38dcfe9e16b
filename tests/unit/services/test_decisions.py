"""One decision for one question, over a project in memory."""

import asyncio
import json
from dataclasses import replace

import pytest

from foretell.core.domain.policy import GatePolicy
from foretell.core.errors import BadInput, ConfigurationError, NotEnoughEvidence
from foretell.services.aa import run_aa
from foretell.services.baseline import write_baseline
from foretell.services.decisions import Answer, decide, find_ship
from foretell.services.gate import GateRequest, prepare_gate
from foretell.services.verify import verify_decision
from foretell.services.waivers import add_waiver
from tests.unit.services.memory import Town

FLOOR = GatePolicy("g", ("s",), at_least=0.8, owners=("ada",))
DROP = GatePolicy("g", ("s",), at_least=0.5, may_drop=0.1, baseline="file:base.json")
HALF = frozenset(f"c-{at}" for at in range(30))


def ask(town: Town, record: str | None = None, max_cost: float | None = None) -> Answer:
    return asyncio.run(decide(town.house, GateRequest("g", max_cost=max_cost), record=record))


def test_a_question_that_was_decided_is_answered_from_the_record() -> None:
    town = Town(FLOOR)
    first, second = ask(town), ask(town, max_cost=50)
    assert (first.is_recorded, second.is_recorded, town.bench.asked) == (False, True, 60)
    assert second.decision == first.decision
    assert second.remark == "decided at 2026-03-01T12:00:00.000Z; asking again is not a second chance"


@pytest.mark.parametrize("code", [None, "0123456789ab+"])
def test_a_candidate_that_nothing_identifies_is_decided_afresh_and_the_verdict_says_so(code: str | None) -> None:
    town = Town(FLOOR)
    town.tree.code = code
    answers = [ask(town), ask(town)]
    assert [answer.is_recorded for answer in answers] == [False, False]
    assert answers[1].decision.attempt == 1
    assert answers[1].decision.blind_spots[-1].startswith("whether this candidate was decided before:")


def test_another_revision_set_floor_or_way_to_measure_is_another_question() -> None:
    town = Town(FLOOR)
    keys = {ask(town).decision.key}
    town.tree.code = "ba9876543210"
    keys.add(ask(town).decision.key)
    town.size = 61
    keys.add(ask(town).decision.key)
    town.gate = replace(FLOOR, at_least=0.7)
    keys.add(ask(town).decision.key)
    assert len(keys) == 4
    town.gate = replace(town.gate, owners=("bob",), max_minutes=5)
    assert ask(town).is_recorded


def test_what_money_cut_short_goes_on() -> None:
    town = Town(FLOOR)
    short = ask(town, max_cost=0.3)
    assert (short.decision.ruling, short.decision.is_final, short.decision.blocking) == (
        "not-enough-evidence",
        False,
        "not-enough-evidence",
    )
    whole = ask(town)
    assert (whole.decision.attempt, whole.decision.is_final, whole.is_recorded) == (2, True, False)
    assert whole.remark == "attempt 2: goes on with what was run before"
    assert (town.bench.asked, whole.decision.runs) == (60, short.decision.runs)
    assert ask(town).decision == whole.decision


def test_what_the_environment_spoiled_is_tried_again() -> None:
    town = Town(FLOOR)
    town.bench.away = frozenset(f"c-{at}" for at in range(5))
    spoiled = ask(town)
    assert (spoiled.decision.ruling, spoiled.decision.is_final) == ("not-enough-evidence", False)
    town.bench.away = frozenset()
    assert (ask(town).decision.ruling, ask(town).decision.attempt) == ("ship", 2)


def test_what_no_scorer_could_read_is_tried_again() -> None:
    town = Town(FLOOR)
    town.bench.is_scoring = False
    assert ask(town).decision.is_final is False
    town.bench.is_scoring = True
    assert (ask(town).decision.ruling, ask(town).decision.attempt) == ("ship", 2)


def test_a_record_file_stands_in_for_a_store_that_did_not_last() -> None:
    town = Town(FLOOR)
    first = ask(town, record="r.json")
    assert first.remark == "attempt 1, earlier evidence not found"
    elsewhere = Town(FLOOR, desk=town.desk)
    again = ask(elsewhere, record="r.json")
    assert (again.decision, again.is_recorded, elsewhere.bench.asked) == (first.decision, True, 0)
    elsewhere.tree.code = "ba9876543210"
    other = ask(elsewhere, record="r.json")
    assert (other.is_recorded, other.remark) == (False, "")
    assert json.loads(town.desk.files["r.json"])["key"] == other.decision.key


def test_a_record_that_is_none_is_refused_before_anything_runs() -> None:
    town = Town(FLOOR)
    town.desk.files["r.json"] = "{}"
    with pytest.raises(BadInput, match="is not a decision"):
        ask(town, record="r.json")
    assert town.bench.asked == 0


def test_a_waiver_is_weighed_on_the_day_of_asking() -> None:
    town = Town(FLOOR)
    town.bench.bad = HALF
    assert ask(town).decision.blocking == "hold"
    row = {"rule": "success", "reason": "r", "owner": "ada", "until": "2026-03-04"}
    add_waiver(town.house, "g", row)
    waived = ask(town).decision
    assert (waived.ruling, waived.blocking, waived.is_waived) == ("hold", "ship", True)
    town.day = "2026-03-05"
    over = ask(town).decision
    assert (over.blocking, over.waivers[0].days_left, over.waivers[0].is_over) == ("hold", -1, True)


def test_a_waiver_is_not_added_after_its_end_nor_by_anybody() -> None:
    town = Town(FLOOR)
    row = {"rule": "success", "reason": "r", "owner": "eve", "until": "2026-02-28"}
    with pytest.raises(ConfigurationError) as caught:
        add_waiver(town.house, "g", row)
    assert [problem.what for problem in caught.value.problems] == [
        "owner 'eve' is not among the gate's owners.",
        "until = 2026-02-28 is over already.",
    ]
    assert town.desk.files == {}


def test_a_ship_is_found_by_its_revision_and_a_dirty_one_never() -> None:
    town = Town(FLOOR)
    ask(town)
    town.tree.code = "ba9876543210+"
    ask(town)
    for revision in ("0123456789ab", "0123456", "0123456789abcdef0123456789abcdef01234567"):
        assert asyncio.run(find_ship(town.house, "g", revision)).code == "0123456789ab"
    for revision in ("ba9876543210", "ba9876543210+"):
        with pytest.raises(NotEnoughEvidence, match="no decision names it"):
            asyncio.run(find_ship(town.house, "g", revision))


def with_baseline() -> Town:
    town = Town(replace(FLOOR, owners=()))
    ask(town)
    asyncio.run(write_baseline(town.house, "latest", "base.json"))
    town.gate = DROP
    return town


def test_a_decision_is_computed_again_also_when_the_baseline_file_moved_on() -> None:
    town = with_baseline()
    town.bench.bad = frozenset({"c-1", "c-2"})
    ask(town, record="r.json")
    assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()
    asyncio.run(write_baseline(town.house, "latest", "base.json"))
    assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()


def test_a_decision_that_was_cut_short_is_computed_again() -> None:
    town = Town(FLOOR)
    ask(town, record="r.json", max_cost=0.3)
    assert asyncio.run(verify_decision(town.house, "r.json")).differences == ()


def test_facts_that_changed_are_told() -> None:
    town = with_baseline()
    answer = ask(town, record="r.json")
    rows = town.store.rows[answer.decision.runs["s"]]
    rows[0] = replace(rows[0], conclusion=replace(rows[0].conclusion, state="failure"))
    places = [place for place, _, _ in asyncio.run(verify_decision(town.house, "r.json")).differences]
    assert "rules, s: success, estimate" in places


def test_the_gate_between_equals_stops_at_its_money_and_is_repeated_later() -> None:
    town = with_baseline()
    town.gate = replace(DROP, max_cost=3.0)  # 60 cents a run: two pairs and a half
    report = asyncio.run(run_aa(town.house, asyncio.run(prepare_gate(town.house, GateRequest("g"))), 20))
    assert (report.pairs, report.trials, [one.count for one in report.shares]) == (2, 240, [2, 0, 0])
    assert (report.is_without_variance, "money" in report.stopped) == (True, True)
    (note,) = ask(town).decision.notes
    assert note == (
        "A/A of 2026-03-01T12:00:00.000Z, the candidate against itself: ship 2 of 2 [34 %, 100 %], "
        "hold 0 of 2 [0 %, 66 %], not enough evidence 0 of 2 [0 %, 66 %]; holds are promised in at most 5 %"
    )
