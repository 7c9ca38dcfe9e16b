"""What one table says about another: every reference, expression and combination of keys, all mistakes at once."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from foretell.core.domain import modes
from foretell.core.domain.grammar import GrammarError, names_in, parse
from foretell.core.errors import Problem, suggest
from foretell.settings.demands import check_demands
from foretell.settings.drills import check_drills
from foretell.settings.references import ScorerBook, check_target, is_dotted, read_scorers
from foretell.settings.schema import GateTable, ProjectFile, SuiteTable, TargetTable
from foretell.settings.source import Origin

_RESERVED = frozenset({"and", "or", "not", "true", "false"})
_IN_PROCESS = frozenset({"http", "command", "model", "recorded"})
_WIRELESS = frozenset({"python", "command", "recorded"})
"""Kinds whose requests foretell does not send."""
_REFERENCES = ("file:", "run:", "target:", "branch:")


@dataclass(frozen=True, slots=True)
class _Names:
    """What may be referred to: every name that the file declares, those of tables with mistakes too."""

    targets: frozenset[str]
    evalsets: frozenset[str]
    suites: frozenset[str]
    modes: frozenset[str]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "_Names":
        def declared(section: str) -> frozenset[str]:
            table = data.get(section)
            return frozenset(cast("dict[str, Any]", table)) if isinstance(table, dict) else frozenset()

        built_in = {mode.name for mode in modes.BUILT_IN}
        named = declared("failure_modes") | built_in | {modes.UNNAMED}
        return cls(declared("targets"), declared("evalsets"), declared("suites"), named)


def check(file: ProjectFile, data: Mapping[str, Any], origin: Origin) -> list[Problem]:
    """Everything that is wrong between the tables.

    `file` may lack what pydantic refused: a required key that is missing or malformed is None there, and is passed
    over. `data` is the raw file.
    """
    names = _Names.of(data)
    book, problems = read_scorers(file, origin)
    problems.extend(
        Problem(origin.at("scorers", name), f"'{name}' is a word of expressions.", "Choose another name.")
        for name in file.scorers
        if name in _RESERVED
    )
    for name, target in file.targets.items():
        problems.extend(_check_target(target, origin.at("targets", name)))
    checks = [
        _SuiteCheck(suite, origin.at("suites", name), names, book, file.targets) for name, suite in file.suites.items()
    ]
    for suite in checks:
        problems.extend(suite.problems())
    made = [suite.scores() for suite in checks]
    scores = None if None in made else {name for some in made for name in some or ()}
    for name, mode in file.failure_modes.items():
        where = origin.at("failure_modes", name, "when")
        problems.extend(_check_expression(mode.when, scores, where, "any suite"))
    for name, gate in file.gates.items():
        problems.extend(_check_gate(gate, origin, name, names))
        problems.extend(check_demands(gate, origin.at("gates", name), dict(zip(file.suites, made, strict=True))))
    problems.extend(check_drills(file, names.suites, origin))
    return problems


def _check_target(target: TargetTable, where: str) -> Iterator[Problem]:
    if not target.kind:
        return
    yield from check_target(target, where)
    call = target.parameters.get("call")
    if target.kind == "python" and isinstance(call, str) and not is_dotted(call):
        yield Problem(f"{where} call", f"'{call}' is not a function's address.", "Write it like shop.app:answer.")
    for part, glob in target.fingerprints.items():
        if glob.startswith(("/", "~")):
            hint = "Patterns start at the project file."
            yield Problem(f"{where} fingerprints.{part}", f"'{glob}' lies outside of the project.", hint)
    if target.isolate is not None and target.kind in _IN_PROCESS:
        yield Problem(f"{where} isolate", f"has no meaning for kind '{target.kind}'.", "Remove it.")
    if target.kind == "python" and target.isolate is False and target.parameters.get("traces"):
        what = "needs a process of its own: exporters are made when the application is imported."
        yield Problem(f"{where} traces", what, "Remove isolate = false, or traces.")
    yield from _check_minutes(target, where)


def _check_minutes(target: TargetTable, where: str) -> Iterator[Problem]:
    if target.kind in _WIRELESS:
        for name in ("requests_per_minute", "tokens_per_minute"):
            if getattr(target, name) is not None:
                hint = "Its requests are its own. Use concurrency, or limit them in the application."
                yield Problem(f"{where} {name}", f"cannot be kept for kind '{target.kind}'.", hint)
    if target.kind == "http" and target.tokens_per_minute is not None and "usage" not in target.parameters:
        hint = 'Say where: usage = "PLACE", or limit requests_per_minute.'
        yield Problem(f"{where} tokens_per_minute", "cannot be kept: nothing says where replies report tokens.", hint)


@dataclass(frozen=True, slots=True)
class _SuiteCheck:
    suite: SuiteTable
    where: str
    names: _Names
    book: ScorerBook
    targets: Mapping[str, TargetTable]

    def problems(self) -> Iterator[Problem]:
        """All that is wrong with the suite."""
        yield from self._references()
        yield from self._cases()
        yield from self._scorers()
        yield from _check_expression(self.suite.success, self.scores(), f"{self.where} success", "this suite")

    def scores(self) -> list[str] | None:
        """The names of the scores that the suite makes; None when its list cannot be read."""
        names = cast("list[str] | None", self.suite.scorers)
        return None if names is None else [self.book.look_up(name, "")[0].name for name in names]

    def _references(self) -> Iterator[Problem]:
        suite, targets = self.suite, self.names.targets
        yield from _unknown(suite.target, targets, f"{self.where} target", "target")
        yield from _unknown(suite.user, targets, f"{self.where} user", "target")
        user = self.targets.get(suite.user or "")
        if user is not None and user.kind and user.kind != "model":
            hint = "The user of a conversation is played by a target of kind 'model'."
            yield Problem(f"{self.where} user", f"target '{suite.user}' is of kind '{user.kind}'.", hint)
        for name in suite.alternatives:
            yield from _unknown(name, targets, f"{self.where} alternatives", "target")
        yield from _repeated((suite.target, *suite.alternatives), f"{self.where} alternatives", "target")
        if suite.alternatives and suite.layer == "behavioural":
            hint = "Put them into a suite of layer 'model' or 'system'."
            yield Problem(f"{self.where} alternatives", "have no place in a behavioural suite.", hint)

    def _cases(self) -> Iterator[Problem]:
        suite = self.suite
        if suite.layer == "behavioural":
            if suite.traffic is None and suite.evalset is None:
                hint = 'Add traffic = { window = "7d", share = 0.01, at_most = 500 }, or evalset, a sample of traffic.'
                yield Problem(self.where, "a behavioural suite needs 'traffic' or 'evalset'.", hint)
            if suite.traffic is not None and suite.evalset is not None:
                hint = "Its cases come from 'traffic'; leave one of them out."
                yield Problem(f"{self.where} evalset", "has no place beside 'traffic'.", hint)
        elif suite.layer:
            if suite.evalset is None:
                yield Problem(self.where, f"a {suite.layer} suite needs 'evalset'.", "Name a set of [evalsets].")
            if suite.traffic is not None:
                hint = "Its cases come from 'evalset'; only behavioural suites replay traffic."
                yield Problem(f"{self.where} traffic", f"has no place in a {suite.layer} suite.", hint)
        if suite.evalset is not None:
            name, has_version, version = suite.evalset.partition("@")
            yield from _unknown(name, self.names.evalsets, f"{self.where} evalset", "eval set")
            if has_version and not re.fullmatch(r"v?\d+|working|sha-\w+", version):
                hint = f"Write {name}@2 for version 2, or {name}@working."
                yield Problem(f"{self.where} evalset", f"'{version}' is not a version.", hint)

    def _scorers(self) -> Iterator[Problem]:
        where = f"{self.where} scorers"
        for name in dict.fromkeys(self.suite.scorers or ()):
            yield from self.book.look_up(name, where)[1]
        yield from _repeated(self.scores() or (), where, "score")


def _check_gate(gate: GateTable, origin: Origin, name: str, names: _Names) -> Iterator[Problem]:
    where = origin.at("gates", name)
    for suite in gate.suites or ():
        yield from _unknown(suite, names.suites, f"{where} suites", "suite")
    yield from _repeated(gate.suites or (), f"{where} suites", "suite")
    for mode in gate.modes:
        yield from _unknown(mode, names.modes, f"{where} modes", "failure mode")
    if gate.baseline is not None:
        yield from _check_baseline(gate.baseline, f"{where} baseline", names)
    if gate.anchor is not None and not re.match("file:.", gate.anchor):
        hint = "An anchor is a reviewed file: write file:PATH."
        yield Problem(f"{where} anchor", f"'{gate.anchor}' is not a reference to a file.", hint)
    if gate.success and gate.success.may_drop_since_anchor is not None and gate.anchor is None:
        hint = 'Add anchor = "file:PATH".'
        yield Problem(f"{where} success.may_drop_since_anchor", "needs an anchor to drop from.", hint)


def _check_baseline(reference: str, where: str, names: _Names) -> Iterator[Problem]:
    prefix = next((prefix for prefix in _REFERENCES if reference.startswith(prefix)), None)
    if prefix is None or reference == prefix:
        hint = "Write file:PATH, run:ID, target:NAME or branch:NAME."
        yield Problem(where, f"'{reference}' is not a reference.", hint)
    elif prefix == "target:":
        yield from _unknown(reference.removeprefix(prefix), names.targets, where, "target")


def _check_expression(text: str | None, scores: Iterable[str] | None, where: str, owner: str) -> Iterator[Problem]:
    if text is None:
        return
    try:
        names = names_in(parse(text))
    except GrammarError as error:
        yield Problem(where, f"'{text}' cannot be read: {error}.", "Write such as: exact_match and latency < 2.")
        return
    known = names if scores is None else frozenset(scores)
    for name in sorted(names - known):
        yield Problem(where, f"'{name}' is not a score of {owner}.", suggest(name, known))


def _unknown(name: str | None, known: Iterable[str], where: str, kind: str) -> Iterator[Problem]:
    names = set(known)
    if name is not None and name not in names:
        yield Problem(where, f"{kind} '{name}' is not known.", suggest(name, names))


def _repeated(names: Iterable[str], where: str, kind: str) -> Iterator[Problem]:
    for name, times in Counter(names).items():
        if times > 1:
            yield Problem(where, f"{kind} '{name}' is there {times} times.", "Keep one.")
