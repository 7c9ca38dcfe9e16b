"""Secrets travel by name: `{ env = "NAME" }` in the project file, resolved where a target goes live, never shown."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, cast

from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem

SecretLookup: TypeAlias = Callable[[str], str | None]
"""A secret's value by its name, None when it is not set."""


def name_of_secret(value: Json, where: str) -> str:
    """The variable's name in `{"env": "NAME"}`.

    >>> name_of_secret({"env": "OPENAI_API_KEY"}, "targets.small.api_key")
    'OPENAI_API_KEY'

    Raises:
        ConfigurationError: anything else; the value is not repeated, since it may be the secret itself.
    """
    reference: Json = value
    if isinstance(value, Mapping) and list(reference) == ["env"] and isinstance(reference["env"], str):
        return reference["env"]
    what = "a secret is given by the name of an environment variable, never by its value."
    raise ConfigurationError(Problem(where, what, 'Write { env = "NAME" } and set NAME where foretell runs.'))


def required_secret(lookup: SecretLookup, name: str, where: str) -> str:
    """The value of a secret.

    Raises:
        ConfigurationError: it is not set, or empty.
    """
    value = lookup(name)
    if value:
        return value
    state = "is empty" if value == "" else "is not set"
    raise ConfigurationError(Problem(where, f"the environment variable {name} {state}.", f"Set it: export {name}=…"))


def resolve(given: Mapping[str, Json], lookup: SecretLookup, where: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Named texts with their secrets in, and the secrets alone, to be kept out of messages.

    A value is text, or `{"env": "NAME"}` with an optional `prefix`, since tokens are seldom sent alone.

    >>> resolve({"Authorization": {"env": "TOKEN", "prefix": "Bearer "}}, {"TOKEN": "t-1"}.get, "headers")
    ({'Authorization': 'Bearer t-1'}, ('t-1',))

    Raises:
        ConfigurationError: what is neither, and secrets that are not set; all at once.
    """
    texts: dict[str, str] = {}
    secrets: list[str] = []
    problems: list[Problem] = []
    for name, value in given.items():
        if isinstance(value, str):
            texts[name] = value
            continue
        here = f"{where}.{name}"
        reference: Json = dict(cast("Mapping[str, Json]", value)) if isinstance(value, Mapping) else value
        prefix = reference.pop("prefix", "") if isinstance(value, Mapping) else ""
        try:
            secrets.append(required_secret(lookup, name_of_secret(reference, here), here))
            texts[name] = f"{prefix}{secrets[-1]}"
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(*problems)
    return texts, tuple(secrets)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, for messages that repeat what an endpoint or a process said.

    >>> redact("bad key sk-123", ["sk-123"])
    'bad key ***'
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text
