"""Keeps the programs of one stack running, as a cluster would, until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from deploy.local.control import serve
from deploy.local.folder import RunFolder
from deploy.local.keeper import Keeper
from deploy.local.program import Plan, Status


class Supervisor:
    """Starts the programs of a plan stage by stage and answers the questions of the command line."""

    def __init__(self, plan: Plan) -> None:
        self._folder = RunFolder(Path(plan.folder))
        self._while_pid = plan.while_pid
        self._keepers = {program.name: Keeper(program, self._folder) for program in plan.programs}
        self._asked_to_end = asyncio.Event()

    async def run(self) -> None:
        """Supervise until a signal, the request `end`, or the end of the process that the stack is bound to."""
        self._listen_for_the_end()
        async with serve(self._folder.path, self._answer):
            starting = asyncio.create_task(self._start_stages())
            await self._asked_to_end.wait()
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
            await self._stop_stages()

    def _listen_for_the_end(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._asked_to_end.set)
        if self._while_pid is None:
            return
        try:
            loop.add_reader(os.pidfd_open(self._while_pid), self._asked_to_end.set)
        except ProcessLookupError:
            self._asked_to_end.set()

    def _stages(self) -> list[list[Keeper]]:
        numbers = sorted({keeper.program.stage for keeper in self._keepers.values()})
        return [[keeper for keeper in self._keepers.values() if keeper.program.stage == number] for number in numbers]

    async def _start_stages(self) -> None:
        for stage in self._stages():
            for keeper in stage:
                await keeper.start()
            await asyncio.gather(*(keeper.wait_ready() for keeper in stage))

    async def _stop_stages(self) -> None:
        for stage in reversed(self._stages()):
            await asyncio.gather(*(keeper.stop() for keeper in stage))

    async def _answer(self, request: dict[str, str]) -> object:
        match request:
            case {"do": "status"}:
                return await self._status()
            case {"do": "ping"}:
                return "here"
            case {"do": "end"}:
                self._asked_to_end.set()
                return "ending"
            case {"do": "start" | "stop" as action, "name": name} if name in self._keepers:
                return await self._start_or_stop(action, self._keepers[name])
        return {"error": f"there is no {request.get('name', 'such request')} in this stack"}

    async def _start_or_stop(self, action: str, keeper: Keeper) -> str:
        if action == "start":
            await keeper.start()
            return "started"
        await keeper.stop()
        return "stopped"

    async def _status(self) -> list[dict[str, object]]:
        listed = [keeper for keeper in self._keepers.values() if keeper.program.listed]
        statuses: list[Status] = await asyncio.gather(*(keeper.status() for keeper in listed))
        return [vars(status) for status in statuses]


def main() -> None:
    """Run the plan whose path is the only argument, in the background: returns at once to whoever started it."""
    plan = Plan.from_json(Path(sys.argv[1]).read_text())
    if os.fork():
        os._exit(0)
    os.setsid()
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
    (Path(plan.folder) / "supervisor.pid").write_text(f"{os.getpid()}\n")
    asyncio.run(Supervisor(plan).run())


if __name__ == "__main__":
    main()
