"""Messages about items, made alike by whoever sends them: the command to collect one, the fact that some are done."""

from __future__ import annotations

from collections.abc import Mapping

from shared.ids import outcome_id
from shared.jobs import ItemStatus
from shared.messages import CollectItem, ItemsFinished
from shared.outgoing import Outgoing, command
from shared.topology import collect_key


def collect_command(job_id: str, run: int, seq: int, key: str, rev: int = 0) -> Outgoing:
    """`key` is `<marketplace>:<asin>`, `rev` the job's revision now; the message id is that of the outcome."""
    marketplace, asin = key.split(":", 1)
    message = CollectItem(job_id=job_id, run=run, seq=seq, asin=asin, marketplace=marketplace, rev=rev)
    return command(message, key=collect_key(marketplace), message_id=outcome_id(job_id, run, seq))


def finished(job_id: str, run: int, by_seq: Mapping[int, ItemStatus]) -> ItemsFinished:
    """The fact that these items of a run have their outcome."""
    succeeded = tuple(seq for seq, status in by_seq.items() if status == ItemStatus.SUCCEEDED)
    failed = tuple(seq for seq, status in by_seq.items() if status == ItemStatus.FAILED)
    return ItemsFinished(job_id=job_id, run=run, succeeded=succeeded, failed=failed)
