"""`foretell gate --aa`: the gate between equals."""

from foretell.cli.output import say
from foretell.cli.progress import ProgressWatcher
from foretell.cli.terminal import in_house, print_json, print_sheet
from foretell.core.domain.trust import AaReport
from foretell.reports.aa import aa_sheet
from foretell.reports.numbers import as_json, counted
from foretell.services.aa import run_aa, trials_of
from foretell.services.gate import GateRequest, prepare_gate
from foretell.services.house import House


def print_aa(config: str | None, request: GateRequest, pairs: int, *, is_json: bool, has_key: bool) -> None:
    """Run an A/A and print what came out; the trials that it will take are said before it starts."""

    async def work(house: House) -> AaReport:
        prepared = await prepare_gate(house, request)
        trials, limit = counted(trials_of(prepared, pairs), "trial"), prepared.policy.max_cost
        cap = "" if limit is None else f", at most {limit:g} {house.project.currency}"
        say(f"A/A: {counted(pairs, 'pair')} of fresh runs, {trials} in all{cap}", err=True)
        with ProgressWatcher(house.project.currency) as watcher:
            return await run_aa(house, prepared, pairs, watcher)

    report = in_house(config, work, ephemeral_key=has_key)
    if is_json:
        print_json("foretell.aa/1", as_json(report))
    else:
        print_sheet(aa_sheet(report))
