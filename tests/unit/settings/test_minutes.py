"""Limits by the minute that nobody could keep."""

import pytest

from foretell.core.errors import ConfigurationError
from tests.unit.settings.sketches import BUILT_IN, GOOD, understand


@pytest.fixture(autouse=True)
def http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILT_IN["targets"], "http", "foretell.adapters.targets.http:HttpTarget")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (
            'kind = "python"\ncall = "a:b"\nrequests_per_minute = 60',
            (
                "requests_per_minute: cannot be kept for kind 'python'. Its requests are its own. Use concurrency, "
                "or limit them in the application."
            ),
        ),
        (
            'kind = "http"\nurl = "http://127.0.0.1:9/"\ntokens_per_minute = 60',
            (
                "tokens_per_minute: cannot be kept: nothing says where replies report tokens. Say where: "
                'usage = "PLACE", or limit requests_per_minute.'
            ),
        ),
    ],
    ids=["python", "http"],
)
def test_a_limit_that_cannot_be_kept_is_refused(target: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        understand(f"{GOOD}\n[targets.fast]\n{target}\n")
    assert str(caught.value) == f"foretell.toml, [targets.fast] {told}"


def test_a_place_for_tokens_makes_a_limit_possible() -> None:
    target = 'kind = "http"\nurl = "http://127.0.0.1:9/"\nusage = "usage"\ntokens_per_minute = 60'
    assert understand(f"{GOOD}\n[targets.fast]\n{target}\n").targets["fast"].limits.tokens_per_minute == 60
