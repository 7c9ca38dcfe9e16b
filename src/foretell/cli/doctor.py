"""`foretell doctor`: is everything there that the project needs?"""

import asyncio
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from foretell import settings
from foretell.cli.output import NARROWEST, say, terminal_width
from foretell.cli.terminal import ConfigOption, JsonOption, print_json
from foretell.core.domain.project import Project
from foretell.core.errors import ConfigurationError, ForetellError
from foretell.reports.layout import wrap
from foretell.services import doctor
from foretell.services.doctor import Check
from foretell.wiring import evalsets_of, open_house

LiveOption = Annotated[
    bool, typer.Option("--live", help="Make each target live too: imports your code, asks nothing of it.")
]


def command(config: ConfigOption = None, is_live: LiveOption = False, is_json: JsonOption = False) -> None:
    """Check the project file, the installation, eval sets, secrets, git and the store."""
    checks = list(doctor.check_installation(_installed, platform.python_version()))
    try:
        project, warnings = settings.load_with_warnings(config)
    except ConfigurationError as error:
        checks += [doctor.check_names(_installed, None), *doctor.check_file(error.problems)]
    else:
        checks += [
            doctor.check_names(_installed, project),
            *doctor.check_project(project, warnings),
            *doctor.check_secrets(project, settings.secret),
            *doctor.check_pseudonyms(project, settings.PSEUDONYM_KEY, settings.secret),
            *doctor.check_evalsets(project, evalsets_of(project)),
            *asyncio.run(_check_house(project, is_live)),
        ]
    if is_json:
        print_json("foretell.doctor/1", {"checks": [asdict(check) for check in checks]})
    else:
        _print(checks)
    raise typer.Exit(doctor.exit_code(checks))


async def _check_house(project: Project, is_live: bool) -> list[Check]:
    try:
        async with open_house(project) as house:
            checks = [
                *doctor.check_revisions(project, house.revisions),
                await doctor.check_store(house.store.claims, house.new_id()),
            ]
            return checks + (await doctor.check_live(project, house.executor) if is_live else [])
    except ForetellError as error:
        return [doctor.check_unopened(error)]


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _print(checks: list[Check]) -> None:
    """One check a line, its hint below it; what a narrow terminal cuts short goes on under its own beginning."""
    names = max(len(check.name) for check in checks)
    room = terminal_width()
    for check in checks:
        head = f"{check.state:<4}  {check.name:<{names}}  "
        texts = [check.found, f"  {check.hint}"] if check.hint else [check.found]
        for line in (line for text in texts for line in wrap(text, room and max(room - len(head), NARROWEST))):
            say(f"{head}{line}")
            head = " " * len(head)
