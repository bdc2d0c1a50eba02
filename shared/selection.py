"""What a user wants tried again, as it is kept in the job until its items have been chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Failed items (of these codes only, unless None) and, if asked, unfinished ones; or, with an age, those that
    succeeded and whose product was last seen longer ago. With `seqs`, of these items only.

    `behind` is the last run that was at work: outcomes of it may be stored and not counted yet.
    """

    behind: int
    failed: bool = True
    codes: tuple[str, ...] | None = None
    unfinished: bool = False
    older_than_seconds: float | None = None
    seqs: tuple[int, ...] | None = None

    def as_document(self) -> dict[str, Any]:
        return {
            "behind": self.behind,
            "failed": self.failed,
            "codes": None if self.codes is None else list(self.codes),
            "unfinished": self.unfinished,
            "older_than_seconds": self.older_than_seconds,
            "seqs": None if self.seqs is None else list(self.seqs),
        }

    def takes_failed(self, code: str | None) -> bool:
        return self.failed and (self.codes is None or code in self.codes)

    def seen_before(self, asked_at: datetime) -> datetime | None:
        """The moment before which a product must have been seen to be taken; None when none is taken for its age."""
        if self.older_than_seconds is None:
            return None
        return asked_at - timedelta(seconds=self.older_than_seconds)


def selection_of(document: Mapping[str, Any]) -> Selection:
    lists = {name: None if (value := document.get(name)) is None else tuple(value) for name in ("codes", "seqs")}
    return Selection(**{**document, **lists})
