"""Broker, database and storefront that are stopped, refuse, or lose what they hold."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.arena import RETRY_QUEUES, WORK_QUEUES, Arena
from tests.chaos.faults.fault import Fault
from tests.chaos.faults.processes import one_of
from tests.e2e import broker


def _stop(name: str) -> Callable[[Arena], None]:
    def strike(arena: Arena) -> None:
        with arena.stopped(one_of(arena, name)):
            arena.pause(0.5, 4.0)

    return strike


def _stop_broker_and_database(arena: Arena) -> None:
    with arena.stopped("rabbitmq"), arena.stopped("mongo"):
        arena.pause(0.5, 3.0)


def _close_connections(arena: Arena) -> None:
    arena.broker("close_all_connections", "chaos")


def _memory_alarm(arena: Arena) -> None:
    arena.broker("set_vm_memory_high_watermark", "0")
    arena.pause(2.0, 6.0)
    arena.broker("set_vm_memory_high_watermark", "absolute", "1GB")


def _disk_alarm(arena: Arena) -> None:
    arena.broker("set_disk_free_limit", "100000GB")
    arena.pause(2.0, 6.0)
    arena.broker("set_disk_free_limit", "50MB")


def _purge(arena: Arena) -> None:
    for queue in arena.chance.sample([*WORK_QUEUES, *RETRY_QUEUES], 3):
        broker.purge(arena.amqp_url, queue)


def _delete(arena: Arena) -> None:
    broker.delete(arena.amqp_url, arena.chance.choice([*WORK_QUEUES, *RETRY_QUEUES]))


FAULTS = (
    Fault("restart rabbitmq", _stop("rabbitmq"), weight=2),
    Fault("restart mongo", _stop("mongo"), weight=2),
    Fault("storefront down", _stop("storefront")),
    Fault("rabbitmq and mongo down", _stop_broker_and_database),
    Fault("close all connections", _close_connections),
    Fault("memory alarm", _memory_alarm),
    Fault("disk alarm", _disk_alarm),
    Fault("purge queues", _purge, weight=2),
    Fault("delete a queue", _delete, weight=2),
)
