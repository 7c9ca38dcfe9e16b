"""`foretell traffic`: archives taken in, samples made of them, what is kept looked through and let go."""

import re
from dataclasses import asdict
from typing import Annotated

import typer

from foretell.adapters.capture.archives import FORMS
from foretell.cli.output import say
from foretell.cli.spans import days_of
from foretell.cli.terminal import ConfigOption, JsonOption, KeyOption, in_house, print_json, print_sheet, say_wrapped
from foretell.cli.traffic_progress import IntakeProgress
from foretell.core.domain.values import Json
from foretell.core.errors import ConfigurationError, Problem
from foretell.core.ports.archives import Archive
from foretell.reports.numbers import counted
from foretell.reports.tables import Sheet
from foretell.services import forget as forgetting
from foretell.services import retention
from foretell.services.curate import STRATA, Curated, SampleRequest, curate
from foretell.services.intake import Intake, IntakeRequest, take_in

ABOUT = "Traffic: archives taken in, samples, a second look for personal data, retention."

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, help=ABOUT)

DryOption = Annotated[bool, typer.Option("--dry-run", help="Count; change nothing.")]


@app.callback()
def group() -> None:
    """Traffic: archives taken in, samples, a second look for personal data, retention."""


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON Lines, JSON, CSV or Parquet.")],
    *,
    form: Annotated[str | None, typer.Option("--from", metavar="FORM", help=f"One of {', '.join(FORMS)}.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=PATH", help="Where a row holds a field of ours.")
    ] = None,
    share: Annotated[float, typer.Option(metavar="SHARE", help="Share of the conversations to keep.")] = 1.0,
    upstream: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of the traffic that the file holds, when known.")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the ids come from; default: the file's name.")
    ] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Take the good rows although others are bad.")] = False,
    dry_run: DryOption = False,
    ephemeral_key: KeyOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take a file of interactions into the store, anonymised before the first write: all of it or nothing."""
    archive = Archive(file, form, _fields(fields or []))
    request = IntakeRequest(archive, share, upstream, source, skip_bad, dry_run)
    with IntakeProgress(file) as progress:
        found = in_house(config, lambda house: take_in(house, request, progress.show), ephemeral_key=ephemeral_key)
    if as_json:
        problems: list[Json] = [asdict(problem) for problem in found.problems]
        print_json("foretell.traffic.import/1", {**asdict(found), "problems": problems})
        return
    say_wrapped(_told(found, is_dry=dry_run))
    for problem in found.problems:
        say(f"skipped: {problem}", err=True)


def _told(found: Intake, *, is_dry: bool) -> str:
    spans = found.spans
    said = [] if (spans.read or found.feedback) and not found.read else [_told_interactions(found, is_dry=is_dry)]
    if spans.read:
        kept = f": {counted(found.new, 'new interaction')}, {spans.known:,} there already" if not is_dry else ""
        dropped = f", {spans.evaluation:,} of evaluations dropped" if spans.evaluation else ""
        cut = f", {spans.cut:,} cut" if spans.cut else ""
        said.append(f"{counted(spans.read, 'span')} read{kept}{_left_out(spans.left_out)}{dropped}{cut}")
    if found.feedback:
        unheard = f", {found.unheard:,} of it on nothing that is kept" if found.unheard else ""
        said.append(f"feedback: {found.feedback:,} read{unheard}")
    if found.passed_over:
        said.append(f"{found.passed_over:,} of metrics or logs passed over")
    if found.bad:
        said.append(f"{counted(found.bad, 'bad row')} skipped")
    return f"{'; '.join(said)}{'; nothing was written' if is_dry else ''}. Names: {found.names}."


def _told_interactions(found: Intake, *, is_dry: bool) -> str:
    kept = "" if is_dry else f": {found.new:,} new, {found.known:,} there already"
    return f"{counted(found.read, 'interaction')} read{kept}{_left_out(found.left_out)}"


def _left_out(number: int) -> str:
    return f", {number:,} left out by the share" if number else ""


@app.command()
def sample(
    *,
    size: Annotated[int, typer.Option("--at-most", min=1, metavar="N", help="How many interactions to draw.")] = 100,
    window: Annotated[str, typer.Option(metavar="TIME", help="How far back from the newest: 12h, 7d, 2w.")] = "7d",
    by: Annotated[str, typer.Option(metavar="NAMES", help=f"Strata: {', '.join(STRATA)}, with commas.")] = "topic",
    each: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many of every stratum, not its share; rates weight them.")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, metavar="AMOUNT", help="What the drawn ones cost in production, at most.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws another sample.")] = 0,
    into: Annotated[str | None, typer.Option(metavar="SET", help="Add them to the working cases of a set.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Draw a representative sample of stored traffic as cases without expected answers, near-duplicates folded."""
    names = tuple(name.strip() for name in by.split(",") if name.strip())
    request = SampleRequest(size, days_of(window, "--window"), names, each, max_cost, seed, into)
    found = in_house(config, lambda house: curate(house, request))
    if as_json:
        strata: list[Json] = [asdict(stratum) for stratum in found.strata]
        cases: list[Json] = [case.as_json() for case in found.cases]
        head: dict[str, Json] = {"interactions": found.interactions, "drawn": found.drawn, "into": into}
        print_json("foretell.traffic.sample/1", {**head, "strata": strata, "cases": cases})
        return
    _print_sample(found, into)


def _print_sample(found: Curated, into: str | None) -> None:
    rows = tuple((one.name, f"{one.interactions:,}", f"{one.drawn:,}") for one in found.strata)
    print_sheet(Sheet("", ("stratum", ">interactions", ">drawn"), rows, long=("stratum",)))
    folded = found.drawn - len(found.cases)
    say_wrapped(
        f"{found.drawn:,} of {counted(found.interactions, 'interaction')} drawn: {counted(len(found.cases), 'case')}"
        f"{f', {folded:,} folded into one that asks the same' if folded else ''}."
    )
    if into is None:
        say_wrapped("Nothing was written: --into SET adds them to the working cases of a set.")
    else:
        say_wrapped(
            f"Added to {into}. They have no expected answer: a person gives them one. Freeze the set, and replay it."
        )


@app.command("list")
def list_(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """What the store holds: how much, from when to when, by release, feedback, names and chance."""
    found = in_house(config, retention.total)
    if as_json:
        print_json("foretell.traffic.list/1", retention.totals_json(found))
        return
    say_wrapped(
        f"{counted(found.interactions, 'interaction')} in {counted(found.conversations, 'conversation')}"
        f"{f', {found.first} to {found.last}' if found.first else ''}"
    )
    titles = {"probability": "chance to be here"}
    rows = tuple(
        (titles.get(name, name), value, f"{number:,}")
        for name, some in found.by.items()
        for value, number in some.items()
    )
    if rows:
        print_sheet(Sheet("", ("by", "value", ">interactions"), rows, long=("value",)))


@app.command()
def verify(*, ephemeral_key: KeyOption = False, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Look through all stored traffic again for personal data; exit code 1 when some is found."""
    found = in_house(config, retention.verify, ephemeral_key=ephemeral_key)
    if as_json:
        print_json("foretell.traffic.verify/1", {**asdict(found), "ids": list(found.ids)})
    else:
        say_wrapped(f"{counted(found.seen, 'interaction')} looked through. Names: {found.names}.")
        for kind, number in found.kinds.items():
            say(f"  {kind}: {number:,}")
        for one in found.ids[:20]:
            say(f"  interaction {one}")
    raise typer.Exit(1 if found.ids else 0)


@app.command()
def prune(
    *,
    older_than: Annotated[str, typer.Option("--older-than", metavar="TIME", help="An age such as 90d or 12w.")],
    dry_run: DryOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Remove interactions older than an age, and keep a record of how many there were."""
    days = days_of(older_than, "--older-than")
    gone = in_house(config, lambda house: retention.prune(house, days, is_dry=dry_run))
    _tell_removed("foretell.traffic.prune/1", gone, is_dry=dry_run, is_json=as_json)


@app.command()
def forget(
    *,
    subject: Annotated[
        str, typer.Option(metavar="WHO", help="A pseudonym, a conversation, an interaction, or the address itself.")
    ],
    dry_run: DryOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Remove a person: interactions, cases of eval sets, and what they said in finished runs, whose scores stay."""
    found = in_house(config, lambda house: forgetting.forget(house, subject, is_dry=dry_run))
    if as_json:
        rest = asdict(found)
        number = rest.pop("interactions")
        print_json("foretell.traffic.forget/1", {"removed": 0 if dry_run else number, "found": number, **rest})
        return
    _tell_forgotten(found, is_dry=dry_run)


def _tell_forgotten(found: forgetting.Forgotten, *, is_dry: bool) -> None:
    would = "would be " if is_dry else ""
    say_wrapped(f"{counted(found.interactions, 'interaction')} {would}removed.")
    for one in found.sets:
        told = f"{one.version}: {counted(one.cases, 'case')} {would}removed; hash {one.before[:12]} → {one.after[:12]}."
        say_wrapped(f"{told} Commit it; git still has the old content.")
    if found.trials:
        runs = counted(len(found.runs), "run")
        say_wrapped(f"{counted(found.trials, 'trial')} of {runs} {would}emptied; their scores stay.")
    if found.waiting:
        what = "of traffic not put together yet: forget again when 'foretell serve' has stored them."
        say_wrapped(f"{counted(found.waiting, 'request')} {what}")


def _tell_removed(schema: str, gone: int, *, is_dry: bool, is_json: bool) -> None:
    if is_json:
        print_json(schema, {"removed": 0 if is_dry else gone, "found": gone})
    else:
        say_wrapped(f"{counted(gone, 'interaction')} {'would be removed' if is_dry else 'removed'}.")


def _fields(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if not re.fullmatch(r"[a-z_]+=.+", pair)]
    if wrong:
        hint = "Write FIELD=PATH, such as input=request.prompt."
        raise ConfigurationError(*(Problem("--map", f"'{pair}' cannot be read.", hint) for pair in wrong))
    return dict(pair.split("=", 1) for pair in pairs)
