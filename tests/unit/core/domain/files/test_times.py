import pytest

from foretell.core.domain.files.times import epoch_seconds, utc_time


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.000000Z"),
        ("2026-03-01 09:30:00.5", "2026-03-01T09:30:00.500000Z"),
        ("2026-03-01t09:30:00.1234567z", "2026-03-01T09:30:00.123456Z"),
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000000Z"),
    ],
)
def test_a_time_has_one_form(text: str, utc: str) -> None:
    assert utc_time(text) == utc
    assert utc_time(utc) == utc
    assert epoch_seconds(text) == pytest.approx(epoch_seconds(utc), abs=1e-6)


def test_seconds_count_from_1970() -> None:
    assert epoch_seconds("1970-01-01T00:01:00.25Z") == 60.25


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "2026-3-1T09:30:00Z",
        "2026-02-30T09:30:00Z",
        "0001-01-01T00:00:00+01:00",
        "20260301T093000Z",
        "٢٠٢٦-03-01T09:30:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an? (RFC 3339 )?time"):
        utc_time(text)
