"""The contest on real servers: what is sampled of stored documents, and the raw limit that writes the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from bench.pipeline.contest import take_turns
from bench.pipeline.limit import LIMITS, limit
from bench.pipeline.sample import ITEMS, Sample, stored
from bench.servers import Servers
from deploy.local.folder import RunFolder

Document = dict[str, Any]


@pytest.fixture
def bench_servers(servers: dict[str, str], amqp_url: str, tmp_path: Path) -> Servers:
    """The shared servers as those of a benchmark, with a virtual host of this test's own."""
    folder = RunFolder(tmp_path / "run")
    folder.create()
    own = os.getpid()  # stands for servers that may be elsewhere
    pids = {"rabbitmq": own, "mongo": own}
    return Servers(folder, {"AMQP_URL": amqp_url, "MONGO_URL": servers["MONGO_URL"]}, pids=pids)


def test_limit_writes_what_was_sampled(bench_servers: Servers, mongo_database: str, tmp_path: Path) -> None:
    outcomes = [{"_id": f"{'j' * 32}:1:{n}", "job_id": "j" * 32, "seq": n, "status": "succeeded"} for n in range(ITEMS)]
    with MongoClient[Document](bench_servers.endpoints["MONGO_URL"]) as client:
        database = client[mongo_database]
        database["outcomes"].create_index([("job_id", 1), ("seq", 1)], unique=True)
        database["outcomes"].insert_many(outcomes)
        database["jobs"].insert_one({"_id": "j" * 32})
        sampled = stored(database)
    assert sampled.documents == {"outcomes": outcomes[0]}
    assert sampled.indexes == {"outcomes": [{"keys": [("job_id", 1), ("seq", 1)], "options": {"unique": True}}]}

    sampled.save(tmp_path / "sample.bson")
    entrant = limit(LIMITS[-1], tmp_path / "sample.bson")
    rows = take_turns([entrant], bench_servers, items=300, rounds=1, say=lambda _: None)
    assert [(row["kind"], len(row["turns"])) for row in rows] == [("limit", 1)]
    assert set(rows[0]["cpu_us"]) == {"worker", "submitter", "broker", "database"}
    with MongoClient[Document](bench_servers.endpoints["MONGO_URL"]) as client:
        assert client["limit"]["outcomes"].count_documents({"job_id": {"$regex": "^job-"}}) == 300
        assert len(list(client["limit"]["outcomes"].list_indexes())) == 2
        client.drop_database("limit")
    assert Sample.load(tmp_path / "sample.bson").sizes() == sampled.sizes()
