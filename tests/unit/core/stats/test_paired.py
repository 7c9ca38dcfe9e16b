import pytest

from foretell.core.errors import BadInput
from foretell.core.stats.paired import PairCounts, mcnemar_p, newcombe_difference


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Fagerland, Lydersen & Laake 2017, "Statistical Analysis of Contingency Tables", chapter 8: complete
        # response before and after therapy; airway hyper-responsiveness before and after transplantation.
        (PairCounts(59, 6, 16, 80), -0.1186, -0.0046),
        (PairCounts(1, 1, 7, 12), -0.507, -0.026),
    ],
)
def test_newcombe_gives_the_published_limits(counts, low, high):
    found = newcombe_difference(counts)
    assert found.value == pytest.approx((counts.gained - counts.lost) / counts.pairs)
    places = 4 if round(low, 3) != low else 3
    assert (round(found.interval.low, places), round(found.interval.high, places)) == (low, high)


def test_an_interval_without_discordance_keeps_a_width():
    found = newcombe_difference(PairCounts(18, 0, 0, 2)).interval
    assert found.low < -0.05
    assert found.high > 0.05


def test_exchanging_the_systems_mirrors_the_interval():
    one, other = newcombe_difference(PairCounts(20, 7, 3, 5)), newcombe_difference(PairCounts(20, 3, 7, 5))
    assert (one.interval.low, one.interval.high) == pytest.approx((-other.interval.high, -other.interval.low))


def test_mcnemar_is_a_sign_test_on_the_pairs_that_differ():
    assert mcnemar_p(PairCounts(100, 0, 5, 100)) == pytest.approx(2 / 32)
    assert mcnemar_p(PairCounts(5, 0, 0, 5)) == 1.0
    assert mcnemar_p(PairCounts(5, 4, 4, 5)) == 1.0


def test_rates_come_from_the_counts():
    counts = PairCounts(10, 4, 1, 5)
    assert (counts.pairs, counts.difference, counts.discordance) == (20, 0.15, 0.25)


@pytest.mark.parametrize("counts", [(0, 0, 0, 0), (1, -1, 0, 0)])
def test_counts_that_are_none_are_refused(counts):
    with pytest.raises(BadInput, match="not counts of pairs"):
        PairCounts(*counts)
