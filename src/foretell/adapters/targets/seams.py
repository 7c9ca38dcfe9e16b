"""Step seams: functions of the application, named in the project file, wrapped where it runs. It needs no foretell.

A seam replaces `module:function` by a wrapper that records each call: in its module, and wherever the same function was
already imported by name. Undoing puts the originals back.
"""

import functools
import importlib
import inspect
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

from foretell.adapters.targets.recording import OpenSpan, present
from foretell.adapters.targets.threads import carry_context
from foretell.adapters.targets.watched import watched
from foretell.core.domain.steps import Step
from foretell.core.errors import ConfigurationError, Problem, suggest

_ABSENT = object()


@dataclass(slots=True)
class Seams:
    """The seams of one target, open until `close`. `orphans` counts calls that ran outside of any trial."""

    orphans: int = 0
    _claimed: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _undo: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def open(self, steps: tuple[Step, ...], where: str) -> None:
        """Wrap the functions, and let threads that a trial starts carry its context.

        Raises:
            ConfigurationError: a module or function that is not there; then nothing stays wrapped.
        """
        try:
            for step in steps:
                self._wrap(step, f"{where}.{step.name}")
        except BaseException:
            self.close()
            raise
        self._undo.append(carry_context())

    def close(self) -> None:
        """Put the originals back."""
        while self._undo:
            self._undo.pop()()

    def start(self, step: Step, given: object) -> OpenSpan | None:
        """A call of a step begins; None when no trial asked for it."""
        recording = present()
        if recording is None:
            with self._counting:
                self.orphans += 1
            return None
        if recording.owner is not self:  # two targets share the function, and this trial is the other's
            return None
        return recording.begin(step.name, step.kind, given)

    def claim(self) -> int:
        """The orphans that came since this was asked last, so that each is counted once."""
        with self._counting:
            new, self._claimed = self.orphans - self._claimed, self.orphans
        return new

    def _wrap(self, step: Step, where: str) -> None:
        owner, name = find_owner(step.call, where)
        original, bind = _unbound(owner, name)
        if not callable(original) or isinstance(original, type) or not hasattr(owner, "__dict__"):
            raise ConfigurationError(Problem(where, f"'{step.call}' is no function.", "Name a function or a method."))
        drops_first = isinstance(owner, type) and bind is not staticmethod
        stand_in = watched(original, functools.partial(self.start, step), drops_first)
        self._replace(owner, name, cast("object", bind(stand_in)) if bind else stand_in)
        if isinstance(owner, ModuleType):
            _rename(original, stand_in)
            self._undo.append(functools.partial(_rename, stand_in, original))

    def _replace(self, owner: Any, name: str, ours: object) -> None:
        held = owner.__dict__.get(name, _ABSENT)
        setattr(owner, name, ours)
        self._undo.append(functools.partial(_restore, owner, name, ours, held))


def _unbound(owner: Any, name: str) -> tuple[Any, Any]:
    """The function under a name, and what makes a function of its kind again (None: nothing)."""
    if not isinstance(owner, ModuleType | type):
        return getattr(owner, name), None
    held: Any = inspect.getattr_static(owner, name)
    bind = cast("Any", type(held))
    return (held.__func__, bind) if bind in (staticmethod, classmethod) else (held, None)


def find_owner(address: str, where: str) -> tuple[Any, str]:
    """The module or class that holds `module:name` or `module:Class.name`, and the last name.

    Raises:
        ConfigurationError: naming the part that is missing and the nearest one there is.
    """
    path, _, dotted = address.partition(":")
    try:
        owner: Any = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name is None or not (path == error.name or path.startswith(f"{error.name}.")):
            what = f"module '{path}' cannot be imported: it needs '{error.name}', which is not installed."
            raise ConfigurationError(Problem(where, what, "Install it where foretell runs.")) from error
        hint = "Check the spelling, and that 'path' names the folder it lies in."
        raise ConfigurationError(
            Problem(where, f"there is no module '{error.name}' (for '{address}').", hint)
        ) from error
    except Exception as error:
        what = f"module '{path}' cannot be imported: {type(error).__name__}: {error}."
        raise ConfigurationError(Problem(where, what, "Import it by hand to see where.")) from error
    *outer, last = dotted.split(".")
    for name in [*outer, last]:
        if not hasattr(owner, name):
            known = [known for known in dir(owner) if not known.startswith("_")]
            hint = suggest(name, known) if len(known) < 20 or suggest(name, known).startswith("Did") else ""
            raise ConfigurationError(Problem(where, f"'{path}' has no '{dotted}'.", hint))
        if name is not last:
            owner = getattr(owner, name)
    return owner, last


def _rename(function: object, other: object) -> None:
    """Put another function wherever a module knows this one: `from acme.retrieval import search` makes such names."""
    for module in tuple(sys.modules.values()):
        if type(module) is ModuleType:
            for alias, value in tuple(vars(module).items()):
                if value is function:
                    setattr(module, alias, other)


def _restore(owner: Any, name: str, ours: object, held: object) -> None:
    """Put back what was there, unless somebody replaced it again since."""
    if owner.__dict__.get(name) is not ours:
        return
    if held is _ABSENT:
        delattr(owner, name)
    else:
        setattr(owner, name, held)
