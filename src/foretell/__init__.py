"""foretell: evals that predict production, and a gate that blocks the deploy when the evidence says so.

A run is cases × target × scorers; a score is a fact about one trial; a decision is an inference from many.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foretell.api import Reading, compare, gate, load, plan, results, run
    from foretell.core.domain.cases import Case
    from foretell.core.domain.estimates import Estimate
    from foretell.core.domain.modes import FailureMode
    from foretell.core.domain.policy import Decision, GatePolicy
    from foretell.core.domain.scores import NotApplicable, Score, ScoreFailure
    from foretell.core.domain.trial import Outcome, Trial
    from foretell.core.errors import ForetellError
    from foretell.core.ports.scorers import scorer
    from foretell.services.plan import RunRequest

_HOMES = {
    "Case": "foretell.core.domain.cases",
    "Decision": "foretell.core.domain.policy",
    "Estimate": "foretell.core.domain.estimates",
    "FailureMode": "foretell.core.domain.modes",
    "ForetellError": "foretell.core.errors",
    "GatePolicy": "foretell.core.domain.policy",
    "NotApplicable": "foretell.core.domain.scores",
    "Outcome": "foretell.core.domain.trial",
    "Reading": "foretell.api",
    "RunRequest": "foretell.services.plan",
    "Score": "foretell.core.domain.scores",
    "ScoreFailure": "foretell.core.domain.scores",
    "Trial": "foretell.core.domain.trial",
    "compare": "foretell.api",
    "gate": "foretell.api",
    "load": "foretell.api",
    "plan": "foretell.api",
    "results": "foretell.api",
    "run": "foretell.api",
    "scorer": "foretell.core.ports.scorers",
}

__all__ = [
    "Case",
    "Decision",
    "Estimate",
    "FailureMode",
    "ForetellError",
    "GatePolicy",
    "NotApplicable",
    "Outcome",
    "Reading",
    "RunRequest",
    "Score",
    "ScoreFailure",
    "Trial",
    "compare",
    "gate",
    "load",
    "plan",
    "results",
    "run",
    "scorer",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that importing the package stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'foretell' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
