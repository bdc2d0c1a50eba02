"""MongoDB: the only module that imports the driver, besides repositories' use of the types re-exported here."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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

Document = dict[str, Any]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

DUPLICATE_KEY = 11000
# Errors of the way to the database or of its state, which pass; not of what was asked.
PASSING_ERRORS = (AutoReconnect, NetworkTimeout, NotPrimaryError, ExecutionTimeout, WTimeoutError)
PASSING_CODES = frozenset({6, 7, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})


@contextlib.asynccontextmanager
async def connect(url: str, name: str, *, app: str) -> AsyncIterator[Database]:
    """A database handle whose client is closed on leaving; does not wait for the server."""
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        url,
        tz_aware=True,
        appname=app,
        serverSelectionTimeoutMS=5_000,
        connectTimeoutMS=5_000,
        socketTimeoutMS=30_000,
        event_listeners=[CommandTimes()],
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
    except BulkWriteError:
        raise
    except PyMongoError as error:
        if isinstance(error, PASSING_ERRORS) or getattr(error, "code", None) in PASSING_CODES:
            raise DatabaseUnavailableError(f"MongoDB cannot be used now: {type(error).__name__}") from error
        raise


async def ping(database: Database) -> bool:
    """Whether the server answers."""
    try:
        await database.command("ping")
    except PyMongoError:
        return False
    return True


async def insert_new(collection: Collection, documents: Sequence[Mapping[str, Any]]) -> set[int]:
    """Insert all, in any order; returns the indexes of those whose key was already taken.

    A key taken by an earlier try of our own looks the same: callers choose ids so that this is success.
    """
    if not documents:
        return set()
    with database_errors():
        try:
            await collection.insert_many([dict(document) for document in documents], ordered=False)
        except BulkWriteError as error:
            failures = error.details.get("writeErrors", [])
            if error.details.get("writeConcernErrors") or any(f["code"] != DUPLICATE_KEY for f in failures):
                raise
            return {failure["index"] for failure in failures}
    return set()
