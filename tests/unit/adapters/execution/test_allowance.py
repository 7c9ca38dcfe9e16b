"""What a trial may cost, and what judging it cost."""

import pytest

from foretell.core.domain.cases import Case
from foretell.core.domain.conversation import Message, Reply
from foretell.core.domain.scores import ScoreFailure
from foretell.core.domain.trial import Outcome, TrialError, TrialLimits
from tests.unit.adapters.execution.test_trial import GOAL, SCRIPTED, USER, Persona, paid, record_of, says, spec
from tests.unit.adapters.execution.work import task


@pytest.mark.parametrize("case", [SCRIPTED, GOAL])
def test_a_conversation_that_used_up_its_allowance_ends_unscored(case: Case) -> None:
    limits = TrialLimits(timeout_s=10.0, allowance_usd=0.2)  # one turn costs 0.25
    made = record_of(task(case=case, user=USER, limits=limits, scorers=(spec("is_short"),)), paid, says("And then?"))
    error = TrialError("allowance", "the 0.2 that the trial may cost (max_cost_per_trial) are spent")
    assert (made.outcome.error, made.outcome.cost_usd, made.scores) == (error, 0.25, {})
    assert error.is_ours


def test_a_scorer_that_asks_has_what_is_left_of_the_allowance() -> None:
    limits = TrialLimits(timeout_s=10.0, allowance_usd=0.55)
    given = task(scorers=(spec("SecondOpinion"),), limits=limits)
    made = record_of(given, lambda _: Outcome("Hello.", cost_usd=0.1), says("yes", "quite", "so"))
    reason = "the 0.55 that the trial may cost (max_cost_per_trial) are spent"
    assert (made.scores, made.eval_cost_usd) == ({"SecondOpinion": ScoreFailure(reason)}, 0.5)


def test_judging_that_does_not_say_its_cost_has_an_unknown_one() -> None:
    user = Persona([Reply(Message("assistant", "yes")), Reply(Message("assistant", "so"), cost_usd=0.5)] * 2)
    made = record_of(task(scorers=(spec("SecondOpinion"),)), lambda _: Outcome("Hello."), user)
    assert made.eval_cost_usd is None
