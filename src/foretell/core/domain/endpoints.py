"""Addresses of providers, and which key goes where."""

from urllib.parse import urlsplit

from foretell.core.domain.secrets import SecretLookup, required_secret
from foretell.core.errors import ConfigurationError, Problem

OPENAI_HOST = "api.openai.com"
OPENAI_URL = f"https://{OPENAI_HOST}/v1"


def host_of(url: str, where: str) -> str:
    """The host of an http or https address.

    >>> host_of("http://127.0.0.1:8080/v1", "")
    '127.0.0.1'

    Raises:
        ConfigurationError: it is no such address.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return parts.hostname
    except ValueError:
        pass
    raise ConfigurationError(Problem(where, f"url '{url}' is not an address.", f"Write it like {OPENAI_URL}."))


def key_for(url: str, name: str | None, lookup: SecretLookup, where: str) -> str | None:
    """The key for an OpenAI-compatible endpoint: the variable `name`; without one `OPENAI_API_KEY` at OpenAI itself.

    Anywhere else no key is sent that was not named for it, so that none goes to a host it was not made for.

    Raises:
        ConfigurationError: no address, or the variable is not set.
    """
    host = host_of(url, where)
    if name is None and host == OPENAI_HOST:
        name = "OPENAI_API_KEY"
    return required_secret(lookup, name, where) if name else None


def is_local(url: str) -> bool:
    """True for an address on this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
