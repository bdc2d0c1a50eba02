"""The client of Asinflow's HTTP API: `Client`, and `AsyncClient` for asyncio.

    with Client("https://asinflow.example", token) as api:
        job = api.submit({"type": "BULK_ASIN", "asins": ["B07WXL5YPW"]})
        for update in api.follow(job.id):
            print(update.job.progress_percent)
        for product in api.results(job.id):
            print(product.title, product.price)

Calls that may be sent twice are tried again when the connection breaks or the API asks to come later; submitting is one
of them, by its Idempotency-Key. Refusals are raised as ApiProblem and its kinds, a broken connection as Unreachable.
"""

from asinflow.client.asynchronous import AsyncClient
from asinflow.client.core import Retries
from asinflow.client.errors import (
    ApiProblem,
    AsinflowClientError,
    Conflict,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
    Unavailable,
    Unreachable,
)
from asinflow.client.following import Update
from asinflow.client.synchronous import Client

__all__ = [
    "ApiProblem",
    "AsinflowClientError",
    "AsyncClient",
    "Client",
    "Conflict",
    "Invalid",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Retries",
    "TooManyRequests",
    "Unavailable",
    "Unreachable",
    "Update",
]
