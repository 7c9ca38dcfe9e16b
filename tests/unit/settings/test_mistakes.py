"""Each mistake in its own words, and all of them at once."""

import pytest

from tests.unit.settings.sketches import GOOD, mistakes, understand


def with_change(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_the_good_file_is_good() -> None:
    assert understand(GOOD).name == "shop"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "shop"', "", "[project]: 'name' is missing. Add name = …"),
        ('name = "shop"', 'name = ""', "[project] name: must not be empty."),
        ('name = "shop"', "name = 3", "[project] name: must be text, not 3."),
        ('name = "shop"', 'name = "x"\nnmae = 1', "[project]: key 'nmae' is not known. Did you mean 'name'?"),
        (
            'name = "shop"',
            'name = "x"\nunknown_cost = "exlude"',
            "[project] unknown_cost: must be 'exclude' or 'zero', not 'exlude'. Did you mean 'exclude'?",
        ),
        (
            'name = "shop"',
            'name = "x"\ncurrency = "Euro"',
            "[project] currency: 'Euro' cannot be read. Write the three letters of a currency, such as USD.",
        ),
        (
            'name = "shop"',
            'name = "x"\nstore = "mysql://db"',
            "[project] store: 'mysql://db' cannot be read. Write sqlite:///PATH or postgresql://HOST/DATABASE.",
        ),
        ('kind = "python"', "", "[targets.app]: 'kind' is missing. Add kind = …"),
        (
            'kind = "python"',
            'kind = "pythn"',
            "[targets.app] kind: kind 'pythn' is not known. Did you mean 'python'?",
        ),
        (
            'kind = "python"',
            'kind = "python"\ntimeout = "3 minutes"',
            "[targets.app] timeout: must be a number with a unit, such as 30s, not '3 minutes'.",
        ),
        (
            'kind = "python"',
            'kind = "python"\nretries = -1',
            "[targets.app] retries: must be at least 0, not -1.",
        ),
        (
            'kind = "python"',
            'kind = "python"\nconcurrency = 2.5',
            "[targets.app] concurrency: must be a whole number, not 2.5.",
        ),
        (
            'kind = "python"',
            'kind = "python"\nrequests_per_minute = "60"',
            "[targets.app] requests_per_minute: must be a number, not '60'.",
        ),
        (
            'kind = "python"',
            'kind = "python"\nmax_cost_per_trial = inf',
            "[targets.app] max_cost_per_trial: must be a finite number, not Infinity.",
        ),
        (
            'kind = "python"',
            'kind = "python"\ntimout = 3',
            "[targets.app]: key 'timout' is not known. Did you mean 'timeout'?",
        ),
        (
            'kind = "python"',
            'kind = "python"\nisolate = "no"',
            "[targets.app] isolate: must be true or false, not 'no'.",
        ),
        (
            'kind = "python"',
            'kind = "python"\nfingerprints = { prompt = { file = "x" } }',
            "[targets.app] fingerprints.prompt: must be a glob of files or { attribute = '…' }, not a table.",
        ),
        ('call = "shop.app:answer"', "", "[targets.app]: parameter 'call' is missing. Add call = …"),
        (
            'call = "shop.app:answer"',
            'call = "answer"',
            "[targets.app] call: 'answer' is not a function's address. Write it like shop.app:answer.",
        ),
        ('call = "shop.app:answer"', "call = 3", "[targets.app] call: must be text, not 3."),
        ('call = "shop.app:answer"', 'call = "a:b"\npath = 3', "[targets.app] path: must be text or a list, not 3."),
        ('call = "shop.app:answer"', 'call = "a:b"\npath = ""', "[targets.app]: the path is empty."),
        (
            'call = "shop.app:answer"',
            'call = "a:b"\nsteps = { find = 3 }',
            "[targets.app] steps.find: must be text, not 3.",
        ),
        (
            'call = "shop.app:answer"',
            'call = "a:b"\nisolate = false\ntraces = true',
            (
                "[targets.app] traces: needs a process of its own: "
                "exporters are made when the application is imported. Remove isolate = false, or traces."
            ),
        ),
        (
            'kind = "model"',
            'kind = "model"\nisolate = true',
            "[targets.small] isolate: has no meaning for kind 'model'. Remove it.",
        ),
        (
            "[targets.app]",
            "[targets.App]",
            "[targets]: 'App' is not a name. Names are made of lower-case letters, digits, '-' and '_'.",
        ),
        ('core = "evals/core"', "core = 3", "[evalsets] core: must be text, not 3."),
        (
            'layer = "system"',
            'layer = "sistem"',
            "[suites.system] layer: must be 'model', 'system' or 'behavioural', not 'sistem'. Did you mean 'system'?",
        ),
        ('target = "app"', 'target = "ap"', "[suites.system] target: target 'ap' is not known. Did you mean 'app'?"),
        (
            'target = "app"',
            'target = "app"\nalternatives = ["large"]',
            "[suites.system] alternatives: target 'large' is not known. Known: app, small.",
        ),
        (
            'target = "app"',
            'target = "app"\nalternatives = ["app"]',
            "[suites.system] alternatives: target 'app' is there 2 times. Keep one.",
        ),
        (
            'target = "app"',
            'target = "app"\nuser = "me"',
            "[suites.system] user: target 'me' is not known. Known: app, small.",
        ),
        (
            'target = "app"',
            'target = "app"\nuser = "app"',
            (
                "[suites.system] user: target 'app' is of kind 'python'. "
                "The user of a conversation is played by a target of kind 'model'."
            ),
        ),
        ('target = "app"', 'target = "app"\nrepeats = 0', "[suites.system] repeats: must be at least 1, not 0."),
        (
            'target = "app"',
            'target = "app"\ntraffic = { window = "7d" }',
            (
                "[suites.system] traffic: has no place in a system suite. "
                "Its cases come from 'evalset'; only behavioural suites replay traffic."
            ),
        ),
        ('evalset = "core"', "", "[suites.system]: a system suite needs 'evalset'. Name a set of [evalsets]."),
        (
            'evalset = "core"',
            'evalset = "cores@2"',
            "[suites.system] evalset: eval set 'cores' is not known. Did you mean 'core'?",
        ),
        (
            'evalset = "core"',
            'evalset = "core@new"',
            "[suites.system] evalset: 'new' is not a version. Write core@2 for version 2, or core@working.",
        ),
        ('scorers = ["exact"]', "scorers = []", "[suites.system] scorers: must not be empty."),
        (
            'scorers = ["exact"]',
            'scorers = "exact"',
            "[suites.system] scorers: must be a list, not 'exact'. Write ['exact'].",
        ),
        (
            'scorers = ["exact"]',
            'scorers = ["exat"]',
            "[suites.system] scorers: scorer 'exat' is not known. Did you mean 'exact'?",
        ),
        (
            'scorers = ["exact"]',
            'scorers = ["near"]',
            "[suites.system] scorers: parameter 'limit' is missing. Add limit = …",
        ),
        (
            'scorers = ["exact"]',
            'scorers = ["judge:kind"]',
            "[suites.system] scorers: judge 'kind' is not known. Add [judges.kind].",
        ),
        (
            'scorers = ["exact"]',
            'scorers = ["exact", "shop.scorers:exact"]',
            "[suites.system] scorers: score 'exact' is there 2 times. Keep one.",
        ),
        (
            'scorers = ["exact"]',
            'scorers = ["exact"]\nsuccess = "exakt"',
            "[suites.system] success: 'exakt' is not a score of this suite. Did you mean 'exact'?",
        ),
        (
            'scorers = ["exact"]',
            'scorers = ["exact"]\nsuccess = "exact and"',
            (
                "[suites.system] success: 'exact and' cannot be read: expected a score's name, 'not' or '(' "
                "but found the end near position 9. Write such as: exact_match and latency < 2."
            ),
        ),
        (
            'suites = ["system"]',
            'suites = ["sytem"]',
            "[gates.deploy] suites: suite 'sytem' is not known. Did you mean 'system'?",
        ),
        (
            'suites = ["system"]',
            'suites = ["system", "system"]',
            "[gates.deploy] suites: suite 'system' is there 2 times. Keep one.",
        ),
        ("{ at_least = 0.8 }", "{}", "[gates.deploy] success: 'at_least' is missing. Add at_least = …"),
        (
            "{ at_least = 0.8 }",
            "{ at_least = 80 }",
            "[gates.deploy] success.at_least: must be at most 1, not 80. It is a share: 80 % is 0.8.",
        ),
        ("{ at_least = 0.8 }", "0.8", "[gates.deploy] success: must be a table, not 0.8. Write { at_least = … }."),
        (
            "{ at_least = 0.8 }",
            "{ at_least = 0.8, may_drop = -0.03 }",
            "[gates.deploy] success.may_drop: must be at least 0, not -0.03.",
        ),
        (
            "{ at_least = 0.8 }",
            "{ at_least = 0.8, confidence = 0.5 }",
            "[gates.deploy] success.confidence: must be above 0.5, not 0.5.",
        ),
        (
            "{ at_least = 0.8 }",
            "{ at_least = 0.8, confidence = 1.0 }",
            "[gates.deploy] success.confidence: must be below 1, not 1.0.",
        ),
        (
            "{ at_least = 0.8 }",
            "{ at_least = 0.8, may_drop_since_anchor = 0.05 }",
            ('[gates.deploy] success.may_drop_since_anchor: needs an anchor to drop from. Add anchor = "file:PATH".'),
        ),
        (
            "{ at_least = 0.8 }",
            "{ at_least = 0.8 }\nmodes = { timeot = { at_most = 0.1 } }",
            "[gates.deploy] modes: failure mode 'timeot' is not known. Did you mean 'timeout'?",
        ),
        (
            "{ at_least = 0.8 }",
            '{ at_least = 0.8 }\nbaseline = "main"',
            "[gates.deploy] baseline: 'main' is not a reference. Write file:PATH, run:ID, target:NAME or branch:NAME.",
        ),
        (
            "{ at_least = 0.8 }",
            '{ at_least = 0.8 }\nbaseline = "target:apps"',
            "[gates.deploy] baseline: target 'apps' is not known. Did you mean 'app'?",
        ),
        (
            "{ at_least = 0.8 }",
            '{ at_least = 0.8 }\nanchor = "run:1"',
            (
                "[gates.deploy] anchor: 'run:1' is not a reference to a file. "
                "An anchor is a reviewed file: write file:PATH."
            ),
        ),
    ],
)
def test_a_mistake_is_told_in_full(old: str, new: str, problem: str) -> None:
    text = f"foretell.toml, {problem}"
    assert text in mistakes(with_change(old, new))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("[suite.x]", "foretell.toml: table 'suite' is not known. Did you mean 'suites'?"),
        ("[scorers.mine]", "foretell.toml, [scorers.mine]: 'use' is missing. Add use = …"),
        (
            '[scorers.mine]\nuse = "exat"',
            "foretell.toml, [scorers.mine] use: scorer 'exat' is not known. Did you mean 'exact'?",
        ),
        (
            '[scorers.mine]\nuse = "exact"\nlowr = true',
            "foretell.toml, [scorers.mine]: parameter 'lowr' is not known. Did you mean 'lower'?",
        ),
        (
            '[scorers.mine]\nuse = "near"\nlimit = -1',
            "foretell.toml, [scorers.mine]: scorer 'mine': limit must not be negative, and is -1.",
        ),
        (
            '[scorers.mine]\nuse = "near"\nlimit = "1"',
            "foretell.toml, [scorers.mine] limit: must be a number, not '1'.",
        ),
        (
            '[scorers.mine]\nuse = "broken"',
            (
                "foretell.toml, [scorers.mine]: scorer 'broken' cannot be loaded: No module named 'nobodys_plugin'. "
                "Check the spelling, and that the module can be imported from the project's folder."
            ),
        ),
        (
            '[scorers.not]\nuse = "exact"',
            "foretell.toml, [scorers.not]: 'not' is a word of expressions. Choose another name.",
        ),
        (
            '[scorers.3rd]\nuse = "exact"',
            (
                "foretell.toml, [scorers]: '3rd' is not a name. "
                "Names are made of lower-case letters, digits, '-' and '_'. A scorer's starts with a letter."
            ),
        ),
        ('[judges.kind]\nmodel = "openai:gpt-5"', "foretell.toml, [judges.kind]: 'rubric' is missing. Add rubric = …"),
        (
            '[failure_modes.rude]\nwhen = "exact < "',
            (
                "foretell.toml, [failure_modes.rude] when: 'exact < ' cannot be read: expected a number, "
                "a text in quotes, true or false but found the end near position 7. "
                "Write such as: exact_match and latency < 2."
            ),
        ),
        (
            '[failure_modes.rude]\nwhen = "kindness < 1"',
            "foretell.toml, [failure_modes.rude] when: 'kindness' is not a score of any suite. Known: exact.",
        ),
        ("[failure_modes.rude]\ncost = -1", "foretell.toml, [failure_modes.rude] cost: must be at least 0, not -1."),
        (
            '[suites.b]\nlayer = "behavioural"\ntarget = "app"\nscorers = ["exact"]',
            (
                "foretell.toml, [suites.b]: a behavioural suite needs 'traffic' or 'evalset'. "
                'Add traffic = { window = "7d", share = 0.01, at_most = 500 }, or evalset, a sample of traffic.'
            ),
        ),
        (
            '[suites.b]\nlayer = "behavioural"\ntarget = "app"\nscorers = ["exact"]\ntraffic = {}\nevalset = "core"',
            (
                "foretell.toml, [suites.b] evalset: has no place beside 'traffic'. "
                "Its cases come from 'traffic'; leave one of them out."
            ),
        ),
        (
            (
                '[suites.b]\nlayer = "behavioural"\ntarget = "app"\nscorers = ["exact"]\ntraffic = {}\n'
                'alternatives = ["small"]'
            ),
            (
                "foretell.toml, [suites.b] alternatives: have no place in a behavioural suite. "
                "Put them into a suite of layer 'model' or 'system'."
            ),
        ),
    ],
)
def test_a_mistake_in_a_further_table_is_told_alone(table: str, problem: str) -> None:
    assert mistakes(f"{GOOD}\n{table}\n") == [problem]


def test_all_mistakes_are_told_at_once() -> None:
    """A malformed key hides neither its neighbours' mistakes nor the references of its own table."""
    text = """
    [project]
    name = 3
    [targets.app]
    kind = "python"
    call = "shop.app:answer"
    concurrency = 0
    [suites.system]
    layer = "sistem"
    evalset = "core"
    target = "ap"
    scorers = ["exat"]
    repeats = "2"
    [gates.deploy]
    suites = ["systm"]
    success = { may_drop = 2 }
    """
    assert mistakes(text) == [
        "foretell.toml, [project] name: must be text, not 3.",
        "foretell.toml, [targets.app] concurrency: must be at least 1, not 0.",
        (
            "foretell.toml, [suites.system] layer: must be 'model', 'system' or 'behavioural', not 'sistem'. "
            "Did you mean 'system'?"
        ),
        "foretell.toml, [suites.system] repeats: must be a whole number, not '2'.",
        "foretell.toml, [gates.deploy] success: 'at_least' is missing. Add at_least = …",
        "foretell.toml, [gates.deploy] success.may_drop: must be at most 1, not 2. It is a share: 2 % is 0.02.",
        "foretell.toml, [suites.system] target: target 'ap' is not known. Did you mean 'app'?",
        "foretell.toml, [suites.system] evalset: eval set 'core' is not known. There are none yet.",
        "foretell.toml, [suites.system] scorers: scorer 'exat' is not known. Did you mean 'exact'?",
        "foretell.toml, [gates.deploy] suites: suite 'systm' is not known. Did you mean 'system'?",
    ]


def test_the_scores_of_an_unreadable_list_are_not_missed() -> None:
    """One mistake, one problem: what the list would have held is not known."""
    text = GOOD.replace('scorers = ["exact"]', 'scorers = 3\nsuccess = "exact"')
    assert mistakes(f'{text}\n[failure_modes.rude]\nwhen = "kindness < 1"\n') == [
        "foretell.toml, [suites.system] scorers: must be a list, not 3."
    ]
