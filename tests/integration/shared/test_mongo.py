"""A database that is away, changes hands, is slow or full: an error that says to wait, and then work as before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from shared.errors import DatabaseUnavailableError
from shared.health import run_checks
from shared.mongo import BulkWriteError, Database, OperationFailure, connect, database_errors, insert_new, ping
from shared.patience import until_back
from tests.cable import laid
from tests.integration.shared.mongo_cable import MongoCable

# Names as in MongoDB's error_codes.yml: what a primary says that steps down, shuts down, or has lost its others.
PASSING = {
    10107: "NotWritablePrimary",
    13435: "NotPrimaryNoSecondaryOk",
    13436: "NotPrimaryOrSecondary",
    11600: "InterruptedAtShutdown",
    11602: "InterruptedDueToReplStateChange",
    189: "PrimarySteppedDown",
    91: "ShutdownInProgress",
    6: "HostUnreachable",
    7: "HostNotFound",
    89: "NetworkTimeout",
    262: "ExceededTimeLimit",
    133: "FailedToSatisfyReadPreference",
    134: "ReadConcernMajorityNotAvailableYet",
    14031: "OutOfDiskSpace",
}
EVERY_CODE = pytest.mark.parametrize(("code", "name"), PASSING.items(), ids=PASSING.values())
LASTING = {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "not authorized"}


@pytest.fixture
async def wire(mongo_url: str) -> AsyncIterator[MongoCable]:
    async with laid(MongoCable(mongo_url)) as cable:
        yield cable


# A member of a replica set says where it is, and a client would go there past the cable. What is asked is asked once.
# A real primary tells its clients at once that it is one again; the stand-in has to be asked.
OPTIONS = "directConnection=true&retryReads=false&serverMonitoringMode=poll&heartbeatFrequencyMS=500"


def directly(wire: MongoCable) -> str:
    return f"{wire.url}{'&' if '?' in wire.url else '?'}{OPTIONS}"


@pytest.fixture
async def far(wire: MongoCable, mongo_database: str) -> AsyncIterator[Database]:
    """The database at the other end of the cable; a connection that hangs is given up after a second."""
    async with connect(f"{directly(wire)}&socketTimeoutMS=1000", mongo_database, app="test") as database:
        yield database


async def look(database: Database) -> object:
    with database_errors():
        return await database["things"].find_one({"_id": 1})


async def put(database: Database, *numbers: int) -> set[int]:
    return await insert_new(database["things"], [{"_id": number} for number in numbers])


def failed(code: int, name: str) -> dict[str, object]:
    return {"ok": 0.0, "code": code, "codeName": name, "errmsg": name}


@EVERY_CODE
async def test_command_that_a_primary_cannot_take_now_is_to_be_tried_again(
    wire: MongoCable, far: Database, code: int, name: str
) -> None:
    wire.answer("find", failed(code, name))
    with pytest.raises(DatabaseUnavailableError):
        await look(far)
    wire.answer("insert", failed(code, name))
    with pytest.raises(DatabaseUnavailableError):
        await put(far, 1)
    assert await put(far, 1) == set()
    assert await look(far) == {"_id": 1}


@EVERY_CODE
async def test_bulk_that_breaks_off_is_to_be_tried_again(wire: MongoCable, far: Database, code: int, name: str) -> None:
    await put(far, 1)
    error = {"index": 1, "code": code, "errmsg": name}
    taken = {"index": 0, "code": 11000, "errmsg": "E11000 duplicate key"}
    wire.answer("insert", {"ok": 1.0, "n": 0, "writeErrors": [taken, error]})
    with pytest.raises(DatabaseUnavailableError):
        await put(far, 1, 2)
    assert await put(far, 1, 2) == {0}


async def test_write_that_too_few_nodes_have_is_to_be_tried_again(wire: MongoCable, far: Database) -> None:
    concern = {"code": 64, "codeName": "WriteConcernTimeout", "errmsg": "waiting for replication timed out"}
    wire.answer("insert", {"ok": 1.0, "n": 1, "writeConcernError": concern})
    with pytest.raises(DatabaseUnavailableError):
        await put(far, 1)
    assert await put(far, 1) == set()


async def test_what_will_never_work_is_not_tried_again(wire: MongoCable, far: Database) -> None:
    wire.answer("find", LASTING)
    with pytest.raises(OperationFailure, match="not authorized"):
        await look(far)
    invalid = {"index": 0, "code": 121, "errmsg": "Document failed validation"}
    wire.answer("insert", {"ok": 1.0, "n": 0, "writeErrors": [invalid]})
    with pytest.raises(BulkWriteError):
        await put(far, 1)


async def test_outage_is_waited_out_where_the_work_is(wire: MongoCable, far: Database) -> None:
    await put(far, 1)
    wire.cut()
    working = asyncio.create_task(_until_found(far))
    assert not await ping(far)
    wire.mend()
    assert await asyncio.wait_for(working, 30.0) == {"_id": 1}


async def _until_found(database: Database) -> object:
    found: object = None
    async for attempt in until_back():
        with attempt:
            found = await look(database)
    return found


async def test_half_open_connection_is_given_up(wire: MongoCable, far: Database) -> None:
    await put(far, 1)
    wire.freeze()
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailableError):
        await look(far)
    assert time.monotonic() - began < 10
    wire.mend()
    wire.cut()
    wire.mend()
    assert await asyncio.wait_for(_until_found(far), 30.0) == {"_id": 1}


async def test_slow_database_is_waited_for_and_makes_unready(wire: MongoCable, mongo_database: str) -> None:
    async with connect(directly(wire), mongo_database, app="test") as slow:
        await put(slow, 1)
        wire.delay_seconds = 1.1
        assert await run_checks({"database": lambda: ping(slow)}) == {"database": False}
        assert await look(slow) == {"_id": 1}
        wire.delay_seconds = 0.0
        assert await run_checks({"database": lambda: ping(slow)}) == {"database": True}
