"""Named ways to fail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailureMode:
    """A named way to fail: what it means, how it is detected, what one occurrence costs, who owns it.

    `when` is an expression over scores; without one only data may name the mode. Without a `cost` it is ranked by rate.
    """

    name: str
    means: str = ""
    when: str | None = None
    cost: float | None = None
    owner: str | None = None
    is_declared: bool = True


UNNAMED = "unnamed"

BUILT_IN: tuple[FailureMode, ...] = (
    FailureMode("error", "the target raised, ended badly, or answered something that cannot be read"),
    FailureMode("timeout", "the target did not answer in time"),
    FailureMode("unavailable", "no connection, or 429, 503 or another 5xx to the last attempt"),
    FailureMode("refusal", "the answer declines instead of answering"),
    FailureMode("truncation", "the answer stops before its end"),
    FailureMode("empty", "the answer has no content"),
    FailureMode("wrong_format", "the answer is not in the form that its reader needs"),
    FailureMode("unsupported_figures", "a number, amount, date or duration that no retrieved text holds"),
)
