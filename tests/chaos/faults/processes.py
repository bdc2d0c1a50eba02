"""Processes that are killed, told to stop, or held still."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from shared.link import HEARTBEAT_SECONDS
from tests.chaos.arena import Arena
from tests.chaos.faults.fault import Fault, Healed
from tests.e2e.system import SERVERS

# So many without a sign of life, and either end gives a connection up.
HEARTBEATS_MISSED = 3
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


def _freeze_long(kind: str) -> Callable[[Arena], None]:
    """So long that the other end gives up its connections; awake again, it finds out about all of them at once."""

    def strike(arena: Arena) -> None:
        with arena.frozen(one_of(arena, kind)):
            arena.pause(HEARTBEATS_MISSED * HEARTBEAT_SECONDS, (HEARTBEATS_MISSED + 0.5) * HEARTBEAT_SECONDS)

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
# Half a minute each: apart from the others, for long campaigns.
LONG_FAULTS = tuple(Fault(f"freeze {kind} past heartbeats", _freeze_long(kind)) for kind in (*SERVICES, "rabbitmq"))
