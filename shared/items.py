"""The command to collect one item, made alike by whoever hands it out."""

from __future__ import annotations

from shared.broker import Outgoing, command
from shared.ids import outcome_id
from shared.messages import CollectItem
from shared.topology import collect_key


def collect_command(job_id: str, run: int, seq: int, key: str) -> Outgoing:
    """`key` is `<marketplace>:<asin>`; the message id is that of the outcome it leads to."""
    marketplace, asin = key.split(":", 1)
    message = CollectItem(job_id=job_id, run=run, seq=seq, asin=asin, marketplace=marketplace)
    return command(message, key=collect_key(marketplace), message_id=outcome_id(job_id, run, seq))
