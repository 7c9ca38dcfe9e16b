"""What a record carries of a suite, written and read again."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from foretell.core.analysis.carry import joined, read_units, write_units
from foretell.core.analysis.runs.measure import Measure
from foretell.core.analysis.runs.weights import fold_weights
from foretell.core.errors import BadInput
from tests.unit.core.analysis.made import mixed, units

ONES = np.ones(2, np.int64)
SCORES = Measure(np.array([1, 5]), np.array([0.25, 0.1]), ONES, 0 * ONES, 0 * ONES, is_binary=False, stray=1.5)
WHOLE = replace(
    units(mixed(4, 2, unscored=1, environment=1), [0.1 + at for at in range(8)]),
    fired={"leak": np.arange(8)},
    measures={"metric similarity": SCORES},
    weights=fold_weights(np.arange(8), np.arange(1.0, 9.0)),
)


def test_units_come_back_as_they_were() -> None:
    written = write_units(WHOLE)
    assert written.columns["trials"] == "1 1 1 1 1 1 1 1"
    assert asdict(write_units(read_units(written))) == asdict(written)


def test_what_was_carried_over_goes_before_and_the_rest_is_added() -> None:
    carried, fresh = WHOLE.pick(WHOLE.key[:5]), WHOLE.pick(WHOLE.key[3:])
    assert asdict(write_units(joined(fresh, carried))) == asdict(write_units(WHOLE))


def test_a_column_that_holds_no_numbers_is_told() -> None:
    written = write_units(WHOLE)
    with pytest.raises(BadInput, match="holds no numbers"):
        read_units(replace(written, columns={**written.columns, "key": "1 two"}))
