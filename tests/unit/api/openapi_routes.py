"""The routes as the OpenAPI document tells them, for tests that go through all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# Names of path parameters that the test of isolation fills with something that another user owns.
PARAMETERS = frozenset(
    {
        *("job_id", "marketplace", "asin", "sample_id", "failure_id"),
        *("webhook_id", "delivery_id", "schedule_id", "run_id"),
    }
)
# Bodies without which a route would not come to look for what the path names.
BODIES: dict[str, Any] = {
    "PATCH /v1/jobs/{job_id}": {"priority": "high"},
    "POST /v1/jobs/{job_id}/recollect": {"older_than_seconds": 60},
    "POST /v1/jobs/{job_id}/reprice": {"target_margin": 15},
    "PATCH /v1/products/{marketplace}/{asin}": {"favorite": True},
    "PATCH /v1/webhooks/{webhook_id}": {"enabled": False},
    "POST /v1/webhooks/{webhook_id}/rotate-secret": {"overlap_hours": 0},
    "PATCH /v1/schedules/{schedule_id}": {"paused": True},
    "POST /v1/failures/retry": {"all": True},
    "POST /v1/failures/prune": {"older_than_hours": 0},
}
METHODS = frozenset({"get", "post", "put", "patch", "delete"})


@dataclass(frozen=True)
class OperationOf:
    """One method of one path."""

    method: str
    path: str
    tags: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


def operations(document: dict[str, Any]) -> list[OperationOf]:
    """Everything under /v1."""
    return [
        OperationOf(method.upper(), path, tuple(operation.get("tags", ())))
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
        for method, operation in methods.items()
        if method in METHODS
    ]
