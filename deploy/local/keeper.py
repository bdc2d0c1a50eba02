"""Keeps one program running: starts it, restarts it when it dies, and leaves it down when told to."""

import asyncio
import contextlib
import logging
import os

from deploy.local.folder import ROOT, RunFolder
from deploy.local.probe import is_ready
from deploy.local.process import bound_to_parent, end, kill_group, resident_bytes
from deploy.local.program import Program, Status

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 10.0
_PROBE_SECONDS = 0.1

# Settings of another broker on the machine must not reach ours.
_FOREIGN_PREFIXES = ("RABBITMQ_", "ERL_")

_log = logging.getLogger(__name__)


class Keeper:
    """The life of one program over all its restarts."""

    def __init__(self, program: Program, folder: RunFolder) -> None:
        self.program = program
        self._folder = folder
        self._keeping: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._restarts = 0
        self._last_code: int | None = None
        self._one_change_at_a_time = asyncio.Lock()

    async def start(self) -> None:
        """Keep the program running from now on; nothing changes when it is being kept already."""
        async with self._one_change_at_a_time:
            if self._keeping is None:
                self._keeping = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """End the program and keep it down."""
        async with self._one_change_at_a_time:
            if self._keeping is None:
                return
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
            self._keeping = None
            _log.info("%s stopped", self.program.name)

    async def wait_ready(self) -> None:
        """Return when the program can work, or when it is no longer meant to run."""
        while self._keeping is not None and not await self._is_ready():  # noqa: ASYNC110  it must be asked to tell
            await asyncio.sleep(_PROBE_SECONDS)

    async def status(self) -> Status:
        pid = self._process.pid if self._process else None
        return Status(
            name=self.program.name,
            pid=pid,
            state=self._state(),
            ready=await self._is_ready(),
            restarts=self._restarts,
            memory=resident_bytes(pid) if pid else 0,
            port=self.program.port,
            last_code=self._last_code,
        )

    def _state(self) -> str:
        if self._keeping is None:
            return "stopped"
        return "running" if self._process else "restarting"

    async def _is_ready(self) -> bool:
        return self._process is not None and await is_ready(self.program.ready)

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE_SECONDS
        while True:
            started = loop.time()
            code = self._last_code = await self._run_once()
            _log.warning("%s ended with code %d", self.program.name, code)
            if loop.time() - started > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            self._restarts += 1

    async def _run_once(self) -> int:
        process = self._process = await self._spawn()
        pid_file = self._folder.pids / self.program.name
        if self.program.listed:
            pid_file.write_text(f"{process.pid}\n")
        try:
            return await process.wait()
        finally:
            await end(process, self.program.grace_seconds)
            kill_group(process.pid)
            self._process = None
            pid_file.unlink(missing_ok=True)

    async def _spawn(self) -> asyncio.subprocess.Process:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
        with self._folder.log_of(self.program.name).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *bound_to_parent(self.program.command),
                env={**inherited, **self.program.environment},
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
