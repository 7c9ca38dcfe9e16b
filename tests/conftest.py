"""What every test gets: no network, and repeatable examples."""

from __future__ import annotations

import os
import re
import signal

import hypothesis
import pytest

# A runner that starts us in the background has SIGINT ignored, and that is inherited: interrupts would test nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.network_guard.plugin"]

# A deadline measures the machine, not the code. In CI the examples never vary: a red build must mean the change.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names of tests that hold a memory address: each process would name the test differently."""
    if moving := [item.nodeid for item in items if re.search(r" at 0x[0-9a-f]{4,}", item.nodeid)]:
        raise pytest.UsageError("Give these tests an id of their own:\n" + "\n".join(moving))
