"""Plans made in code: functions, specs and dicts as the values that a run is made of."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

from foretell.core import plugins
from foretell.core.domain.cases import Case, EvalSetVersion
from foretell.core.domain.files.cases import decode_cases, hash_of
from foretell.core.domain.grammar import GrammarError, names_in, parse
from foretell.core.domain.modes import FailureMode
from foretell.core.domain.runs import Arm, SuitePlan, TargetLimits
from foretell.core.domain.scores import ScorerSpec
from foretell.core.domain.trial import TargetSpec
from foretell.core.errors import BadInput, ConfigurationError, Problem, raise_all, suggest
from foretell.services.plan import check_money, check_plan

Target: TypeAlias = TargetSpec | Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a plan made in code reads its scores and drives its targets; the same words as in the project file."""

    success: str | None = None
    modes: Sequence[FailureMode] = ()
    repeats: int = 1
    seed: int = 0
    max_cost: float | None = None
    limits: TargetLimits = TargetLimits()


def plan(
    name: str,
    cases: Iterable[Case | Mapping[str, Any]],
    target: Target | Sequence[Target],
    scorers: Sequence[str | ScorerSpec | Callable[..., Any]],
    reading: Reading | None = None,
) -> SuitePlan:
    """A plan of one suite. `target` is a function of the input, or a spec; further ones are its alternatives.

    Raises:
        ConfigurationError: an unknown scorer or parameter, an expression that cannot be read.
        BadInput: no cases, a case that is not one, or expected answers are missing.
        NotEnoughEvidence: no money.
    """
    how = reading or Reading()
    check_money(how.max_cost, f"plan '{name}'")
    rows = [case.as_json() if isinstance(case, Case) else dict(case) for case in cases]
    given = decode_cases(map(_line, rows), "cases").or_raise()
    targets = _targets(target)
    made = SuitePlan(
        suite=name,
        layer="system" if targets[0].kind == "python" else "model",
        evalset=EvalSetVersion(name, "code", hash_of(given), given),
        arms=tuple(Arm(one, how.limits) for one in targets),
        scorers=tuple(_scorer(one, f"plan '{name}'") for one in scorers),
        success=how.success,
        modes=tuple(how.modes),
        repeats=how.repeats,
        seed=how.seed,
        max_cost=how.max_cost,
    )
    raise_all(ConfigurationError, _mistakes(made))
    raise_all(BadInput, check_plan(made))
    return made


def _line(row: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        hint = "Give texts, numbers, lists and dicts."
        raise BadInput.of(f"case '{row.get('id')}'", f"is no JSON: {error}.", hint) from error


def _targets(given: Target | Sequence[Target]) -> list[TargetSpec]:
    every = cast("list[Any]", [*given] if isinstance(given, list | tuple) else [given])
    times: Counter[str] = Counter()
    made: list[TargetSpec] = []
    for spec in map(_target, every):
        times[spec.name] += 1
        made.append(spec if times[spec.name] == 1 else replace(spec, name=f"{spec.name}-{times[spec.name]}"))
    return made


def _target(given: Any) -> TargetSpec:
    if callable(given):
        return TargetSpec(_name(given), "python", {"call": plugins.offer(given)})
    if not isinstance(given, TargetSpec):
        hint = "Give a function of the input, or a TargetSpec."
        raise ConfigurationError.of("target", f"{given!r} is neither a function nor a spec.", hint)
    return given


def _scorer(given: str | ScorerSpec | Callable[..., Any], where: str) -> ScorerSpec:
    if isinstance(given, ScorerSpec):
        spec = given
    elif isinstance(given, str):
        spec = ScorerSpec(given, given)
    else:
        spec = ScorerSpec(_name(given), plugins.offer(given))
    try:
        return plugins.complete(spec, where)
    except ConfigurationError as error:
        placed = (problem if problem.where else replace(problem, where=where) for problem in error.problems)
        raise ConfigurationError(*placed) from error


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__)).strip("<>")


def _mistakes(made: SuitePlan) -> Iterator[Problem]:
    """Expressions that cannot be read or that name no score, and scores of one name."""
    where = f"plan '{made.suite}'"
    names = Counter(spec.name for spec in made.scorers)
    for name, times in names.items():
        if times > 1:
            yield Problem(where, f"score '{name}' is there {times} times.", "Give each scorer a name of its own.")
    for place, text in (("success", made.success), *((f"mode '{mode.name}'", mode.when) for mode in made.modes)):
        try:
            unknown = names_in(parse(text)) - names.keys() if text is not None else frozenset[str]()
        except GrammarError as error:
            hint = "Write such as: exact_match and latency < 2."
            yield Problem(f"{where}, {place}", f"'{text}' cannot be read: {error}.", hint)
            continue
        for name in sorted(unknown):
            yield Problem(f"{where}, {place}", f"'{name}' is not a score of this plan.", suggest(name, names))


def with_addresses(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of a project with the addresses of functions where functions stand; their targets run in this process."""
    return cast("dict[str, Any]", _addressed(tables))


def _addressed(value: Any) -> Any:
    if callable(value):
        return plugins.offer(value)
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        table = {name: _addressed(inner) for name, inner in given.items()}
        return {"isolate": False, **table} if callable(given.get("call")) else table
    if isinstance(value, list | tuple):
        return [_addressed(inner) for inner in cast("Sequence[Any]", value)]
    return value
