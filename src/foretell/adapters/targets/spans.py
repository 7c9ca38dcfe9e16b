"""The setting `traces` of targets that run elsewhere: whether, and where, their spans are received."""

from foretell.core.errors import Problem


def check_traces(traces: object) -> list[Problem]:
    """What is wrong with the setting: it is a truth value or a port."""
    if isinstance(traces, bool) or (isinstance(traces, int) and 0 < traces < 65536):
        return []
    return [Problem("traces", f"{traces!r} is neither true, false nor a port.", "Write traces = true.")]


def traces_port(traces: bool | int, usual: int) -> int | None:
    """The port to listen on, `usual` for `true`; None when spans are not asked for."""
    if isinstance(traces, bool):
        return usual if traces else None
    return traces
