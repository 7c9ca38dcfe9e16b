"""A trial taken apart into columns."""

import pytest

from foretell.adapters.store.trials import pending
from foretell.core.domain.conversation import Usage
from foretell.core.domain.runs import Conclusion
from foretell.core.domain.trial import Outcome, TrialError
from foretell.core.domain.values import key_of
from foretell.core.errors import BadInput
from foretell.core.ports.facts import TrialRow
from foretell.testing.store_examples import concluded, full_trial, plain_trial


def columns_of(row: TrialRow) -> tuple[object, ...]:
    found = pending(5, row)
    return (*(getattr(found, name) for name in found.__dataclass_fields__ if name != "body"),)


def test_a_trial_becomes_columns() -> None:
    values = (("polite", 0.0), ("exact", 1.0), ("similarity", 0.8125), ("tone", None), ("judge", None))
    numbers = (key_of("conversation-1"), 0.00125, 431.5, 1, 120, 0, 3)
    assert columns_of(full_trial("r", 1, 2)) == (5, 1, 2, 0, "rude", ("late", "long"), numbers, values, (0.25,))


def test_what_is_unknown_is_null() -> None:
    numbers = (None, None, None, 0, None, None, 1)
    assert columns_of(plain_trial("r", 0)) == (5, 0, 0, 1, None, (), numbers, (), ())


@pytest.mark.parametrize(("kind", "is_environment"), [("timeout", 1), ("server_error", 1), ("error", 0), ("ours", 0)])
def test_the_environment_is_told_from_the_target(kind: str, is_environment: int) -> None:
    row = plain_trial("r", 0, outcome=Outcome(error=TrialError(kind, "")))
    assert pending(5, row).numbers[3] == is_environment


def test_a_number_that_no_column_holds_is_unknown_there() -> None:
    row = plain_trial("r", 0, outcome=Outcome(usage=Usage(2**80, -(2**80))))
    assert pending(5, row).numbers[4:6] == (None, None)


@pytest.mark.parametrize(
    "row",
    [
        concluded(plain_trial("r", 0), Conclusion("failure", "half\ud83d")),
        concluded(plain_trial("r", 0), Conclusion("failure", "m", ("half\ud83d",))),
        plain_trial("r", 0, outcome=Outcome(conversation_id="half\ud83d")),
    ],
    ids=["mode", "secondary", "conversation"],
)
def test_a_name_that_no_column_holds_is_refused(row: TrialRow) -> None:
    with pytest.raises(BadInput, match=r"^Run r, case 'greeting': a name of a scorer, mode or conversation"):
        pending(5, row)
