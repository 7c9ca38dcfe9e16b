"""Contracts of tools and steps, learned from good runs and kept in a file that people review."""

import json
from dataclasses import dataclass

from foretell.core.analysis.trials.contracts import Learner, read_contract, seen_spans
from foretell.core.domain.values import Json
from foretell.core.errors import BadInput, NotEnoughEvidence, Problem
from foretell.services.house import House
from foretell.services.run import find_run

FOLDER = "evals/contracts"


@dataclass(frozen=True, slots=True)
class Learned:
    """A contract file: its path, the run it was learned from, the number of good trials, and the steps in it."""

    path: str
    run: str
    trials: int
    steps: dict[str, Json]


async def learn(house: House, reference: str, name: str) -> Learned:
    """Learn a contract from the successful trials of a run, and write it to `evals/contracts/NAME.json`.

    Raises:
        BadInput: no such run, or one that a drill broke on purpose.
        NotEnoughEvidence: no successful trial of it shows a step that has a form.
        Unreachable: the file cannot be written.
    """
    run = await find_run(house, reference)
    if run.arm.fault is not None:
        what = f"carries the fault '{run.arm.fault.name}' of a drill: nothing is to be learned of it."
        raise BadInput(Problem(f"run '{run.id}'", what, "Name a run of the target as it is."))
    learner, trials = Learner(), 0
    async for row in house.store.findings.trials(run.id, "success"):
        trials += 1
        for span in seen_spans(row.record.outcome):
            learner.add(span)
    steps = learner.learned()
    if not steps:
        hint = "Tools, retrieval, post-processing and rendering have a form; name them as steps of the target."
        raise NotEnoughEvidence(Problem(f"run '{run.id}'", f"none of its {trials} good trials shows a step.", hint))
    learned = Learned(f"{FOLDER}/{name}.json", run.id, trials, steps)
    body = {"contract": 1, "run": run.id, "trials": trials, "steps": steps}
    house.papers.write(learned.path, f"{json.dumps(body, indent=2, ensure_ascii=False, sort_keys=True)}\n")
    return learned


def read(house: House, name: str) -> tuple[str, Json]:
    """A contract by its name or path, with the path it was found at.

    Raises:
        BadInput: there is none, or it is none.
    """
    tried = dict.fromkeys((f"{FOLDER}/{name}.json", name))
    for path in tried:
        text = house.papers.read(path)
        if text is not None:
            return path, _parsed(path, text)
    hint = f"'foretell contracts learn --name {name}' writes one."
    raise BadInput(Problem(name, f"is no contract in {FOLDER} and no file.", hint))


def _parsed(path: str, text: str) -> Json:
    try:
        given = json.loads(text)
        read_contract(given)
    except (ValueError, RecursionError) as error:
        raise BadInput(Problem(path, f"{error}.")) from error
    return given
