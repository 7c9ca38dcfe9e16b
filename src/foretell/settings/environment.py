"""The only reader of the environment."""

import os

PSEUDONYM_KEY = "FORETELL_PSEUDONYM_KEY"
"""Names the variable whose value keys the pseudonyms in stored traffic."""


def secret(name: str) -> str | None:
    """The value of an environment variable; None when it is not set."""
    return os.environ.get(name)
