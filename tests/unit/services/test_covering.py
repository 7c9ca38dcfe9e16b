from foretell.core.analysis.traffic.personal import Anonymiser
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.traffic import Interaction
from foretell.core.domain.trial import Outcome, TrialRecord
from foretell.core.ports.facts import TrialRow
from foretell.services.covering import covered, covered_row

ANONYMISER = Anonymiser(b"key")
ADA = ANONYMISER.pseudonym("email", "ada@example.org")


def test_what_else_was_said_of_an_interaction_is_covered() -> None:
    one = Interaction("i", "2026-03-01T09:30:00Z", "hi", metadata={"from": ["ada@example.org"], "lines": 3})
    assert covered(ANONYMISER, one).metadata == {"from": [ADA], "lines": 3, "names": "not covered"}


def test_what_else_was_reported_with_an_outcome_is_covered() -> None:
    outcome = Outcome("hi", metadata={"ada@example.org": {"mailed": True}})
    row = TrialRow(TrialRecord("r", 0, "c", 0, outcome, {}), Conclusion("success"))
    assert covered_row(ANONYMISER, row).record.outcome.metadata == {ADA: {"mailed": True}}
