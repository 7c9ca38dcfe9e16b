"""Where a worker of a checkout imports from: the checkout, and never the working tree."""

import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from foretell.core.domain.trial import TargetSpec
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.checkouts import Checkout

_OURS = "foretell"


def paths_in(checkout: Checkout, paths: Iterable[str]) -> list[str]:
    """What goes before the import path of a worker: the checkout's own `src`, and its part of every other entry.

    An application that is installed in editable mode, or that PYTHONPATH names, stands on the path with a folder of the
    working tree; the checkout has the same folder.
    """
    own = Path(checkout.folder, "src")
    found = [str(own)] if own.is_dir() else []
    for path in paths:
        entry = Path(path).resolve()
        if not path or not entry.is_relative_to(checkout.original) or entry.is_relative_to(checkout.top):
            continue
        twin = Path(checkout.top, entry.relative_to(checkout.original))
        if twin.is_dir() and not (entry / _OURS).is_dir():  # a worker does not change its own program
            found.append(str(twin))
    return list(dict.fromkeys(found))


def check_origins(checkout: Checkout, target: TargetSpec, modules: Mapping[str, ModuleType]) -> None:
    """See that what was imported comes from the checkout.

    Raises:
        ConfigurationError: a module of the working tree was imported, or an installed copy of the application: then
            both sides would run the same code, and differ by nothing.
    """
    hint = "Name the folder that it is imported from in the target's 'path', as in path = \"src\"."
    for name, file in _files(modules):
        if file.is_relative_to(checkout.original) and not file.is_relative_to(checkout.top):
            what = f"module '{name}' was imported from the working tree, {file}, and not from the checkout."
            raise ConfigurationError(Problem(f"target '{target.name}'", what, hint))
    top_level = str(target.params.get("call", "")).partition(":")[0].partition(".")[0]
    file = dict(_files(modules, is_installed=True)).get(top_level)
    if file is None or file.is_relative_to(checkout.top):
        return
    if twin := next(Path(checkout.top).glob(f"**/{top_level}/__init__.py"), None):
        what = f"package '{top_level}' was imported as installed, {file}, and not from the checkout's {twin.parent}."
        raise ConfigurationError(Problem(f"target '{target.name}'", what, hint))


def _files(modules: Mapping[str, ModuleType], *, is_installed: bool = False) -> Iterator[tuple[str, Path]]:
    """The files of modules, of those that were installed only when asked for."""
    installed = {Path(path) for path in sysconfig.get_paths().values()}
    for name, module in list(modules.items()):
        given = getattr(module, "__file__", None)
        if not isinstance(given, str) or name.partition(".")[0] == _OURS:
            continue
        file = Path(given).resolve()
        if is_installed or not any(file.is_relative_to(place) for place in installed):
            yield name, file
