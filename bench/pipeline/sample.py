"""What Asinflow stores of an item, taken from the database after it has stored some: the raw limit writes the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson
from pymongo import MongoClient
from pymongo.database import Database

from bench.pipeline.ours import ours
from bench.servers import Servers

DATABASE = "asinflow"
ITEMS = 100
# What an index may be beside its keys.
OPTIONS = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")
Document = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """One document per collection that gets one for each item, and the indexes of these collections."""

    documents: dict[str, Document]
    indexes: dict[str, list[Document]]

    def sizes(self) -> dict[str, int]:
        """Bytes of each document."""
        return {name: len(bson.encode(document)) for name, document in self.documents.items()}

    def save(self, path: Path) -> None:
        path.write_bytes(bson.encode({"documents": self.documents, "indexes": self.indexes}))

    @classmethod
    def load(cls, path: Path) -> Sample:
        """The numbers of BSON keep their widths, so that what is written is as large as what was read."""
        read = bson.decode(path.read_bytes())
        return cls(read["documents"], read["indexes"])


def sample(servers: Servers) -> Sample:
    """Let Asinflow collect a few items on these servers and look at what it has stored."""
    with ours(collectors=1).enter(servers) as (run, _):
        run("sample", ITEMS)
        with MongoClient[Document](servers.endpoints["MONGO_URL"]) as client:
            return stored(client[DATABASE])


def stored(database: Database[Document]) -> Sample:
    """Collections with fewer documents than items are written per job or per batch, and left out."""
    found = {}
    for name in sorted(database.list_collection_names()):
        document = database[name].find_one()
        if document is not None and database[name].count_documents({}) >= ITEMS:
            found[name] = document
    return Sample(found, {name: _indexes(database, name) for name in found})


def _indexes(database: Database[Document], name: str) -> list[Document]:
    return [
        {"keys": list(index["key"].items()), "options": {key: index[key] for key in OPTIONS if key in index}}
        for index in database[name].list_indexes()
        if index["name"] != "_id_"
    ]
