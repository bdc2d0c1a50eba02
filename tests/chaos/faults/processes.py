"""Processes that are killed, told to stop, or held still."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.chaos.arena import Arena
from tests.chaos.faults.fault import Fault, Healed
from tests.e2e.system import SERVERS

SERVICES = ("api", "expander", "collector", "aggregator", "sweeper")


def one_of(arena: Arena, kind: str) -> str:
    """One of the programs of this kind."""
    return arena.chance.choice(arena.system.programs(kind))


def killed(arena: Arena, names: Iterable[str]) -> Healed:
    """Kill all of them at once; healed when each has been restarted."""
    restarts = {name: arena.system.status(name).restarts for name in names}
    for name in restarts:
        arena.kill(name)
    return lambda: all(arena.system.status(name).restarts > number for name, number in restarts.items())


def _kill(kind: str) -> Callable[[Arena], Healed]:
    return lambda arena: killed(arena, [one_of(arena, kind)])


def _kill_services(arena: Arena) -> Healed:
    return killed(arena, arena.system.services())


def _kill_everything(arena: Arena) -> Healed:
    return killed(arena, [*arena.system.services(), *arena.system.programs("rabbitmq"), "mongo"])


def _rolling_restart(arena: Arena) -> Healed:
    names = arena.system.services()
    restarts = {name: arena.system.status(name).restarts for name in names}
    for name in names:
        arena.terminate(name)
        arena.pause(0.5, 1.5)
    return lambda: all(arena.system.status(name).restarts > number for name, number in restarts.items())


def _freeze(kind: str) -> Callable[[Arena], None]:
    def strike(arena: Arena) -> None:
        with arena.frozen(one_of(arena, kind)):
            arena.pause(1.0, 5.0)

    return strike


FAULTS = (
    *(Fault(f"kill -9 {kind}", _kill(kind), weight=2) for kind in SERVICES),
    *(Fault(f"kill -9 {kind}", _kill(kind), weight=2) for kind in ("rabbitmq", "mongo")),
    Fault("kill -9 storefront", _kill("storefront")),
    Fault("kill -9 all services at once", _kill_services),
    Fault("kill -9 everything at once", _kill_everything),
    Fault("rolling restart", _rolling_restart),
    *(Fault(f"freeze {kind}", _freeze(kind)) for kind in (*SERVICES, *SERVERS)),
)
