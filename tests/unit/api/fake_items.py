"""Items in memory, as their store has them."""

from collections.abc import AsyncIterator, Sequence

from services.api.records import (
    Account,
    Attempts,
    ErrorGroup,
    ItemChunk,
    Outcome,
)


class FakeItemStore:
    """Items of any job: `keys` of the first run, `places` by run of those tried again."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self.keys = list(keys)
        self.places: dict[int, dict[int, int]] = {}
        self.outcomes: dict[tuple[int, int], Outcome] = {}
        self.attempts: dict[tuple[int, int], Attempts] = {}
        self.ledger = b""
        self.account: Account | None = None
        self.ledger_reads = 0
        self.asked = 0

    def finish(self, *outcomes: Outcome) -> None:
        """Store outcomes and set their bits."""
        bits = bytearray(self.ledger.ljust(-(-len(self.keys) // 8), b"\0"))
        for outcome in outcomes:
            self.outcomes[outcome.run, outcome.seq] = outcome
            bits[outcome.seq // 8] |= 1 << outcome.seq % 8
        self.ledger = bytes(bits)

    async def find_ledger(self, job_id: str) -> bytes:
        self.ledger_reads += 1
        return self.ledger

    async def find_keys(self, job_id: str, first: int, last: int) -> dict[int, str]:
        self.asked = max(self.asked, last - first + 1)
        return {seq: self.keys[seq] for seq in range(max(0, first), min(last + 1, len(self.keys)))}

    async def find_places(self, job_id: str, run: int, first: int, last: int) -> dict[int, int]:
        return {seq: place for seq, place in self.places.get(run, {}).items() if first <= seq <= last}

    async def find_outcomes(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Outcome]:
        return {seq: self.outcomes[run, seq] for seq in seqs if (run, seq) in self.outcomes}

    async def find_finished(self, job_id: str, run: int, status: str, after: int, limit: int) -> list[int]:
        wanted = status == "succeeded"
        return sorted(s for (r, s), o in self.outcomes.items() if r == run and s > after and o.succeeded is wanted)[
            :limit
        ]

    async def find_attempts(self, job_id: str, run: int, seqs: Sequence[int]) -> dict[int, Attempts]:
        return {seq: self.attempts[run, seq] for seq in seqs if (run, seq) in self.attempts}

    async def count_failures(self, job_id: str, run: int) -> list[ErrorGroup]:
        kinds: dict[tuple[str, bool], list[str]] = {}
        for (_, _), outcome in sorted((key, o) for key, o in self.outcomes.items() if key[0] == run and o.error):
            assert outcome.error is not None
            kinds.setdefault((outcome.error.code, outcome.error.retryable), []).append(outcome.error.message)
        found = [ErrorGroup(code=k[0], retryable=k[1], count=len(m), message=m[0]) for k, m in kinds.items()]
        return sorted(found, key=lambda group: (-group.count, group.code))

    async def find_account(self, job_id: str) -> Account | None:
        return self.account

    async def find_chunks(self, job_id: str, run: int) -> AsyncIterator[ItemChunk]:
        if run == 1:
            for first in range(0, len(self.keys), 1_000):
                count = min(1_000, len(self.keys) - first)
                yield ItemChunk(first=first, last=first + count - 1, count=count, seqs=None)
        elif places := self.places.get(run):
            yield ItemChunk(first=0, last=len(places) - 1, count=len(places), seqs=list(places))
