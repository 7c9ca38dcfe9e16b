"""What every test gets: no network, and repeatable examples."""

from __future__ import annotations

import os

import hypothesis

pytest_plugins = ["tests.network_guard.plugin"]

# A deadline measures the machine, not the code. In CI the examples never vary: a red build must mean the change.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")
