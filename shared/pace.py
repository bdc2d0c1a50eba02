"""The pace: at most one request per interval and marketplace, over all processes and machines.

One document per marketplace holds the next free slot, in microseconds since the epoch. Reserving is a single atomic
update on the database's clock, after which the caller sleeps until its slot: no polling, no herd. A slot that its owner
woke up too late for is given up, not used late, because the next request would follow too closely. After a block the
next slot lies behind a pause that doubles with each further block, and the interval is longer for a while (additive
increase, multiplicative decrease of the rate, as in TCP's congestion control). After several blocks in a row one
request tries whether the marketplace answers again, while all others wait.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from shared import pacesteps
from shared.clock import Clock
from shared.errors import AsinflowError, BlockedError, DatabaseUnavailableError
from shared.ids import new_id
from shared.log import get_logger
from shared.mongo import Collection, Database, Document, ReturnDocument, database_errors, insert_new
from shared.pacemetrics import BLOCKS, INTERVAL, SLOT_LAG, SLOTS
from shared.pacesteps import Limits, Taken
from shared.serverclock import ServerClock

log = get_logger(__name__)

# A request leaves within this time after its slot began, or not in this slot.
WINDOW_SECONDS = 0.003
# Awake so long before the slot, at most this share of the interval: it costs processor time.
EARLY_SECONDS = 0.0015
EARLY_SHARE = 0.02
# The server's clock is known well enough between bounds so far apart, or as well as so many exchanges tell.
CLOCK_WIDTH_SECONDS = 0.003
CLOCK_EXCHANGES = 10
# Where so many do not do, on a machine or a way with too much to do, more of them do not either: rest before asking on.
CLOCK_REST_SECONDS = 2.0
# Slots lie at least this far ahead, so that the answer arrives before the slot begins.
LEAD_MIN_SECONDS = 0.002
LEAD_MAX_SECONDS = 0.250
# Slots that one process holds at a time per marketplace: enough to use the pace, so few that a newcomer, a page of a
# listing say, waits for no more than that many of each process.
SLOTS_AHEAD = 2
# Without an interval, how long one look at the pauses is good for.
FREE_SECONDS = 0.25
# A connection is made so long before its slot, longer where connecting was seen to take longer; in a pause it is kept
# waiting for no more than PATIENCE_SECONDS.
PREPARE_SECONDS = 0.25
PREPARE_MAX_SECONDS = 10.0
CONNECTIONS_REMEMBERED = 8
FETCHES_REMEMBERED = 8
PATIENCE_SECONDS = 3.0
# While another request tries whether a marketplace answers again, or slots are given out far ahead: look again so soon.
LOOK_SECONDS = 0.5
# Who has had no turn for so long is sent away: a message must never be held for as long as the broker's time-out.
PATIENCE_IN_LINE_SECONDS = 300.0


class TurnLostError(AsinflowError):
    """The slot was lost to a pause; the request was not sent and may be prepared again."""

    code = "turn_lost"


@dataclass(frozen=True)
class Slot:
    """A moment on the database's clock (seconds since the epoch) at which one request may leave.

    `room`: seconds by which the database's clock was known too badly when it was reserved, which it has for itself;
    `tries`: its request is the one that finds out whether the marketplace answers again; `taken`: its place.
    """

    at: float
    interval_us: int
    room: float = 0.0
    tries: bool = False
    taken: Taken | None = None


class Turn:
    """One request's place in the line of a marketplace; without a slot, none has to be waited for."""

    def __init__(self, pace: Pace, marketplace: str, slot: Slot | None, place: asyncio.Semaphore | None) -> None:
        self._pace = pace
        self.marketplace = marketplace
        self._place = place
        self.slot = slot
        self.sent = False  # to be set by whoever sends the request, with its first byte
        self.approached_at: float | None = None

    async def start(self) -> None:
        """Return at the moment at which the request may be sent: then send it, with as little as possible in between.

        Raises TurnLostError when a pause has begun meanwhile that is too long to keep a connection waiting. A slot that
        was only missed is made up for with the connection at hand: a new one would miss its slot as well.
        """
        self._pace.connected(self)
        while self.slot is not None and not await self._pace.arrive(self.marketplace, self.slot):
            paused = self._pace.is_blocked(self.marketplace, self.slot)
            self.slot = await self._pace.reserve(self.marketplace, instead=None if paused else self.slot)
            if self.slot is None or (paused and self._pace.seconds_until(self.slot) > PATIENCE_SECONDS):
                raise TurnLostError("a pause began")
        self.release()

    def release(self) -> None:
        """Let the next one of this process into the line; a second time changes nothing."""
        if self._place is not None:
            self._place.release()
            self._place = None


class Pace:
    """Slots of all marketplaces for one egress; shared by everything in a process that fetches."""

    def __init__(self, database: Database, limits: Limits, clock: Clock) -> None:
        self._collection: Collection = database["pace"]
        self._limits = limits
        self._clock = clock
        self._name = new_id()
        self._jitter = random.Random()
        self._server = ServerClock()
        self._asking = asyncio.Lock()
        self._ask_again_at = 0.0
        self._known: set[str] = set()
        self._blocked_until: dict[str, float] = {}
        self._reasons: dict[str, str] = {}
        self._free_until: dict[str, float] = {}
        self._slowed: set[str] = set()
        self._ahead: dict[str, asyncio.Semaphore] = {}
        self._connecting: list[float] = []
        self._fetching: dict[str, list[float]] = {}

    @property
    def unlimited(self) -> bool:
        """No interval is configured: requests leave at once, except after a block."""
        return self._limits.interval == 0

    async def prepare(self, marketplace: str) -> Turn:
        """Wait for a place in the line and until shortly before its slot; the rest of the wait is `Turn.start`'s.

        Meant for whoever has a connection to make first. A turn must be given back. Raises BlockedError when the
        marketplace asked to stay away for longer than anyone should be kept waiting.
        """
        turn = await self.take(marketplace)
        await self.approach(turn)
        return turn

    async def take(self, marketplace: str) -> Turn:
        """Wait for a place in the line and reserve its slot; raises BlockedError as `prepare` does."""
        self._send_away(marketplace)
        if self.unlimited and await self.is_free(marketplace):
            return Turn(self, marketplace, None, None)
        place = self._place(marketplace)
        await place.acquire()
        turn = Turn(self, marketplace, None, place)
        try:
            turn.slot = await self._line_up(marketplace)
        except BaseException:
            turn.release()
            raise
        return turn

    async def _line_up(self, marketplace: str) -> Slot:
        """The next slot that may be had, however often it takes to ask."""
        deadline = self._clock.monotonic() + PATIENCE_IN_LINE_SECONDS
        while (slot := await self.reserve(marketplace)) is None:
            self._send_away(marketplace)
            if self._clock.monotonic() > deadline:
                raise BlockedError(f"no turn within {PATIENCE_IN_LINE_SECONDS:g} s", code="no_turn")
            await self._clock.sleep(LOOK_SECONDS * self._jitter.uniform(0.5, 1.0))
        return slot

    def _send_away(self, marketplace: str) -> None:
        """Raise BlockedError when the rest of the pause, as far as it is known here, is longer than anyone waits."""
        until = self._blocked_until.get(marketplace, 0.0)
        if until and (rest := self.seconds_until(Slot(until, 0))) > self._limits.hold:
            told = f"{marketplace} asked to slow down; it is asked again in {rest:.0f} s"
            raise BlockedError(told, code=self._reasons.get(marketplace, "blocked"), retry_after=rest)

    async def approach(self, turn: Turn) -> None:
        """Sleep until shortly before the turn's slot, or before a later one if a pause has begun meanwhile.

        When that is cut short, the turn is given back.
        """
        try:
            while turn.slot is not None and (wait := self.seconds_until(turn.slot) - self._prepare_seconds) > 0:
                await self._clock.sleep(wait)
                await self._look_for_pause(turn.marketplace)
                if not self.is_blocked(turn.marketplace, turn.slot):
                    break
                SLOTS.labels(turn.marketplace, "blocked").inc()
                self._send_away(turn.marketplace)
                turn.slot = await self._line_up(turn.marketplace)
            turn.approached_at = self._clock.monotonic()
        except BaseException:
            await self.give_back(turn)
            raise

    async def give_back(self, turn: Turn) -> None:
        """Release a turn, however it ended; a try that was not sent is left to the next one who asks.

        Where the database does not hear of it, the others wait until the time of the try is over.
        """
        turn.release()
        if turn.sent or turn.slot is None or not turn.slot.tries:
            return
        try:
            await self._update(turn.marketplace, pacesteps.give_back(self._limits, turn.slot.at))
        except DatabaseUnavailableError as error:
            log.warning("try_not_given_back", marketplace=turn.marketplace, error=error.message)

    def connected(self, turn: Turn) -> None:
        """Learn from how long it took to have a connection for `turn`."""
        if turn.approached_at is not None:
            taken = self._clock.monotonic() - turn.approached_at
            self._connecting = [*self._connecting[-CONNECTIONS_REMEMBERED + 1 :], taken]

    def fetched(self, marketplace: str, seconds: float) -> None:
        """Learn from how long a request took from being sent to its last byte; told to all with the next slot."""
        self._fetching[marketplace] = [*self._fetching.get(marketplace, [])[-FETCHES_REMEMBERED + 1 :], seconds]

    def _fetch_seconds(self, marketplace: str) -> float:
        latest = self._fetching.get(marketplace, [])
        return sum(latest) / len(latest) if latest else 0.0

    @property
    def _prepare_seconds(self) -> float:
        """How long before its slot a request needs to begin, judged by the latest ones."""
        slowest = max(self._connecting, default=0.0)
        return min(PREPARE_MAX_SECONDS, max(PREPARE_SECONDS, 1.5 * slowest))

    async def _look_for_pause(self, marketplace: str) -> None:
        """See what others were told since our slot was reserved."""
        with database_errors():
            found = await self._collection.find_one({"_id": marketplace}, {"blocked_until": 1, "reason": 1})
        if found is not None:
            self._blocked_until[marketplace] = found["blocked_until"] / 1_000_000
            self._reasons[marketplace] = found.get("reason", "blocked")

    def is_blocked(self, marketplace: str, slot: Slot) -> bool:
        """Whether a pause that this process knows of lies over `slot`."""
        return slot.at < self._blocked_until.get(marketplace, 0.0)

    def has_room(self, marketplace: str) -> bool:
        """Whether a place in the line can be had without waiting."""
        return not self._place(marketplace).locked()

    async def room(self, marketplace: str) -> None:
        """Wait until a place in the line is free, without taking it."""
        async with self._place(marketplace):
            pass

    def _place(self, marketplace: str) -> asyncio.Semaphore:
        return self._ahead.setdefault(marketplace, asyncio.Semaphore(SLOTS_AHEAD))

    async def waits(self, marketplaces: Sequence[str]) -> list[float]:
        """Seconds until the next free slot of each, in one look at the database; 0 when it is free now or unknown."""
        with database_errors():
            fields = {"next": 1, "open": 1, "probe_until": 1}
            found = self._collection.find({"_id": {"$in": list(marketplaces)}}, fields)
            slots = {document["_id"]: _first_free(document) for document in await found.to_list(None)}
        return [max(0.0, self.seconds_until(slots[name])) if name in slots else 0.0 for name in marketplaces]

    def seconds_until(self, slot: Slot) -> float:
        """From now to the beginning of `slot`; negative once it began."""
        now = self._clock.monotonic()
        return self._server.local(slot.at, now) - now

    async def arrive(self, marketplace: str, slot: Slot) -> bool:
        """Sleep until `slot` begins; whether it may be used."""
        await self._clock.sleep(max(0.0, self.seconds_until(slot) - self._early))
        while self.seconds_until(slot) > 0:
            await self._clock.sleep(0)
        lag = -self.seconds_until(slot)
        outcome = self._judge(marketplace, slot, lag)
        SLOTS.labels(marketplace, outcome).inc()
        if outcome == "used":
            SLOT_LAG.labels(marketplace).observe(max(0.0, lag))
        return outcome == "used"

    async def is_free(self, marketplace: str) -> bool:
        """Without an interval: whether no pause is in force, asked of the database a few times a second."""
        if self._clock.monotonic() < self._free_until.get(marketplace, 0.0):
            return True
        document = await self._update(marketplace, pacesteps.LOOK)
        if document["interval_us"] > 0 or document["next"] > document["asked"]:
            return False
        self._free_until[marketplace] = self._clock.monotonic() + FREE_SECONDS
        return True

    def _judge(self, marketplace: str, slot: Slot, lag: float) -> str:
        if self.is_blocked(marketplace, slot):
            return "blocked"
        # Without an interval there is no distance to keep, so no slot is ever too late.
        late = lag > WINDOW_SECONDS or self._vagueness() > slot.room + WINDOW_SECONDS
        return "missed" if late and not self.unlimited else "used"

    @property
    def _early(self) -> float:
        """Seconds before a slot to be awake: a sleeper on a busy machine is woken late, who is awake is on time."""
        return min(EARLY_SECONDS, self._limits.interval * EARLY_SHARE)

    async def reserve(self, marketplace: str, *, instead: Slot | None = None) -> Slot | None:
        """Take the next free slot; None when there is none to be had now: in a long pause, or while another tries.

        `instead`: one that was missed and is given up for it.
        """
        await self._narrow(marketplace)
        lead = min(LEAD_MAX_SECONDS, max(LEAD_MIN_SECONDS, 1.5 * self._server.round_trip))
        # Whoever knows the server's time badly, as the database or the machine has too much to do, may leave early or
        # late by half of that: its slot takes so much more room.
        room = self._vagueness()
        room_us, given_up = pacesteps.us(room), instead.taken if instead else None
        steps = pacesteps.reserve(self._limits, pacesteps.us(lead), self._name, instead=given_up, room_us=room_us)
        if fetching := self._fetch_seconds(marketplace):
            steps[0]["$set"]["fetch_us"] = pacesteps.us(fetching)
        document = await self._update(marketplace, steps)
        INTERVAL.labels(marketplace).set(document["used_us"] / 1_000_000)
        if not document["granted"]:
            return None
        taken = Taken(int(document["slot"]) - room_us // 2, int(document["next"]))
        return Slot(document["slot"] / 1_000_000, int(document["used_us"]), room, bool(document["open"]), taken)

    def _vagueness(self) -> float:
        """Seconds by which the bounds of the server's time are too far apart; 0 while it is known well enough."""
        return max(0.0, self._server.width(self._clock.monotonic()) - CLOCK_WIDTH_SECONDS)

    async def _narrow(self, marketplace: str) -> None:
        """Ask for the server's time until we know it well, one for all: the first exchange also makes a connection."""
        async with self._asking:
            for _ in range(CLOCK_EXCHANGES):
                now = self._clock.monotonic()
                if now < self._ask_again_at or self._server.width(now) <= CLOCK_WIDTH_SECONDS:
                    return
                await self._ask_time(marketplace)
            self._ask_again_at = self._clock.monotonic() + CLOCK_REST_SECONDS

    async def _ask_time(self, marketplace: str) -> None:
        """One exchange by a read: a write has to reach the disk, which takes longer and tells less."""
        sent = self._clock.monotonic()
        with database_errors():
            found = await self._collection.aggregate(pacesteps.time_of(marketplace)).to_list(None)
        if found:
            self._server.observe(sent, self._clock.monotonic(), found[0]["now"] / 1_000_000)
        else:
            await self._update(marketplace, pacesteps.LOOK)

    async def block(self, marketplace: str, reason: str, retry_after: float | None = None) -> float:
        """Tell everyone that this marketplace asked to slow down; returns the rest of the pause in seconds.

        Answers to requests that were under way together are one incident: only the first lengthens the pause.
        """
        steps = pacesteps.block(self._limits, reason, retry_after or 0.0)
        document = await self._update(marketplace, steps)
        self._free_until.pop(marketplace, None)
        BLOCKS.labels(marketplace, reason).inc()
        seconds = max(0.0, float(document["blocked_until"] - document["asked"]) / 1_000_000)
        told = {"marketplace": marketplace, "reason": reason, "pause_seconds": round(seconds, 3)}
        log.warning("marketplace_blocked", **told, in_a_row=document["blocks"], circuit_open=document["open"])
        return seconds

    async def ease(self, marketplace: str) -> None:
        """A request was answered as it should be: while slowed down, a step back towards the configured interval."""
        if marketplace not in self._slowed:
            return
        document = await self._update(marketplace, pacesteps.ease(self._limits))
        INTERVAL.labels(marketplace).set(document["interval_us"] / 1_000_000)

    async def _update(self, marketplace: str, steps: list[pacesteps.Step]) -> Document:
        if marketplace not in self._known:
            # An upsert of a contended key may be made twice: create the document first.
            await insert_new(self._collection, [{"_id": marketplace, **pacesteps.FRESH}])
            self._known.add(marketplace)
        sent = self._clock.monotonic()
        with database_errors():
            document = await self._collection.find_one_and_update(
                {"_id": marketplace}, steps, return_document=ReturnDocument.AFTER
            )
        if document is None:
            self._known.discard(marketplace)
            return await self._update(marketplace, steps)
        self._server.observe(sent, self._clock.monotonic(), document["asked"] / 1_000_000)
        self._learn(marketplace, document)
        return document

    def _learn(self, marketplace: str, document: Document) -> None:
        self._blocked_until[marketplace] = document["blocked_until"] / 1_000_000
        self._reasons[marketplace] = document.get("reason", "blocked")
        slowed = document["interval_us"] > self._limits.floor_us
        (self._slowed.add if slowed else self._slowed.discard)(marketplace)


def _first_free(document: Document) -> Slot:
    """When a line's next request may leave, at the earliest."""
    trying = document.get("probe_until", 0) if document.get("open") else 0
    return Slot(max(document["next"], trying) / 1_000_000, 0)
