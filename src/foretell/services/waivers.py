"""Waivers of the project's file: read, applied to a decision, added."""

from dataclasses import replace
from datetime import date
from typing import cast

from foretell.core.domain.policy import Decision
from foretell.core.domain.waivers import WAIVERS_FILE, Waiver, applied_to, check_waiver, day_of, read_waivers
from foretell.core.errors import ConfigurationError, Problem, raise_all, suggest
from foretell.services.house import House


def waivers_of(house: House) -> tuple[Waiver, ...]:
    """The waivers of the file in the working tree; none when there is no file.

    Raises:
        BadInput: mistakes in the file, all of them at once.
    """
    text = house.papers.read(WAIVERS_FILE)
    return () if text is None else read_waivers(text, house.project.gates)


def waive_in(house: House, decision: Decision, waivers: tuple[Waiver, ...]) -> Decision:
    """The decision with the waivers that concern it today; it holds none that were applied on another day."""
    owners = house.project.gates[decision.gate].owners
    return replace(decision, waivers=tuple(applied_to(decision, waivers, owners, _today(house))))


def add_waiver(house: House, gate: str, row: dict[str, str]) -> Waiver:
    """Append an entry (`rule`, `reason`, `owner`, `until`) to the file, which is made when there is none.

    Raises:
        ConfigurationError: a value is wrong, all mistakes at once.
        BadInput: the file has mistakes already.
    """
    gates = house.project.gates
    if gate not in gates:
        raise ConfigurationError(Problem("--gate", f"gate '{gate}' is not known.", suggest(gate, gates)))
    problems = check_waiver({**row, "gate": gate}, gates, "waiver")
    until = day_of(row["until"])
    if until is not None and until < _today(house):
        problems.append(Problem("waiver", f"until = {until.isoformat()} is over already.", "Give a day to come."))
    raise_all(ConfigurationError, problems)
    waivers_of(house)
    waiver = Waiver(row["rule"], row["reason"], row["owner"], cast("date", until), gate)
    before = house.papers.read(WAIVERS_FILE)
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    house.papers.append(WAIVERS_FILE, gap + waiver.as_toml())
    return waiver


def _today(house: House) -> date:
    return date.fromisoformat(house.now()[:10])
