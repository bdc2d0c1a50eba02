"""`asinflow settings`: every setting of every process."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cli.errors import CliError
from cli.options import Json
from cli.output import print_json
from cli.setting import Setting, all_settings, service_names
from cli.text import plain

app = typer.Typer()


@app.command()
def settings(
    service: Annotated[str | None, typer.Option("--service", "-s", help="Only those of one process.")] = None,
    as_json: Json = False,
) -> None:
    """Show every setting with its type, default and meaning.

    Secrets in defaults are masked.
    """
    if service is not None and service not in service_names():
        raise CliError(f"no such process: {service}; there are {', '.join(service_names())}")
    found = [setting for setting in all_settings() if service is None or service in setting.services]
    if as_json:
        print_json([setting.as_dict() for setting in found])
    elif sys.stdout.isatty():
        _print_for_people(found)
    else:
        print("VARIABLE", "TYPE", "DEFAULT", "MEANING", "PROCESSES", sep="\t")
        for setting in found:
            print(*(plain(cell) for cell in setting.cells()), sep="\t")


def _print_for_people(found: list[Setting]) -> None:
    """Each setting as a paragraph: long names and explanations share no line at 80 columns."""
    console = Console(highlight=False)
    every = len(service_names())
    for setting in found:
        used_by = "all processes" if len(setting.services) == every else ", ".join(setting.services)
        console.print(Text.assemble((setting.variable, "bold cyan"), f"  {setting.type}", (f"  {used_by}", "dim")))
        console.print(Padding(Text(f"{setting.meaning}\ndefault: {setting.default}"), (0, 0, 1, 4)))
