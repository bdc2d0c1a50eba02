"""Dramatiq: a group with a completion callback, or actors that count themselves (FORM=group|counter, CONFIRM=0|1)."""

from __future__ import annotations

import os

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import GroupCallbacks
from dramatiq.rate_limits.backends import RedisBackend

from bench.peers import common

broker = RabbitmqBroker(url=common.AMQP_URL, confirm_delivery=os.environ["CONFIRM"] == "1")
broker.add_middleware(GroupCallbacks(RedisBackend(url=common.REDIS_URL)))
dramatiq.set_broker(broker)


@dramatiq.actor
def collect(job: str, seq: int) -> None:
    common.store(job, seq)


@dramatiq.actor
def collect_and_count(job: str, seq: int, total: int) -> None:
    common.store(job, seq)
    common.count(job, total)


@dramatiq.actor
def finish(job: str) -> None:
    common.tell(job)


def send_group(job: str, total: int) -> None:
    items = dramatiq.group(collect.message(job, seq) for seq in range(total))
    items.add_completion_callback(finish.message(job))
    items.run()


def send_each(job: str, total: int) -> None:
    for seq in range(total):
        collect_and_count.send(job, seq, total)


if __name__ == "__main__":
    common.submit(send_group if os.environ["FORM"] == "group" else send_each)
