"""Queries of the pages that were kept because their layout seems to have changed."""

from __future__ import annotations

from services.api.samples import PageSample, SamplePosition, SampleQuery
from shared.mongo import DESCENDING, Collection, Database, Document, database_errors

WITHOUT_BODY = {"body": False}


class MongoSampleStore:
    def __init__(self, database: Database) -> None:
        self._samples: Collection = database["page_samples"]

    async def find_samples(self, query: SampleQuery) -> list[PageSample]:
        wanted: Document = {
            name: value for name in ("marketplace", "reason") if (value := getattr(query, name)) is not None
        }
        if query.after is not None:
            wanted["$or"] = _beyond(query.after)
        with database_errors():
            cursor = self._samples.find(wanted, WITHOUT_BODY).sort([("at", DESCENDING), ("_id", DESCENDING)])
            return [_to_sample(document) async for document in cursor.limit(query.limit)]

    async def find_sample(self, sample_id: str) -> PageSample | None:
        with database_errors():
            document = await self._samples.find_one({"_id": sample_id}, WITHOUT_BODY)
        return None if document is None else _to_sample(document)

    async def find_body(self, sample_id: str) -> bytes | None:
        with database_errors():
            document = await self._samples.find_one({"_id": sample_id}, {"body": True})
        return None if document is None else bytes(document["body"])


def _beyond(position: SamplePosition) -> list[Document]:
    return [{"at": {"$lt": position.at}}, {"at": position.at, "_id": {"$lt": position.id}}]


def _to_sample(document: Document) -> PageSample:
    known = {name: document[name] for name in PageSample.model_fields if name != "id"}
    return PageSample(id=document["_id"], **known)
