"""A step: a change of stored data that is made once in the life of a database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from shared.mongo import Database


class Phase(StrEnum):
    """When a step may run, seen from the processes around it."""

    # While processes of the release before still read and write: adds, never takes away.
    EXPAND = "expand"
    # Once every process is of this release: changes or removes what only older ones knew.
    CONTRACT = "contract"


@dataclass(frozen=True)
class Step:
    """One change.

    `apply` may run twice, from two places at once, and again after it was interrupted anywhere: the end is the same.
    `pending` counts the documents or indexes that it would change now. A step that was released is never edited, and
    names collections and fields itself, so that it means the same in every later release.
    """

    id: str
    phase: Phase
    summary: str
    apply: Callable[[Database], Awaitable[int]]
    pending: Callable[[Database], Awaitable[int]]
