"""Waivers: a person answers for a rule that does not ship, for a reason and until a day."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from tomllib import TOMLDecodeError, loads
from typing import Any, cast

from foretell.core.domain.policy import AGAINST_BASELINE, COST, SINCE_ANCHOR, AppliedWaiver, Decision, GatePolicy
from foretell.core.errors import BadInput, Problem, raise_all, suggest

WAIVERS_FILE = "evals/waivers.toml"
_TEXTS = ("rule", "reason", "owner")
_FIELDS = (*_TEXTS, "until", "gate")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One entry of the file. `until` is the last day on which it lasts; `gate` None means every gate with the rule."""

    rule: str
    reason: str
    owner: str
    until: date
    gate: str | None = None

    def as_toml(self) -> str:
        """The entry as it is appended to the file."""
        names = [("rule", self.rule), ("gate", self.gate), ("reason", self.reason), ("owner", self.owner)]
        lines = [f"{name} = {_toml_text(value)}" for name, value in names if value is not None]
        return "\n".join(["[[waiver]]", *lines, f"until = {self.until.isoformat()}", ""])


def _toml_text(value: str) -> str:
    """A basic TOML string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def rules_in(policy: GatePolicy) -> tuple[str, ...]:
    """The names of the rules that a gate has, as its verdicts print them."""
    names = ["success"]
    names += [f"success{AGAINST_BASELINE}"] if policy.may_drop is not None else []
    names += [f"success{SINCE_ANCHOR}"] if policy.may_drop_since_anchor is not None else []
    names += [f"failure mode {mode}" for mode in policy.modes]
    for name, demand in policy.demands.items():
        names += [name] if demand.level is not None else []
        names += [f"{name}{AGAINST_BASELINE}"] if demand.margin is not None else []
    return (*names, COST) if policy.cost_may_rise is not None else tuple(names)


def read_waivers(text: str, gates: Mapping[str, GatePolicy], where: str = WAIVERS_FILE) -> tuple[Waiver, ...]:
    """The entries of the file.

    Raises:
        BadInput: it is not TOML, or entries are wrong: all mistakes at once.
    """
    try:
        body = loads(text)
    except TOMLDecodeError as error:
        raise BadInput(Problem(where, f"is not TOML: {error}.", "Mend it, or restore it.")) from error
    problems = [
        Problem(where, f"'{name}' is not known.", "Every entry begins with [[waiver]].")
        for name in body
        if name != "waiver"
    ]
    entries = body.get("waiver", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in cast("list[Any]", entries)):
        raise BadInput(Problem(where, "'waiver' is not a list of tables.", "Begin every entry with [[waiver]]."))
    rows = [
        (f"{where}, entry {number}", cast("Mapping[str, Any]", entry))
        for number, entry in enumerate(cast("list[Any]", entries), 1)
    ]
    raise_all(BadInput, [*problems, *(problem for place, row in rows for problem in check_waiver(row, gates, place))])
    return tuple(
        Waiver(row["rule"], row["reason"], row["owner"], cast("date", day_of(row["until"])), row.get("gate"))
        for _, row in rows
    )


def day_of(value: object) -> date | None:
    """A day written as a TOML date or as text YYYY-MM-DD; None for anything else."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def check_waiver(row: Mapping[str, Any], gates: Mapping[str, GatePolicy], where: str) -> list[Problem]:
    """What is wrong with one entry."""
    return [*_check_fields(row, where), *_check_names(row, gates, where)]


def _check_fields(row: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for name in row:
        if name not in _FIELDS:
            yield Problem(where, f"'{name}' is not known.", suggest(name, _FIELDS))
    for name in _TEXTS:
        value = row.get(name)
        if not isinstance(value, str) or not value.strip():
            yield Problem(where, f"{name} is missing." if value is None else f"{name} = {value!r} is no text.")
    if "until" not in row:
        yield Problem(where, "until is missing.", "Give the last day of the waiver: until = 2026-12-31.")
    elif day_of(row["until"]) is None:
        yield Problem(where, f"until = {row['until']} is not a day.", "Write it like 2026-12-31.")


def _check_names(row: Mapping[str, Any], gates: Mapping[str, GatePolicy], where: str) -> Iterator[Problem]:
    gate, rule, owner = row.get("gate"), row.get("rule"), row.get("owner")
    if gate is not None and gate not in gates:
        yield Problem(where, f"gate '{gate}' is not known.", suggest(str(gate), gates))
        return
    policies = [gates[gate]] if gate is not None else list(gates.values())
    if isinstance(rule, str) and rule.strip():
        known = {name for policy in policies for name in rules_in(policy)}
        if rule not in known:
            yield Problem(where, f"rule '{rule}' is not known.", suggest(rule, known))
            return
        policies = [policy for policy in policies if rule in rules_in(policy)]
    if isinstance(owner, str) and owner.strip():
        owners = {name for policy in policies for name in policy.owners}
        if not owners:
            yield Problem(where, "nobody may waive a rule of a gate without owners.", "Add owners = [...] to the gate.")
        elif owner not in owners:
            yield Problem(where, f"owner '{owner}' is not among the gate's owners.", suggest(owner, owners))


def applied_to(
    decision: Decision, waivers: Sequence[Waiver], owners: Iterable[str], today: date
) -> list[AppliedWaiver]:
    """The waivers on rules of this decision that do not ship: for each rule the one that lasts longest."""
    failing = {rule.rule for rule in decision.rules if rule.ruling != "ship"}
    found: dict[str, Waiver] = {}
    for waiver in sorted(waivers, key=lambda one: one.until):
        if waiver.rule in failing and waiver.gate in (None, decision.gate) and waiver.owner in set(owners):
            found[waiver.rule] = waiver
    return [
        AppliedWaiver(one.rule, one.reason, one.owner, one.until.isoformat(), (one.until - today).days)
        for one in found.values()
    ]
