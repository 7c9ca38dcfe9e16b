"""A secret in the file is refused, and never shown."""

import pytest

from tests.unit.settings.sketches import GOOD, mistakes, understand

FAKE_KEY = "sk-" + "a1b2c3d4e5f6"


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("api_key", "'hunter22'", 'api_key: is a secret written into the file. Write api_key = { env = "API_KEY" }.'),
        ("max_tokens", f"'{FAKE_KEY}'", "max_tokens: is a secret written into the file."),
        ("model", f"'openai:{FAKE_KEY}'", "model: is a secret written into the file."),
        ("headers", "{ Authorization = 'Basic eHl6' }", "headers.Authorization: is a secret written into the file."),
        ("headers", "{ x-api-key = 'abc' }", 'x-api-key = { env = "X_API_KEY" }.'),
        ("params", "{ deep = [{ password = 'abc' }] }", "params.deep.password: is a secret written into the file."),
        ("url", "'https://bob:hunter22@llm.example/v1'", "url: holds a password in its address."),
    ],
)
def test_a_secret_is_refused_without_being_shown(key: str, value: str, problem: str) -> None:
    text = GOOD.replace('kind = "model"\nmodel = "openai:gpt-4o-2024-08-06"', f'kind = "model"\n{key} = {value}')
    told = "\n".join(mistakes(text))
    assert f"foretell.toml, [targets.small] {key}" in told
    assert problem in told
    assert not any(secret in told for secret in (FAKE_KEY, "hunter22", "eHl6", "'abc'"))


def test_the_store_gets_its_password_elsewhere() -> None:
    text = GOOD.replace('name = "shop"', 'name = "shop"\nstore = "postgresql://bob:hunter22@db/evals"')
    assert mistakes(text) == [
        (
            "foretell.toml, [project] store: holds a password in its address. "
            "Leave it out; PostgreSQL's client reads PGPASSWORD from the environment, or ~/.pgpass."
        )
    ]


def test_a_secret_of_the_wrong_type_is_not_shown_either() -> None:
    told = mistakes(GOOD.replace('kind = "python"', f'kind = "python"\nretries = "{FAKE_KEY}"'))
    assert told == [
        "foretell.toml, [targets.app] retries: must be a whole number, not a secret.",
        'foretell.toml, [targets.app] retries: is a secret written into the file. Write retries = { env = "RETRIES" }.',
    ]


@pytest.mark.parametrize(
    "lines",
    [
        'steps = { token = "shop.auth:token" }',
        'fingerprints = { secret = "config/*.toml" }',
    ],
)
def test_names_of_the_user_are_no_secrets(lines: str) -> None:
    assert understand(GOOD.replace('kind = "python"', f'kind = "python"\n{lines}')).name == "shop"


def test_a_limit_on_tokens_is_no_secret() -> None:
    assert understand(GOOD.replace('kind = "model"', 'kind = "model"\ntokens_per_minute = 1000')).name == "shop"


def test_a_secret_may_be_named() -> None:
    text = GOOD.replace('kind = "model"', 'kind = "model"\napi_key = { env = "SHOP_KEY" }')
    assert understand(text).targets["small"].target.params["api_key"] == {"env": "SHOP_KEY"}


def test_arguments_of_an_expected_tool_call_are_no_secrets() -> None:
    table = '[scorers.calls]\nuse = "shop.scorers:calls"\nexpected = [{ name = "log_in", arguments = { token = "t" } }]'
    assert understand(f"{GOOD}\n{table}\n").name == "shop"
