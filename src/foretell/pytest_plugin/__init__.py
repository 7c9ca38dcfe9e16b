"""Eval sets as pytest tests, with the scorers and the success rule of the suite that names them.

    @pytest.mark.foretell(suite="system")
    def test_assistant(trial):          # once for each case and repeat
        trial.check()                   # fails as the suite would; or assert what you like on trial.outcome

Without any code: `pytest --foretell-suite system`. pytest imports this module at every start, used or not, so that it
holds nothing but the hooks; all else is imported when the first suite is asked for.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from foretell.pytest_plugin.concluded import ConcludedTrial

_DESK: pytest.StashKey[Any] = pytest.StashKey()
_FILE: pytest.StashKey[Path] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; `pytest --help` shows them under foretell."""
    group = parser.getgroup("foretell", "foretell: suites of the project file as tests")
    group.addoption(
        "--foretell-suite", action="append", default=[], metavar="SUITE", help="One test for each case of this suite."
    )
    group.addoption("--foretell-config", metavar="FILE", help="The project file; default: the nearest one upwards.")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and have the project file collected when suites are asked for.

    Raises:
        UsageError: the project file cannot be used, or there is no such suite.
    """
    config.addinivalue_line("markers", "foretell(suite): run the test once for each case of a foretell suite")
    suites = config.getoption("foretell_suite")
    if not suites:
        return
    desk = _desk(config)
    try:
        for suite in suites:
            desk.check(suite)
    except desk.error as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[_FILE] = desk.file
    is_alone = config.args_source is not pytest.Config.ArgsSource.ARGS
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.args]
    if is_alone:
        config.args[:] = [str(desk.file)]
    elif not any(desk.file.is_relative_to(path) for path in named):
        config.args.append(str(desk.file))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The project file as a file of tests, when suites are asked for."""
    wanted = parent.config.stash.get(_FILE, None)
    if wanted is None or wanted.name != file_path.name or wanted != file_path.resolve():
        return None
    return import_module("foretell.pytest_plugin.items").SuiteFile.from_parent(
        parent, path=file_path, desk=_desk(parent.config), suites=parent.config.getoption("foretell_suite")
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a marked test the places of its suite: every case, as often as the suite repeats it.

    Raises:
        CollectError: the mark names no suite, or one that cannot be run; or the test does not ask for `trial`.
    """
    mark = metafunc.definition.get_closest_marker("foretell")
    if mark is None:
        return
    if set(mark.kwargs) != {"suite"} or mark.args:
        given = metafunc.function.__name__
        raise pytest.Collector.CollectError(f'{given} names no suite: write @pytest.mark.foretell(suite="NAME").')
    if "trial" not in metafunc.fixturenames:
        raise pytest.Collector.CollectError(
            f"{metafunc.function.__name__} is marked with a foretell suite and does not ask for the fixture 'trial'."
        )
    desk = _desk(metafunc.config)
    try:
        places = desk.places(mark.kwargs["suite"])
    except desk.error as error:
        raise pytest.Collector.CollectError(str(error)) from error
    metafunc.parametrize("trial", places, indirect=True, ids=[place.name for place in places])


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> "ConcludedTrial":
    """One trial of the suite that the test's mark names: `case`, `outcome`, `scores`, `conclusion`, and `check()`."""
    place = getattr(request, "param", None)
    if place is None:
        pytest.fail('The fixture trial needs a suite: mark the test with @pytest.mark.foretell(suite="NAME").', False)
    desk = _desk(request.config)
    try:
        concluded = desk.perform(place)
    except desk.error as error:
        pytest.fail(str(error), pytrace=False)
    if concluded.is_ours:
        pytest.fail(concluded.text(), pytrace=False)
    request.node.add_report_section("setup", "foretell", concluded.text())
    return concluded


def _desk(config: pytest.Config) -> Any:
    """The one desk of this session, made when it is first needed.

    Raises:
        UsageError: the project file cannot be used.
    """
    if _DESK not in config.stash:
        module = import_module("foretell.pytest_plugin.desk")
        try:
            desk = module.Desk(config.getoption("foretell_config"))
        except module.Desk.error as error:
            raise pytest.UsageError(str(error)) from error
        config.stash[_DESK] = desk
        config.add_cleanup(desk.close)
    return config.stash[_DESK]
