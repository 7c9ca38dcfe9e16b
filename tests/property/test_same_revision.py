"""A revision beside itself: whatever the system gets wrong, the gate never says that it has become worse."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.services.memory import Bench, Town
from tests.unit.services.two_sides import GATE, Two

CASES = st.frozensets(st.integers(0, 59).map("c-{}".format))


@settings(max_examples=25, deadline=None)
@given(bad=CASES, away=CASES)
def test_the_same_revision_on_both_sides_is_never_held_against_itself(
    bad: frozenset[str], away: frozenset[str]
) -> None:
    bench = Bench(bad=bad, bad_before=bad, away=away, away_before=away)
    (drop,) = [rule for rule in Two(Town(GATE, bench)).decision().rules if rule.rule == "success against baseline"]
    assert (drop.ruling != "hold", drop.estimate) == (True, 0.0)
