"""The project file as pytest collects it: one item for each case of a suite, as often as the suite repeats it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from foretell.core.errors import ForetellError

if TYPE_CHECKING:
    from foretell.pytest_plugin.desk import Desk, Place


class SuiteFile(pytest.File):
    """The project file; collects the cases of the suites that were asked for."""

    def __init__(self, *, desk: "Desk", suites: Sequence[str], **given: Any) -> None:
        super().__init__(**given)
        self.desk = desk
        self.suites = suites

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each case and repeat.

        Raises:
            CollectError: a suite cannot be run.
        """
        for suite in dict.fromkeys(self.suites):
            try:
                places = self.desk.places(suite)
            except ForetellError as error:
                raise self.CollectError(str(error)) from error
            for place in places:
                name = f"{suite}[{place.name}]"
                yield TrialItem.from_parent(  # pyright: ignore[reportUnknownMemberType] # pytest types no keywords
                    self, name=name, desk=self.desk, place=place
                )


class TrialItem(pytest.Item):
    """One case of a suite: passes when the suite's success rule holds, and is an error when that cannot be told."""

    def __init__(self, *, desk: "Desk", place: "Place", **given: Any) -> None:
        super().__init__(**given)  # pyright: ignore[reportUnknownMemberType] # pytest types no keywords
        self.desk = desk
        self.place = place

    def setup(self) -> None:
        """Carry the trial out. What fails here is an error to pytest, and no failure of the application."""
        try:
            concluded = self.desk.perform(self.place)
        except ForetellError as error:
            pytest.fail(str(error), pytrace=False)
        if concluded.conclusion.state == "unscored":
            concluded.check()

    def runtest(self) -> None:
        """Fail with the conclusion, unless it is a success."""
        self.desk.perform(self.place).check()

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """File and name, for the head of a failure."""
        return self.path, None, self.name
