"""A base revision beside the head: what has to be equal between them, what differs, and what to be warned of."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from foretell.core.domain.policy import Decision, GatePolicy
from foretell.core.domain.runs import Arm, SuitePlan, TargetLimits
from foretell.core.domain.values import Json, canonical
from foretell.core.errors import ConfigurationError, ForetellError, Problem, raise_all, suggest
from foretell.core.ports.checkouts import Checkout
from foretell.services.house import House
from foretell.services.plan import RunRequest, plan_suite

OUTSIDE = frozenset({"http", "command", "model", "recorded"})
"""The kinds of target that import nothing of the application into a process of ours."""
_LOCKS = re.compile(r"(^|/)(requirements[^/]*\.txt|requirements/[^/]+\.txt|[^/]+\.lock|pylock[^/]*\.toml)$")
UNSEEN = "not observed"
_FILES = "files: "
MOST_FILES = 5
"""Files that are named of those that differ."""
LONGEST = 80
"""Characters of a value that are shown of it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Plans with two arms each, the head's and the base's, and the base's commit.

    `warnings` are what its user must be told. `files` tells which files differ, in a line; empty when none does.
    `gates` are those of the base's project file.
    """

    plans: tuple[SuitePlan, ...]
    revision: str
    warnings: tuple[str, ...]
    files: str
    gates: Mapping[str, GatePolicy]


async def put_beside(house: House, reference: str, plans: Sequence[SuitePlan]) -> Beside:
    """Plans of the head with the base revision's target as a second arm. Nothing is run.

    The cases, the seeds and the scorers are the head's; the base's own must be the same.

    Raises:
        ConfigurationError: the revision or its project file cannot be used; something differs that must not.
        BadInput: the base's eval set or recording cannot be read.
        Unreachable: it cannot be checked out.
    """
    revision = await house.checkouts.find(reference)
    checkout = await house.checkouts.check_out(revision)
    told = f"at {reference} ({revision[:12]})"
    try:
        base = house.at(checkout.folder)
        pairs = [(plan, _plan_at(base, plan)) for plan in plans]
    except ForetellError as error:
        raise type(error)(*(_placed(problem, checkout, told) for problem in error.problems)) from error
    differences = [one for plan, old in pairs for one in _differences((house, plan), (base, old), told)]
    raise_all(ConfigurationError, differences)
    paired = tuple(replace(plan, arms=_arms(plan.arms[0], old.arms[0], revision)) for plan, old in pairs)
    files = await house.checkouts.changed(revision)
    warnings = [*_of_packages(files), *_of_arms(plan.arms for plan in paired)]
    return Beside(paired, revision, tuple(dict.fromkeys(warnings)), _listed(files), base.project.gates)


def _listed(files: Sequence[str]) -> str:
    """The files that differ: what nothing declares is seen here, if nowhere else."""
    if not files:
        return ""
    more = f" and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else ""
    return f"{_FILES}{', '.join(files[:MOST_FILES])}{more}"


def named_files(decision: Decision) -> Iterator[str]:
    """The files that a decision names as other than the base's. One with a comma in its name is not among them."""
    for line in decision.changed:
        if line.startswith(_FILES):
            yield from re.sub(r" and \d+ more$", "", line.removeprefix(_FILES)).split(", ")


def _plan_at(base: House, plan: SuitePlan) -> SuitePlan:
    """The same suite as the base's project file has it."""
    suites = base.project.suites
    if plan.suite not in suites:
        raise ConfigurationError(Problem("", f"suite '{plan.suite}' is not known.", suggest(plan.suite, suites)))
    sample = plan.evalset if plan.is_drawn else None
    return plan_suite(base, suites[plan.suite], RunRequest(), sample)


def _placed(problem: Problem, checkout: Checkout, told: str) -> Problem:
    """A problem of the base, with the places as its files are called in the repository."""
    parts = (part.replace(f"{checkout.folder}/", "") for part in (problem.where, problem.what, problem.hint))
    where, what, hint = parts
    return Problem(f"{told}, {where}" if where else told, what, hint)


def _differences(head: tuple[House, SuitePlan], base: tuple[House, SuitePlan], told: str) -> Iterator[Problem]:
    """What must be equal and is not: a difference of these would be read as one of the system."""
    now, then = _measure(*head), _measure(*base)
    names = [name for name in now if now[name] != then[name]]
    if names:
        hint = "Change how success is measured in a change of its own, and compare with a revision that has it."
        told_apart = "; ".join(f"{name}: {told} {_apart(then[name], now[name])}" for name in names)
        yield Problem(f"suite '{head[1].suite}'", f"success is measured otherwise; {told_apart}.", hint)


def _apart(then: Json, now: Json) -> str:
    """Two values, of tables only the lines that differ."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        old, new = cast("Mapping[str, Json]", then), cast("Mapping[str, Json]", now)
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        then, now = ({key: side[key] for key in keys if key in side} for side in (old, new))
    return f"{_worded(then)}, now {_worded(now)}"


def _measure(house: House, plan: SuitePlan) -> Mapping[str, Json]:
    """How success is measured, part by part, in words."""
    rubrics = {spec.name: str(spec.params["rubric"]) for spec in plan.scorers if "rubric" in spec.params}
    prompts = {name: house.revisions.fingerprints({name: path})[name] for name, path in rubrics.items()}
    scorers = {spec.name: [spec.use, spec.params, spec.version, spec.mode] for spec in plan.scorers}
    return {
        "eval set": f"{plan.evalset.label} ({plan.evalset.hash[:12]}, {len(plan.evalset.cases)} cases)",
        "judge prompts": prompts,
        "success": plan.success or "every boolean score",
        "failure modes": {mode.name: [place, mode.when, mode.cost] for place, mode in enumerate(plan.modes)},
        "user": None if plan.user is None else {"kind": plan.user.kind, **plan.user.params},
        "max_turns": plan.max_turns,
        "scorers": scorers,
    }


def _arms(head: Arm, base: Arm, revision: str) -> tuple[Arm, Arm]:
    """Both arms as they run: each in processes of its own, and a limit by the minute shared between them."""
    named = replace(base.target, name=f"{base.target.name}@{revision[:12]}")
    return _beside(head), replace(_beside(base), target=named, revision=revision)


def _beside(arm: Arm) -> Arm:
    is_isolated = arm.is_isolated or arm.target.kind not in OUTSIDE
    return replace(arm, is_isolated=is_isolated, limits=_half(arm.limits))


def _half(limits: TargetLimits) -> TargetLimits:
    requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
    return replace(
        limits,
        requests_per_minute=None if requests is None else requests / 2,
        tokens_per_minute=None if tokens is None else tokens / 2,
    )


def _of_packages(changed: Sequence[str]) -> Iterator[str]:
    """Both sides run with the packages that are installed here: a change of them is not compared."""
    found = [path for path in changed if _LOCKS.search(path)]
    if found:
        yield f"{', '.join(found[:3])} changed: both sides run with the packages that are installed now"


def _of_arms(pairs: Iterable[tuple[Arm, ...]]) -> Iterator[str]:
    for head, base in pairs:
        yield from _of_pair(head, base)


def _of_pair(head: Arm, base: Arm) -> Iterator[str]:
    name, now, then = head.target.name, head.target.params, base.target.params
    if head.target.kind == base.target.kind == "http" and now.get("url") == then.get("url"):
        yield (
            f"both sides call the same address, {now.get('url')}: unless what is sent differs, "
            f"'{name}' is compared with itself"
        )
    elif head.target.kind == base.target.kind == "command":
        yield (
            f"the command of '{name}' starts in the base's folder for the base; a package that it imports "
            "as installed is the same on both sides"
        )
    if not changes(head, base):
        yield f"nothing that foretell can see differs between the two sides of '{name}'"


def overruled(policy: GatePolicy, reference: str) -> Iterator[str]:
    """That a revision takes the place of the policy's own baseline, when there is one.

    Raises:
        ConfigurationError: no rule would compare with it.
    """
    if not policy.has_comparisons:
        hint = "Add success = { may_drop = … }, or leave --against out."
        raise ConfigurationError(Problem(f"gate '{policy.name}'", "has no rule against a baseline.", hint))
    if policy.baseline is not None:
        yield f"--against {reference} takes the place of the baseline {policy.baseline}"


def changes(head: Arm, base: Arm) -> list[str]:
    """What differs between two arms, part by part: what is asked for, and what identifies its code and files."""
    name = head.target.name
    now, then = _parts(head), _parts(base)
    return [
        f"{name}: {part} {_worded(then.get(part))} → {_worded(now.get(part))}"
        for part in sorted({*now, *then})
        if then.get(part) != now.get(part)
    ]


def _parts(arm: Arm) -> Mapping[str, Json]:
    known = {part: value for part, value in arm.fingerprints.items() if part != "branch"}
    return {"kind": arm.target.kind, **arm.target.params, **known}


def _worded(value: Json) -> str:
    if value is None:
        return UNSEEN
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
