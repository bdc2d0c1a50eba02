"""Celery, prefork, late acknowledgement: a chord, or a group whose tasks count themselves (FORM=chord|counter)."""

from __future__ import annotations

import os

from celery import Celery, chord, group

from bench.peers import common

app = Celery("peer", broker=common.AMQP_URL, backend=common.REDIS_URL)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=128,  # as its guide advises for many short tasks
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    result_expires=600,
)


@app.task(name="collect")
def collect(job: str, seq: int) -> int:
    common.store(job, seq)
    return seq


@app.task(name="collect_and_count", ignore_result=True)
def collect_and_count(job: str, seq: int, total: int) -> None:
    common.store(job, seq)
    common.count(job, total)


@app.task(name="finish", ignore_result=True)
def finish(results: list[int], job: str) -> None:
    del results
    common.tell(job)


def send_chord(job: str, total: int) -> None:
    chord(collect.s(job, seq) for seq in range(total))(finish.s(job))


def send_group(job: str, total: int) -> None:
    group(collect_and_count.s(job, seq, total) for seq in range(total)).apply_async()


if __name__ == "__main__":
    common.submit(send_chord if os.environ["FORM"] == "chord" else send_group)
