"""How often a gate was right where the truth is known: the candidate against itself."""

from dataclasses import dataclass

from foretell.core.domain.policy import Ruling


@dataclass(frozen=True, slots=True)
class RulingShare:
    """How often one ruling came out, with its 95 % Wilson interval."""

    ruling: Ruling
    count: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AaReport:
    """What came of letting a gate decide between equals.

    `promised_hold` is the most that it may hold when nothing changed and the candidate keeps its floors and ceilings;
    `expected_ship` is P(ship | no change) at the discordance of the last pair, None without a drop rule. `stopped`
    says why there are fewer pairs than were asked for. `is_without_variance`: no case ever differed.
    """

    gate: str
    at: str
    pairs: int
    trials: int
    shares: tuple[RulingShare, ...]
    promised_hold: float
    expected_ship: float | None
    is_without_variance: bool
    stopped: str = ""
