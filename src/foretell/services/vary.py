"""Neighbours of cases: the same question said otherwise, beside the original, marked with where it comes from."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, cast

from foretell.core.analysis.traffic.vary import RULES
from foretell.core.domain.cases import Case
from foretell.core.domain.files.lines import Decoded
from foretell.core.domain.trial import TrialTask
from foretell.core.domain.values import Json, seed_of
from foretell.core.errors import ConfigurationError, NotEnoughEvidence, Problem, suggest
from foretell.core.ports.execution import Workload
from foretell.services.evalsets import import_cases
from foretell.services.house import House

PARAPHRASE = "paraphrase"
_ASK = "Say the following in other words, with the same meaning, as a user would write it. Answer with it alone.\n\n{}"


@dataclass(frozen=True, slots=True)
class VaryRequest:
    """Which neighbours to make of which set: rules by name, and a model target that paraphrases, if any.

    `into` is the set whose working cases they join, with the originals where that is another set.
    """

    name: str
    into: str | None = None
    rules: tuple[str, ...] = tuple(RULES)
    model: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Varied:
    """The neighbours that were made, how many by rule, and of how many cases."""

    neighbours: tuple[Case, ...]
    by_rule: dict[str, int]
    cases: int


async def vary(house: House, request: VaryRequest) -> Varied:
    """Make neighbours of a set's cases. Nothing is written unless `into` names a set.

    Raises:
        ConfigurationError: an unknown set, rule or model.
        NotEnoughEvidence: the model paraphrased nothing.
    """
    _check(house, request)
    name, _, version = request.name.partition("@")
    cases = [case for case in house.evalsets.read(name, version or None).cases if "varied_from" not in case.metadata]
    found = [one for case in cases for one in _by_rules(case, request)]
    if request.model is not None:
        found += await _paraphrased(house, cases, request)
    if request.into is not None:
        originals = cases if request.into != name else []
        import_cases(house.evalsets, request.into, Decoded((*originals, *found)), is_skipping_bad=True)
    counts = Counter(str(one.metadata["rule"]) for one in found)
    return Varied(tuple(found), dict(counts.most_common()), len(cases))


def _check(house: House, request: VaryRequest) -> None:
    strange = [one for one in request.rules if one not in RULES]
    problems = [Problem("--rules", f"'{one}' is not known.", suggest(one, RULES)) for one in strange]
    for option, name in (("SET", request.name.partition("@")[0]), ("--into", request.into)):
        if name is not None and name not in house.project.evalsets:
            problems.append(Problem(option, f"eval set '{name}' is not known.", suggest(name, house.project.evalsets)))
    target = request.model and house.project.targets.get(request.model)
    if request.model is not None and (not target or target.target.kind != "model"):
        models = [name for name, arm in house.project.targets.items() if arm.target.kind == "model"]
        problems.append(Problem("--model", f"'{request.model}' is no model target.", suggest(request.model, models)))
    if problems:
        raise ConfigurationError(*problems)


def _by_rules(case: Case, request: VaryRequest) -> Iterator[Case]:
    asked = _question(case)
    for rule in request.rules if asked else ():
        said = RULES[rule](asked, Random(seed_of(request.seed, rule, case.id)))  # noqa: S311 - chance, not secrecy
        if said is not None and said != asked:
            yield _neighbour(case, rule, said)


async def _paraphrased(house: House, cases: Sequence[Case], request: VaryRequest) -> list[Case]:
    arm = house.project.targets[str(request.model)]
    asked = {case.id: case for case in cases if _question(case)}
    questions = [Case(name, _ASK.format(_question(case))) for name, case in asked.items()]
    tasks = [
        TrialTask("vary", number, one, 0, request.seed, arm.target, (), arm.limits.trial)
        for number, one in enumerate(questions)
    ]
    said = {record.case_id: record.outcome.output async for record in house.executor.run(Workload((arm,), tasks))}
    texts = {name: text.strip().strip('"') for name, text in said.items() if isinstance(text, str) and text.strip()}
    if not texts:
        what = f"model '{request.model}' paraphrased none of {len(tasks)} cases."
        raise NotEnoughEvidence(Problem("evalset vary", what, "Try it with 'foretell run'."))
    made = [_neighbour(asked[name], PARAPHRASE, text) for name, text in texts.items() if text != _question(asked[name])]
    return [replace(one, metadata={**one.metadata, "model": request.model}) for one in made]


def _question(case: Case) -> str:
    """What is varied: a text, or the last user message of a conversation; empty for anything else."""
    asked: Any = case.input
    if isinstance(asked, str):
        return asked
    last: Any = asked[-1] if hasattr(asked, "append") and asked else None
    content: Any = last.get("content") if hasattr(last, "items") and last.get("role") == "user" else ""
    return content if isinstance(content, str) else ""


def _neighbour(case: Case, rule: str, said: str) -> Case:
    asked: Any = case.input
    changed: Json = said
    if not isinstance(asked, str):
        changed = [*asked[:-1], {**cast("dict[str, Json]", asked[-1]), "content": said}]
    metadata = {**case.metadata, "varied_from": case.id, "rule": rule}
    return replace(case, id=f"{case.id}~{rule}", input=changed, metadata=metadata)
