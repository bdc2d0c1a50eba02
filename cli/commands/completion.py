"""`asinflow completion`: what makes a shell complete commands, options and job ids."""

from __future__ import annotations

from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]  # where its own installer has it

from cli.errors import CliError
from cli.options import Json
from cli.output import print_json

app = typer.Typer()
SHELLS = ("bash", "zsh", "fish")


@app.command()
def completion(
    shell: Annotated[str, typer.Argument(metavar="|".join(SHELLS), help="The shell.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Print what makes your shell complete commands, options and job ids."""
    if shell not in SHELLS:
        raise CliError(f"there is completion for {', '.join(SHELLS)}, not for {shell!r}")
    script = get_completion_script(prog_name="asinflow", complete_var="_ASINFLOW_COMPLETE", shell=shell)
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        print(script)
