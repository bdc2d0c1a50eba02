"""The root of all commands: loads only the one asked for, and turns every error into a sentence and an exit code."""

from __future__ import annotations

import difflib
import importlib
import re
import sys
from collections.abc import Sequence
from io import StringIO
from typing import Any, TextIO

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from cli.catalogue import COMMANDS
from cli.errors import CliError, ExitCode
from cli.report import report

# Under this name a context's `meta` holds the profile named on the command line.
PROFILE = "asinflow.profile"


class LazyGroup(TyperGroup):
    """Lists commands from the catalogue, and imports a command's module when the command is run."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """A stand-in that knows name and help; enough for the overview and for completion."""
        entry = COMMANDS.get(cmd_name)
        return Deferred(cmd_name, help=entry.help, rich_help_panel=entry.panel) if entry else None


class Deferred(TyperCommand):
    """A command that is loaded as soon as its arguments are to be read."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return load(str(self.name)).make_context(info_name, args, parent, **extra)


def load(name: str) -> Any:
    """The real command of that name."""
    module = importlib.import_module(f"cli.commands.{COMMANDS[name].module}")
    command = typer.main.get_group(module.app).commands[name]
    _let_help_flow(command)
    return command


def _let_help_flow(command: Any) -> None:
    """Paragraphs of its help as wide as the terminal: the line breaks of a docstring are those of its source."""
    if command.help:
        paragraphs = command.help.split("\n\n")
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    for each in getattr(command, "commands", {}).values():
        _let_help_flow(each)


class Program(LazyGroup):
    """Exits with the documented code, whatever happens; errors go to standard error, as JSON when asked for."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, *_: Any, **extra: Any) -> Any:
        given = with_profile_first(list(sys.argv[1:] if args is None else args))
        extra["standalone_mode"] = False
        try:
            code = self._ended(given, prog_name or "asinflow", extra)
            print(end="", flush=True)
        except BrokenPipeError:
            code = _unread()
        sys.exit(code or ExitCode.OK)

    def _ended(self, given: list[str], name: str, extra: dict[str, Any]) -> Any:
        try:
            return super().main(given, name, **extra)
        except CliError as error:
            return report(error, as_json="--json" in given)
        except TyperException as error:
            return report(_usage(error), as_json="--json" in given)
        except typer.Abort:
            return ExitCode.INTERRUPTED
        except SystemExit as error:
            # What typer and rich make of a broken pipe.
            if isinstance(error.__context__, BrokenPipeError):
                return _unread()
            raise


class _Nowhere(StringIO):
    """Takes what is still to be written, in place of an output that nobody reads and that must not be closed by it."""

    def __init__(self, output: TextIO) -> None:
        super().__init__()
        self.output = output


def _unread() -> ExitCode:
    """Nobody reads on, as behind `| head -1`: nothing is said of it but the exit code."""
    sys.stdout = _Nowhere(sys.stdout)
    return ExitCode.UNREAD


def with_profile_first(given: list[str]) -> list[str]:
    """The arguments with --profile before the command, where it may as well stand behind it."""
    end = given.index("--") if "--" in given else len(given)
    for place, argument in enumerate(given[:end]):
        if argument == "--profile" or argument.startswith("--profile="):
            size = 2 if argument == "--profile" else 1
            return [*given[place : place + size], *given[:place], *given[place + size :]]
    return given


def _usage(error: TyperException) -> CliError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "asinflow"
    message = error.format_message()
    return CliError(message, hint="\n".join([*_meant(message, context, path), f"{path} --help"]))


def _meant(message: str, context: Any, path: str) -> list[str]:
    """The commands that a misspelt one comes close to."""
    misspelt = re.match(r"No such command '(.+?)'", message)
    if misspelt is None or context is None:
        return []
    known = context.command.list_commands(context)
    return [f"{path} {name}" for name in difflib.get_close_matches(misspelt[1], known, n=2)]
