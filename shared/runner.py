"""The life of a process: start, run until a signal or a failure, stop within the grace period."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from shared import log as logging
from shared import metrics, tracing
from shared.broker import Broker
from shared.garbage import spare_what_is_loaded
from shared.settings import Settings, SettingsError

S = TypeVar("S", bound=Settings)
T = TypeVar("T")
log = logging.get_logger(__name__)

CONFIGURATION_EXIT = 2
FAILURE_EXIT = 1


class StoppedError(Exception):
    """The process is to end before it has begun its work: there is nothing to put in order."""


def main(service: str, settings_class: type[S], serve: Callable[[S, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Load settings, configure logs, run `serve(settings, stop)`; `stop` is set by SIGTERM or SIGINT.

    Exits 0 after a signal, 1 after a failure, 2 when a setting is wrong. `serve` returns when it has put everything in
    order; past the grace period it is cancelled, and what it held is redelivered by the broker.
    """
    try:
        settings = settings_class.load()
    except SettingsError as error:
        print(f"asinflow {service}: {error.message}", file=sys.stderr)
        sys.exit(CONFIGURATION_EXIT)
    logging.configure(service, settings)
    metrics.tell_build(service, settings.revision)
    _configure_tracing(service, settings)
    spare_what_is_loaded()
    try:
        uvloop.run(_run(service, settings, serve))
    except Exception:
        log.exception("stopped_by_failure")
        sys.exit(FAILURE_EXIT)
    finally:
        tracing.close()


def _configure_tracing(service: str, settings: Settings) -> None:
    if settings.otlp_endpoint is None:
        return
    # Not at the top: the extra is needed only here, and importing it takes a moment.
    from shared.spans import exporting  # noqa: PLC0415

    tracing.use(exporting(service, settings.instance, settings.otlp_endpoint, settings.trace_sample_ratio))


async def _run(service: str, settings: S, serve: Callable[[S, asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    log.info("starting")
    task = asyncio.create_task(serve(settings, stop), name=service)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not task.done():
        await asyncio.wait([task], timeout=settings.shutdown_seconds)
    if not task.done():
        log.warning("grace_period_over")
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        with contextlib.suppress(StoppedError):
            task.result()
    log.info("stopped")


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Raises StoppedError when `stop` is set before; the work is cancelled then."""
    task, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise StoppedError
        return task.result()
    finally:
        task.cancel()
        stopping.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)


async def run_until(stop: asyncio.Event, *loops: Coroutine[Any, Any, None]) -> None:
    """Run `loops` until `stop` is set, then cancel them; the first that fails fails all."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        for task in (*tasks, stopping):
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)


async def exit_when_cut_off(broker: Broker, seconds: float) -> None:
    """Fail the process when the broker has been out of reach for so long: a fresh start may fare better."""
    while (left := seconds - broker.disconnected_seconds) > 0:  # noqa: ASYNC110  an outage has no event to wait for
        await asyncio.sleep(min(1.0, left))
    raise RuntimeError(f"no connection to RabbitMQ for {seconds:.0f} s")
