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
    FailureMode("stale_index", "the search index is old, or its vectors are another embedding model's"),
    FailureMode("retrieval_empty", "the search found nothing, or the same thing twice"),
    FailureMode("retrieval_miss", "the search did not find the documents that hold the answer, or ranked them too low"),
    FailureMode("unfilled_variable", "the prompt holds a placeholder of its template"),
    FailureMode("prompt_changed", "the prompt lacks a part that it always has"),
    FailureMode("context_cut", "what was retrieved or asked did not reach the model whole"),
    FailureMode("tool_error", "a tool raised, or its result says that it failed"),
    FailureMode("retry_loop", "the same call was made again and again"),
    FailureMode("tool_contract", "a tool or a step was given, or gave, another form than it always has"),
    FailureMode("content_lost", "what the model wrote did not reach the user whole"),
    FailureMode("broken_markup", "marks of the answer are left open, or its links lead nowhere"),
    FailureMode("personal_data", "the answer tells something personal that it was not given"),
    FailureMode("leaked_prompt", "the answer shows its instructions or marks of its template"),
)
