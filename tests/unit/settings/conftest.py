"""The plugins that every test of settings knows: a few of ours, which never change."""

import pytest

from foretell.core import plugins
from tests.unit.settings.sketches import BUILT_IN


@pytest.fixture(autouse=True)
def _few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "BUILT_IN", BUILT_IN)
