"""Addresses, and which key goes where."""

import pytest

from foretell.core.domain.endpoints import OPENAI_URL, host_of, is_local, key_for
from foretell.core.errors import ConfigurationError

SECRETS = {"OPENAI_API_KEY": "sk-1", "OTHER": "o-1"}


@pytest.mark.parametrize(
    ("url", "name", "key"),
    [
        (OPENAI_URL, None, "sk-1"),
        (OPENAI_URL, "OTHER", "o-1"),
        ("https://llm.example/v1", None, None),
        ("https://api.openai.com.llm.example/v1", None, None),
        ("https://llm.example/api.openai.com", None, None),
        ("https://llm.example/v1", "OPENAI_API_KEY", "sk-1"),
    ],
)
def test_openais_key_goes_to_openai_unless_it_is_named(url: str, name: str | None, key: str | None) -> None:
    assert key_for(url, name, SECRETS.get, "model") == key


@pytest.mark.parametrize("url", ["", "llm.example/v1", "ftp://llm.example", "https://", "http://[x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        host_of(url, "model 'm'")
    assert str(caught.value) == f"model 'm': url '{url}' is not an address. Write it like {OPENAI_URL}."


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:8080", True),
        ("http://127.1.2.3/v1", True),
        ("http://[::1]:80/", True),
        ("http://localhost.example", False),
        (OPENAI_URL, False),
    ],
)
def test_this_machine_is_known(url: str, local: bool) -> None:
    assert is_local(url) == local
