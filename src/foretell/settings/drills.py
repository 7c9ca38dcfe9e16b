"""What the tables [drills] and [faults] say about the rest of the project file."""

from collections.abc import Collection, Iterator

from foretell.core import plugins
from foretell.core.errors import ConfigurationError, Problem, suggest
from foretell.settings.parameters import check_types
from foretell.settings.references import is_dotted
from foretell.settings.schema import DrillTable, FaultTable, ProjectFile
from foretell.settings.source import Origin


def check_drills(file: ProjectFile, suites: Collection[str], origin: Origin) -> Iterator[Problem]:
    """Everything that is wrong with drills and their faults."""
    for name, fault in file.faults.items():
        yield from _check_fault(fault, origin.at("faults", name))
    known = {*plugins.known("faults"), *file.faults}
    drills = file.drills or DrillTable()  # the reader leaves out a table with mistakes
    for key in ("must_catch", "faults"):
        for name in getattr(drills, key) or ():
            if name not in known:
                yield Problem(f"{origin.at('drills')} {key}", f"fault '{name}' is not known.", suggest(name, known))
    for name in drills.suites or ():
        if name not in suites:
            yield Problem(f"{origin.at('drills')} suites", f"suite '{name}' is not known.", suggest(name, suites))


def _check_fault(fault: FaultTable, where: str) -> Iterator[Problem]:
    known = plugins.known("faults")
    if not fault.use or is_dotted(fault.use):
        return
    if fault.use not in known:
        yield Problem(f"{where} use", f"fault '{fault.use}' is not known.", suggest(fault.use, known))
        return
    try:
        plugin = plugins.find("faults", fault.use, where)
    except ConfigurationError as error:
        yield from error.problems
        return
    yield from plugins.check_params(plugin, fault.parameters, where)
    yield from check_types(plugin, fault.parameters, where)
