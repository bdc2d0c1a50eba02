"""Names of things: time-ordered ids for jobs, deterministic ids for what belongs to them."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    """A UUID version 7 in hex (32 characters): later ids sort after earlier ones."""
    return str(uuid_utils.uuid7().hex)


def outcome_id(job_id: str, run: int, seq: int) -> str:
    """The one id under which an item's outcome of a run can be stored: duplicates meet here."""
    return f"{job_id}:{run}:{seq}"


def product_key(marketplace: str, asin: str) -> str:
    return f"{marketplace}:{asin}"


def user_product_key(user_id: str, marketplace: str, asin: str) -> str:
    return user_key(user_id, product_key(marketplace, asin))


def user_key(user_id: str, key: str) -> str:
    """The id of a user's product, from the product's own key."""
    return f"{user_id}:{key}"
