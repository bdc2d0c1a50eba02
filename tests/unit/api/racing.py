"""Makes requests that are sent at once look before any of them writes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


def look_slowly(monkeypatch: pytest.MonkeyPatch, store: object, question: str) -> None:
    """Who asks `store` this question has its answer as it was, a turn of the loop later."""
    find = getattr(store, question)

    async def slowly(user_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await find(user_id)
        await asyncio.sleep(0)
        return found

    monkeypatch.setattr(store, question, slowly)
