"""Times every command to MongoDB, for the metrics and for the trace it is part of."""

from __future__ import annotations

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from shared import tracing
from shared.metrics import DATABASE_SECONDS

COMMANDS = frozenset(
    {
        *("find", "getMore", "aggregate", "count", "distinct"),
        *("insert", "update", "delete", "findAndModify"),
        *("createIndexes", "listIndexes", "dropIndexes", "ping", "endSessions", "killCursors"),
    }
)
NO_COMMAND = "other"


class CommandTimes(CommandListener):
    """Called by the driver in the thread, and the context, of whoever waits for the command."""

    def __init__(self) -> None:
        # What a command is about is told at its start, how long it took at its end.
        self._collections: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        if tracing.recording():
            self._collections[event.request_id] = str(event.command.get(event.command_name, ""))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._ended(event, "ok")

    def failed(self, event: CommandFailedEvent) -> None:
        self._ended(event, "error")

    def _ended(self, event: CommandSucceededEvent | CommandFailedEvent, outcome: str) -> None:
        command = event.command_name if event.command_name in COMMANDS else NO_COMMAND
        seconds = event.duration_micros / 1e6
        DATABASE_SECONDS.labels(command, outcome).observe(seconds)
        if (collection := self._collections.pop(event.request_id, None)) is not None:
            names = {"db.system.name": "mongodb", "db.operation.name": command, "db.collection.name": collection}
            tracing.record(f"{command} {collection}", seconds, **names)
