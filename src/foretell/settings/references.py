"""Names in the project file that stand for plugins: scorers and kinds of targets.

The user's own modules are never imported here: a project file can be checked where its application is not installed.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from foretell.core import plugins
from foretell.core.domain.scores import ScorerSpec
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.settings.parameters import check_types
from foretell.settings.schema import ProjectFile, TargetTable
from foretell.settings.source import Origin

JUDGE = "judge:"
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*:[A-Za-z_]\w*(?:\.\w+)*")


def is_dotted(name: str) -> bool:
    """True for `package.module:attribute`."""
    return _DOTTED.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class ScorerBook:
    """The scorers that a file may name: `tables` holds the checked [scorers] tables."""

    file: ProjectFile
    tables: Mapping[str, ScorerSpec] = field(default_factory=dict[str, ScorerSpec])

    def look_up(self, name: str, where: str) -> tuple[ScorerSpec, list[Problem]]:
        """The spec behind a name in a suite's `scorers`, in this order: a table, a plugin, a judge, module:function.

        What is wrong comes beside it; then the spec is good for its name alone.
        """
        if name in self.tables:
            return self.tables[name], []
        if name in plugins.known("scorers"):
            return _complete(ScorerSpec(name, name), where)
        if name.startswith(JUDGE):
            return self._judge(name, where)
        if is_dotted(name):
            return ScorerSpec(name.rpartition(":")[2].rpartition(".")[2], name), []
        known = {*self.tables, *plugins.known("scorers"), *(JUDGE + judge for judge in self.file.judges)}
        hint = suggest(f"{JUDGE}{name}" if name in self.file.judges else name, known)
        return ScorerSpec(name, name), [Problem(where, f"scorer '{name}' is not known.", hint)]

    def _judge(self, name: str, where: str) -> tuple[ScorerSpec, list[Problem]]:
        judge = self.file.judges.get(name.removeprefix(JUDGE))
        if judge is not None:
            return ScorerSpec(name, "judge", judge.model_dump()), []
        missing = name.removeprefix(JUDGE)
        hint = suggest(missing, self.file.judges) if self.file.judges else f"Add [judges.{missing}]."
        return ScorerSpec(name, "judge"), [Problem(where, f"judge '{missing}' is not known.", hint)]


def read_scorers(file: ProjectFile, origin: Origin) -> tuple[ScorerBook, list[Problem]]:
    """The book of a file, and what is wrong with its [scorers] tables, used or not."""
    tables: dict[str, ScorerSpec] = {}
    problems: list[Problem] = []
    for name, table in file.scorers.items():
        tables[name] = ScorerSpec(name, table.use, table.parameters)
        if not table.use or is_dotted(table.use):
            continue
        where = origin.at("scorers", name)
        if table.use in plugins.known("scorers"):
            tables[name], found = _complete(tables[name], where)
            problems.extend(found)
        else:
            hint = suggest(table.use, plugins.known("scorers"))
            problems.append(Problem(f"{where} use", f"scorer '{table.use}' is not known.", hint))
    return ScorerBook(file, tables), problems


def check_target(target: TargetTable, where: str) -> list[Problem]:
    """What is wrong with a target's kind and with the parameters of that kind."""
    if is_dotted(target.kind):
        return []
    known = plugins.known("targets")
    if target.kind not in known:
        return [Problem(f"{where} kind", f"kind '{target.kind}' is not known.", suggest(target.kind, known))]
    try:
        kind = plugins.find("targets", target.kind, f"{where} kind")
    except ConfigurationError as error:
        return list(error.problems)
    takes = inspect.signature(kind).parameters
    problems = [
        Problem(where, f"key '{name}' is not known.", suggest(name, {*takes, *TargetTable.model_fields}))
        for name in target.parameters
        if name not in takes
    ]
    fitting = {name: value for name, value in target.parameters.items() if name in takes}
    problems.extend(plugins.check_params(kind, fitting, where))
    problems.extend(check_types(kind, fitting, where))
    return problems or _try(kind, fitting, where)


def _try(kind: Any, params: Mapping[str, Any], where: str) -> list[Problem]:
    """Make the values of a plugin, so that it can refuse them; making one does no I/O."""
    try:
        kind(**params)
    except ConfigurationError as error:
        return _placed(error, where)
    except (TypeError, ValueError) as error:
        return [Problem(where, f"{error}.".replace("..", "."))]
    return []


def _complete(spec: ScorerSpec, where: str) -> tuple[ScorerSpec, list[Problem]]:
    try:
        plugin = plugins.find("scorers", spec.use, where)
        problems = [*plugins.check_params(plugin, spec.params, where), *check_types(plugin, spec.params, where)]
        return (spec, problems) if problems else (plugins.complete(spec, where), [])
    except ConfigurationError as error:
        return spec, _placed(error, where)
    except (TypeError, ValueError) as error:
        return spec, [Problem(where, f"scorer '{spec.name}': {error}.".replace("..", "."))]


def _placed(error: ConfigurationError, where: str) -> list[Problem]:
    """The problems of a plugin that was being made, which does not know where its parameters stand."""
    return [problem if problem.where else replace(problem, where=where) for problem in error.problems]
