"""`foretell verify-decision`: a recorded decision, computed again."""

from pathlib import Path
from typing import Annotated

import typer

from foretell.cli.output import say
from foretell.cli.terminal import ConfigOption, JsonOption, in_house, print_json, say_wrapped
from foretell.reports.numbers import as_json, counted
from foretell.services.verify import verify_decision

MOST_SHOWN = 20


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What 'gate --record FILE' or '--out json=' wrote.")],
    *,
    as_json_: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Compute a decision again from the stored runs and the baseline: exit code 0 equal, 65 not."""
    place = str(Path(file).absolute())  # from the working directory, wherever the project file lies
    found = in_house(config, lambda house: verify_decision(house, place))
    decision, differences = found.decision, found.differences
    if as_json_:
        body = {"key": decision.key, "differences": as_json(differences), "unseen": list(found.unseen)}
        print_json("foretell.verification/1", body)
    elif not differences:
        say_wrapped(f"equal: decision {decision.key}, gate {decision.gate}, {decision.ruling} of {decision.decided_at}")
    else:
        say(f"{file}: {counted(len(differences), 'difference')} from what the stored facts give")
        for place, written, computed in differences[:MOST_SHOWN]:
            say_wrapped(f"  {place}: the file says {written}, the facts {computed}")
    if found.unseen and not as_json_:
        say_wrapped(f"computed from what the file carries: not in this store are {', '.join(found.unseen)}")
    raise typer.Exit(65 if differences else 0)
