"""MongoDB: the only module that imports the driver, besides repositories' use of the types re-exported here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import Binary, Decimal128
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)

from shared.errors import DatabaseUnavailableError
from shared.mongotimes import CommandTimes

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "EPOCH",
    "Binary",
    "BulkWriteError",
    "Collection",
    "Database",
    "Decimal128",
    "Document",
    "DuplicateKeyError",
    "IndexModel",
    "OperationFailure",
    "ReturnDocument",
    "UpdateOne",
    "connect",
    "database_errors",
    "insert_new",
    "ping",
]

# Before all that happens here: as a bound it asks for any time, which an index answers and "not null" does not.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

DUPLICATE_KEY = 11000
# A connection on which an answer takes so long is given up: so half-open ones are noticed.
TIMES_MS = {"serverSelectionTimeoutMS": 5_000, "connectTimeoutMS": 5_000, "socketTimeoutMS": 30_000}
# Errors of the way to the database or of its state, which pass; not of what was asked.
PASSING_ERRORS = (AutoReconnect, NetworkTimeout, NotPrimaryError, ExecutionTimeout, WTimeoutError)
# By number, as in MongoDB's error_codes.yml: unreachable members (6, 7, 89, 9001), step-downs, shut-downs (91, 189,
# 10107, 11600, 11602, 13435, 13436), too few members (64, 133, 134), conflict and time (112, 262), a full disk (14031).
PASSING_CODES = frozenset({6, 7, 64, 89, 91, 112, 133, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031})


@contextlib.asynccontextmanager
async def connect(url: str, name: str, *, app: str) -> AsyncIterator[Database]:
    """A database handle whose client is closed on leaving; does not wait for the server.

    Time-outs that `url` names are used in place of those here.
    """
    times: dict[str, Any] = {name: value for name, value in TIMES_MS.items() if name.lower() not in url.lower()}
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        url, tz_aware=True, appname=app, event_listeners=[CommandTimes()], **times
    )
    try:
        yield client[name]
    finally:
        client.close()


@contextlib.contextmanager
def database_errors() -> Iterator[None]:
    """Turn errors that pass by themselves into DatabaseUnavailableError; others stay what they are."""
    try:
        yield
    except PyMongoError as error:
        if isinstance(error, PASSING_ERRORS) or _codes(error) & PASSING_CODES:
            raise DatabaseUnavailableError(f"MongoDB cannot be used now: {type(error).__name__}") from error
        raise


def _codes(error: PyMongoError) -> set[int | None]:
    """The numbers of everything that went wrong: of the command, or of the parts of a bulk."""
    if isinstance(error, BulkWriteError):
        parts = (*error.details.get("writeErrors", ()), *error.details.get("writeConcernErrors", ()))
        return {part.get("code") for part in parts}
    return {getattr(error, "code", None)}


async def ping(database: Database) -> bool:
    """Whether the server answers."""
    try:
        await database.command("ping")
    except PyMongoError:
        return False
    return True


async def insert_new(collection: Collection, documents: Sequence[Document]) -> set[int]:
    """Insert all, each with its `_id`, in any order; returns the indexes of those whose key was already taken.

    A key taken by an earlier try of our own looks the same: callers choose ids so that this is success.
    """
    if not documents:
        return set()
    with database_errors():
        try:
            await collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            failures = error.details.get("writeErrors", [])
            if error.details.get("writeConcernErrors") or any(f["code"] != DUPLICATE_KEY for f in failures):
                raise
            return {failure["index"] for failure in failures}
    return set()
