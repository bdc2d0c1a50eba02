"""How many items a job has: fixed once they were found out, and of a job that ended before, as far as they are known.

Pure. Of a list all are known, of the address of a product one, of a listing those of the pages that were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.amazon.addresses import UnsupportedAddress, recognise
from shared.amazon.marketplaces import MARKETPLACES
from shared.jobs import TERMINAL, JobType


def known_items(job: Mapping[str, Any]) -> int | None:
    """None while they are still to be found out; `job` is a job's document."""
    if job["total_items"] is not None:
        return int(job["total_items"])
    if job["status"] not in TERMINAL:
        return None
    return items_by_request(JobType(job["type"]), job["request"], found_of(job))


def found_of(job: Mapping[str, Any]) -> int:
    """Items that the pages of its listing have brought so far."""
    return int((job.get("expansion") or {}).get("found") or 0)


def items_by_request(job_type: JobType, request: Mapping[str, Any], found: int) -> int:
    match job_type:
        case JobType.BULK_ASIN:
            return int(request.get("count") or 0)
        case JobType.URL if _is_product(str(request.get("url"))):
            return 1
        case _:
            return found


def _is_product(url: str) -> bool:
    try:
        return recognise(url, MARKETPLACES).asin is not None
    except UnsupportedAddress:
        return False
