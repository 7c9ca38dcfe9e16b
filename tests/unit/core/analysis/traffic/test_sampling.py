"""Which traces are kept: by their own randomness, or by their conversation's hash, and with which probability."""

import random

import pytest

from foretell.core.analysis.traffic.sampling import Draw, Sampler, rank_of

RANGE = 2**56


def trace(randomness: int) -> str:
    return f"{7:018x}{randomness:014x}"


def test_a_trace_is_kept_when_its_randomness_reaches_the_threshold() -> None:
    sampler = Sampler(0.25, 1.0)
    edge = 3 * RANGE // 4
    assert sampler.draw(trace(edge), "", None) == Draw(is_kept=True, probability=0.25)
    assert sampler.draw(trace(edge - 1), "", None) == Draw(is_kept=False, probability=0.25)
    assert sampler.draw(trace(0), "ot=rv:ffffffffffffff", None).is_kept
    assert Sampler(1.0, 1.0).draw(trace(0), "", None) == Draw(is_kept=True, probability=1.0)


@pytest.mark.parametrize(
    ("state", "conversation", "probability"),
    [
        ("", None, None),
        ("", "c", None),
        ("ot=th:8", None, 0.01),  # of the half that came, those that one threshold of 1 % keeps
        ("ot=th:8", "c", 0.005),  # the hash of a conversation knows nothing of that half
        ("ot=th:ff", None, 1 / 256),
        ("other=1, ot=rv:0123456789abcd;th:c ,x=y", None, 0.01),
        ("ot=th:zz", None, None),
        ("ot=", None, None),
    ],
)
def test_the_probability_counts_what_was_drawn_before(
    state: str, conversation: str | None, probability: float | None
) -> None:
    assert Sampler(0.01).draw(trace(0), state, conversation).probability == pytest.approx(probability)


def test_what_the_project_declares_counts_where_a_trace_says_nothing() -> None:
    sampler = Sampler(0.1, 0.5)
    assert sampler.draw(trace(0), "", None).probability == 0.05
    assert sampler.draw(trace(0), "", "c").probability == 0.05
    assert sampler.draw(trace(0), "ot=th:0", None).probability == pytest.approx(0.1)


@pytest.mark.parametrize("conversations", [True, False])
def test_a_share_keeps_that_share_and_lies_inside_a_larger_one(conversations: bool) -> None:
    rng = random.Random(1)
    named = [(trace(rng.randrange(RANGE)), f"c-{number}" if conversations else None) for number in range(20_000)]
    kept = {
        share: {one for one, talk in named if Sampler(share, 1.0).draw(one, "", talk).is_kept}
        for share in (0.01, 0.05, 0.5)
    }
    assert kept[0.01] < kept[0.05] < kept[0.5]
    for share, found in kept.items():
        assert abs(len(found) / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5, 1.0])
def test_a_file_and_the_receiver_keep_the_same_conversations(share: float) -> None:
    names = [f"conversation {number}" for number in range(2000)]
    kept = [name for name in names if rank_of(name) < share]
    assert kept == [name for name in names if Sampler(share).draw("", "", name).is_kept]
    assert abs(len(kept) / 2000 - share) < 0.04
    assert set(kept) <= {name for name in names if rank_of(name) < 5 * share}
