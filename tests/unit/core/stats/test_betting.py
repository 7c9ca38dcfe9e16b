import math

import numpy as np
import pytest

from foretell.core.stats.betting import Wager, highest_log_wealth, log_wealth


def wager(null, n, target=20.0):
    return Wager(np.atleast_1d(np.asarray(null, dtype=float)), target, n)


def test_columns_are_separate_problems():
    rng = np.random.default_rng(1)
    values, nulls = rng.random((50, 3)), np.array([0.2, 0.5, 0.7])
    together = log_wealth(values, wager(nulls, 50))
    for column in range(3):
        alone = log_wealth(values[:, [column]], wager(nulls[column], 50))
        assert alone[:, 0] == pytest.approx(together[:, column])


def test_one_column_of_values_meets_many_hypotheses():
    values = np.random.default_rng(2).random((30, 1))
    paths = log_wealth(values, wager([0.3, 0.6], 30))
    assert paths.shape == (30, 2)
    assert paths[:, 1] == pytest.approx(log_wealth(values, wager(0.6, 30))[:, 0])


def test_the_highest_wealth_is_that_of_the_path_or_the_start():
    values = np.random.default_rng(3).random((40, 1))
    for null in (0.2, 0.9):
        path = log_wealth(values, wager(null, 40))
        assert highest_log_wealth(values, wager(null, 40))[0] == pytest.approx(max(0.0, path.max()))


def test_a_stake_does_not_look_ahead():
    values = np.random.default_rng(4).random((40, 1))
    changed = values.copy()
    changed[25:] = 1 - changed[25:]
    same = log_wealth(values, wager(0.4, 40))[:25] == log_wealth(changed, wager(0.4, 40))[:25]
    assert same.all()


@pytest.mark.parametrize("null", [0.05, 0.5, 0.95])
def test_the_expected_wealth_never_exceeds_one_under_the_hypothesis(null):
    # All 2^12 sequences of a coin whose mean is the null, each with its probability: a fair game, exactly.
    sequences = np.array(np.meshgrid(*[[0.0, 1.0]] * 12)).reshape(12, -1)
    heads = sequences.sum(axis=0)
    chance = null**heads * (1 - null) ** (12 - heads)
    wealth = np.exp(log_wealth(sequences, Wager(np.full(sequences.shape[1], null), 20.0, 12)))
    assert wealth @ chance == pytest.approx(np.ones(12))
    peak = np.exp(highest_log_wealth(sequences, Wager(np.full(sequences.shape[1], null), 20.0, 12)))
    assert chance[peak >= 20].sum() <= 0.05


def test_wealth_never_runs_out():
    for value in (0.0, 1.0):
        path = log_wealth(np.full((200, 1), value), wager([0.0, 1e-9, 0.5, 1.0], 200))
        assert not np.isnan(path).any()
        assert (path > -math.inf).all()


def test_no_difference_at_all_reaches_the_target_when_it_can():
    # 59 equal pairs clear a margin of 5 points in the exact test; betting needs hardly more.
    assert highest_log_wealth(np.full((60, 1), 0.5), wager(0.475, 60))[0] >= math.log(20) - 1e-12


def test_evidence_goes_on_growing_after_the_target():
    assert highest_log_wealth(np.full((200, 1), 0.9), wager(0.5, 200))[0] > 5 * math.log(20)


def test_long_data_are_bet_on_in_blocks_to_the_same_effect():
    values = (np.random.default_rng(5).random((3000, 1)) < 0.53).astype(float)
    assert highest_log_wealth(values, wager(0.5, 3000))[0] > math.log(20)
    assert log_wealth(values, wager(0.5, 3000)).shape == (3000, 1)


def test_values_past_the_horizon_still_count():
    path = log_wealth(np.full((30, 1), 0.8), wager(0.5, 10))
    assert np.all(np.diff(path[:, 0]) > 0)
