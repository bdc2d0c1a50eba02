"""A list of products that is uploaded: read as it arrives, whatever its size, into distinct keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.api.keyset import ProductSet
from services.api.lines import READERS, Entry, LineReader, Splitter, Unreadable
from services.api.problems import invalid_field
from services.api.settings import ApiSettings
from services.api.submission import MAX_ECHO, MAX_REPORTED, BadLine, BulkOptions, Tally, check_tally, product_named
from shared.amazon.asins import InvalidAsin
from shared.ids import product_key


@dataclass
class UploadReader:
    """Feeds on the bytes of one list. It takes 12 to 17 bytes a distinct product, and one piece."""

    media_type: str
    options: BulkOptions
    settings: ApiSettings
    tally: Tally = field(default_factory=Tally)
    invalid: list[BadLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines: LineReader = READERS[self.media_type]()
        self._splitter = Splitter()
        self._number = 0
        self._seen = ProductSet()
        self._digest = hashlib.sha256(self.options.canonical())

    @property
    def fingerprint(self) -> str:
        """The same for the same bytes with the same options."""
        return self._digest.hexdigest()

    def feed(self, data: bytes) -> list[str]:
        """The keys of products that were not named before. Raises Problem (422) past the largest number of lines."""
        self._digest.update(data)
        return self._keys(self._splitter.feed(data))

    def finish(self) -> list[str]:
        """The last keys. Raises Problem (422) when the list is refused as a whole."""
        keys = self._keys(self._splitter.feed(b"", last=True)) + self._taken(self._lines.finish())
        check_tally(self.tally, self.invalid, strict=self.options.strict, field="body")
        return keys

    def _keys(self, lines: Iterable[str | Unreadable]) -> list[str]:
        keys: list[str] = []
        for line in lines:
            self._number += 1
            if isinstance(line, Unreadable):
                keys += self._taken((*self._lines.finish(), line._replace(line=self._number)))
            else:
                keys += self._taken(self._lines.read(line, self._number))
        return keys

    def _taken(self, entries: Iterable[Entry]) -> list[str]:
        keys = []
        for entry in entries:
            if self.tally.lines >= self.settings.max_items_per_job:
                raise invalid_field("body", "too_many", f"a job takes at most {self.settings.max_items_per_job} lines")
            try:
                key = self._key(entry)
            except InvalidAsin as error:
                self._refuse(BadLine(error.input[:MAX_ECHO], error.code, error.message, entry.line))
                continue
            if key is not None:
                keys.append(key)
        return keys

    def _key(self, entry: Entry) -> str | None:
        """None for a product named before."""
        if isinstance(entry, Unreadable):
            raise InvalidAsin(entry.input, entry.code, entry.message)
        beside = entry.marketplace.strip().lower()
        item = product_named(entry.text, beside or self.options.marketplace, self.settings)
        if not self._seen.add(item):
            self.tally.duplicate += 1
            return None
        self.tally.accepted += 1
        return product_key(item.marketplace, item.asin)

    def _refuse(self, line: BadLine) -> None:
        self.tally.invalid += 1
        if len(self.invalid) < MAX_REPORTED:
            self.invalid.append(line)
