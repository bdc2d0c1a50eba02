"""The failure store in memory."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from services.api.failures import (
    Choice,
    DeleteAnswer,
    Failure,
    FailureDetail,
    FailurePosition,
    RetryAnswer,
    refusal,
    to_detail,
    to_failure,
)
from services.api.item_retries import item_of


class FakeFailureStore:
    """Failures by id, as they are stored."""

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = {document["_id"]: document for document in documents}
        self.succeeded: set[str] = set()  # items, by the outcome that failed
        self.gone: set[str] = set()  # jobs

    def _chosen(self, chosen: Choice) -> list[dict[str, Any]]:
        found = [each for each in self.documents.values() if _is_chosen(each, chosen)]
        return sorted(found, key=lambda each: (each["failed_at"], each["_id"]), reverse=True)

    async def find_failures(
        self, chosen: Choice, *, limit: int, after: FailurePosition | None = None, retrying: bool | None = None
    ) -> list[Failure]:
        found = [
            each
            for each in self._chosen(chosen)
            if (after is None or (each["failed_at"], each["_id"]) < (after.failed_at, after.id))
            and retrying in {None, each["retry_requested_at"] is not None}
        ]
        return [to_failure(each) for each in found[:limit]]

    async def find_failure(self, failure_id: str) -> FailureDetail | None:
        return to_detail(self.documents[failure_id]) if failure_id in self.documents else None

    async def request_retries(self, chosen: Choice, by: str) -> RetryAnswer:
        found = self._chosen(chosen)
        refused = [each for each in found if refusal(each) is not None]
        waiting = [each for each in found if each not in refused and each["retry_requested_at"] is None]
        counts = Counter({"requested": 0, "refused": len(refused)})
        for each in waiting:
            counts.update((await self.request_retry(each["_id"], by)).model_dump(exclude={"complete"}))
        return RetryAnswer(**counts, complete=True)

    async def request_retry(self, failure_id: str, by: str) -> RetryAnswer:
        failure = self.documents.get(failure_id)
        item = failure["item"] if failure is not None else None
        if failure is not None and failure["retry_requested_at"] is None:
            if item is not None and item_of(item).job_id in self.gone:
                return RetryAnswer(requested=0, refused=1, complete=True)
            if item in self.succeeded:
                del self.documents[failure_id]
                return RetryAnswer(requested=0, already_done=1, refused=0, complete=True)
            asked = {"retry_requested_at": datetime.now(UTC), "retry_requested_by": by, "retry_error": None}
            failure.update(asked, retries=failure["retries"] + 1)
        return RetryAnswer(requested=1, items=int(item is not None), refused=0, complete=True)

    async def delete_failure(self, failure_id: str) -> bool:
        return self.documents.pop(failure_id, None) is not None

    async def delete_failures(self, chosen: Choice) -> DeleteAnswer:
        going = [each["_id"] for each in self._chosen(chosen) if each["retry_requested_at"] is None]
        for failure_id in going:
            del self.documents[failure_id]
        return DeleteAnswer(deleted=len(going), complete=True)


def _is_chosen(failure: dict[str, Any], chosen: Choice) -> bool:
    exact = {
        "queue": chosen.queue,
        "code": chosen.code,
        "type": chosen.type,
        "correlation_id": chosen.job_id,
    }
    text = f"{failure['message']}\0{failure['error_class'] or ''}".lower()
    return (
        all(value in {None, failure[name]} for name, value in exact.items())
        and (chosen.since is None or failure["failed_at"] >= chosen.since)
        and (chosen.until is None or failure["failed_at"] < chosen.until)
        and (chosen.q is None or chosen.q.lower() in text)
    )
