"""One window per marketplace, dealt by weight: the pace stays used, a newcomer is next, nobody starves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.expander.windows import (
    FEWEST_MEASURED,
    FIRST_ITEMS,
    LEAST,
    NOT_MEASURED,
    PARKED_WINDOWS,
    WEIGHTS,
    Dealer,
    Lane,
    quantum,
    room_for,
    window_size,
)


@pytest.mark.parametrize(
    ("interval", "seconds", "most", "expected"),
    [(2.0, 0.5, 1000, LEAST), (0.05, 0.5, 1000, 10), (0.001, 60, 1000, 1000), (2.0, 0.5, 1, 1)],
)
def test_window_holds_so_many_seconds_of_the_pace(interval: float, seconds: float, most: int, expected: int) -> None:
    assert window_size(interval, seconds, most) == expected


@pytest.mark.parametrize(
    ("interval", "fetch", "expected"),
    [(2.0, 1.5, LEAST + 1), (2.0, 8.0, LEAST + 4), (0.05, 1.0, 10 + 20)],
)
def test_items_being_fetched_come_on_top_of_the_window(interval: float, fetch: float, expected: int) -> None:
    """Else slow pages would leave the pace unused."""
    assert window_size(interval, 0.5, 1000, fetch) == expected


@pytest.mark.parametrize(
    ("per_second", "most", "expected"),
    [
        (None, 5_000, NOT_MEASURED),
        (None, 200, 200),
        (80.4, 5_000, FEWEST_MEASURED),
        (3_000.5, 5_000, 3_001),
        (9e9, 7, 7),
    ],
)
def test_window_without_an_interval_holds_what_a_second_brings(
    per_second: float | None, most: int, expected: int
) -> None:
    assert window_size(0, 0.5, most, 9.0, per_second) == expected
    assert window_size(2.0, 0.5, most, per_second=per_second) == LEAST


def test_small_gaps_wait_to_be_refilled_together() -> None:
    assert [room_for(100, in_flight) for in_flight in (100, 76, 75, 0, 130)] == [0, 0, 25, 100, 0]


def test_last_items_in_flight_do_not_keep_small_windows_from_being_refilled() -> None:
    assert [room_for(4, in_flight) for in_flight in (4, 3, 2, 1, 0)] == [0, 1, 2, 3, 4]


def test_items_that_wait_to_be_tried_again_take_no_place() -> None:
    assert room_for(10, 10, parked=10) == 10
    assert room_for(10, 14, parked=5) == 0


def test_not_everything_is_handed_out_to_wait() -> None:
    """Where every item fails, the job is not emptied into the retry queues."""
    assert room_for(10, 10 * PARKED_WINDOWS + 10, parked=10 * PARKED_WINDOWS + 10) == 0


@given(st.integers(1, 200), st.integers(0, 500), st.integers(0, 500))
def test_window_is_never_exceeded_and_never_stalls(window: int, in_flight: int, parked: int) -> None:
    parked = min(parked, in_flight)
    room = room_for(window, in_flight, parked)
    assert in_flight - parked + room <= max(window, in_flight - parked)
    if in_flight - parked <= 0 and in_flight <= window * PARKED_WINDOWS:
        assert room == window


def lane(name: str, left: int = 1_000, handed: int = 1_000, priority: str = "normal") -> Lane:
    return Lane(name, priority, left, handed)


def test_all_room_is_dealt_while_there_are_items() -> None:
    assert Dealer().deal([lane("a", 3), lane("b", 2)], 10) == {"a": 3, "b": 2}
    assert sum(Dealer().deal([lane(str(n)) for n in range(7)], 10).values()) == 10
    assert Dealer().deal([], 10) == {}
    assert Dealer().deal([lane("a", 0)], 10) == {}


@pytest.mark.parametrize("room", [1, 4, 90])
def test_shares_follow_the_priorities(room: int) -> None:
    dealer, dealt = Dealer(), dict.fromkeys(WEIGHTS, 0)
    for _ in range(1_300 // room):
        for name, number in dealer.deal([lane(name, 9_999, priority=name) for name in WEIGHTS], room).items():
            dealt[name] += number
    total = sum(dealt.values())
    for name, weight in WEIGHTS.items():
        assert dealt[name] == pytest.approx(total * weight / sum(WEIGHTS.values()), abs=2)


def test_large_windows_are_dealt_in_quanta() -> None:
    dealer, lanes = Dealer(), [lane(name) for name in "abcd"]
    assert dealer.deal(lanes, 50, 25) == {"a": 25, "b": 25}
    assert dealer.deal(lanes, 60, 25) == {"c": 25, "d": 25, "a": 10}
    assert dealer.deal(lanes, 25, 25) == {"b": 25}  # has had 25, as c and d; a has had 35
    assert dealer.deal([lane("a", left=3), lane("e", left=4)], 25, 25) == {"e": 4, "a": 3}


@pytest.mark.parametrize(("window", "expected"), [(1, 1), (4, 1), (60, 3), (1_000, 50)])
def test_quantum_is_a_part_of_the_window(window: int, expected: int) -> None:
    assert quantum(window) == expected


def test_changed_priority_counts_at_the_next_deal() -> None:
    dealer = Dealer()
    assert dealer.deal([lane("a"), lane("b")], 40) == {"a": 20, "b": 20}
    assert dealer.deal([lane("a", priority="high"), lane("b", priority="low")], 40) == {"a": 36, "b": 4}


def test_job_that_had_nothing_to_hand_out_is_owed_nothing() -> None:
    dealer = Dealer()
    dealer.deal([lane("a"), lane("b")], 10)
    dealer.deal([lane("a"), lane("b", left=0)], 500)
    assert dealer.deal([lane("a"), lane("b")], 100) == {"a": 50, "b": 50}


@dataclass
class Market:
    """A marketplace in simulated time: one item a slot, in the order in which they were handed out."""

    window: int = LEAST
    quantum: int = 1
    dealer: Dealer = field(default_factory=Dealer)
    jobs: dict[str, Lane] = field(default_factory=dict)
    queue: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def submit(self, name: str, items: int, priority: str = "normal") -> None:
        self.jobs[name] = Lane(name, priority, items, 0)

    def run(self, slots: int) -> None:
        for _ in range(slots):
            room = self.window - len(self.queue)
            for name, number in self.dealer.deal(list(self.jobs.values()), room, self.quantum).items():
                was = self.jobs[name]
                self.jobs[name] = Lane(name, was.priority, was.left - number, was.handed + number)
                self.queue += [name] * number
            if self.queue:
                self.done.append(self.queue.pop(0))

    def slots_until(self, name: str, items: int) -> int:
        """So many slots pass until the job has so many items done."""
        before = len(self.done)
        while self.done.count(name) < items:
            self.run(1)
        return len(self.done) - before


def test_small_job_behind_a_large_one_takes_less_than_twice_its_time() -> None:
    market = Market()
    market.submit("large", 20_000)
    market.run(500)
    market.submit("small", 10)
    assert market.slots_until("small", 10) < 2 * 10


@pytest.mark.parametrize("others", [1, 10, 50, 200])
def test_newcomer_waits_for_one_window_however_many_jobs_run(others: int) -> None:
    market = Market()
    for number in range(others):
        market.submit(f"user-{number}", 1_000)
    market.run(30 * others)
    market.submit("newcomer", 10)
    assert market.slots_until("newcomer", 1) <= market.window + 1


def test_newcomer_among_many_has_more_than_an_equal_share_at_first() -> None:
    market = Market()
    for number in range(50):
        market.submit(f"user-{number}", 5_000)
    market.run(30 * 50)
    market.submit("newcomer", 10)
    assert market.slots_until("newcomer", 10) <= 50 * 10 / 3


def test_high_priority_job_overtakes() -> None:
    market = Market()
    market.submit("before", 300, "normal")
    market.run(10)
    market.submit("after", 300, "high")
    market.slots_until("after", 300)
    assert market.done.count("before") < 150


def test_nobody_starves_behind_an_endless_stream_of_small_urgent_jobs() -> None:
    market = Market()
    market.submit("patient", 1_000, "low")
    for number in range(400):
        market.submit(f"urgent-{number}", FIRST_ITEMS, "high")
        market.run(FIRST_ITEMS // 2)  # they come twice as fast as they can be served
    assert market.done.count("patient") >= 1


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(sorted(WEIGHTS))), min_size=1, max_size=12), st.data())
def test_every_item_of_every_job_is_handed_out_once(jobs: list[tuple[int, str]], data: st.DataObject) -> None:
    market = Market(window=data.draw(st.integers(1, 30)), quantum=data.draw(st.integers(1, 9)))
    for number, (items, priority) in enumerate(jobs):
        market.submit(str(number), items, priority)
        market.run(data.draw(st.integers(0, 40)))
    market.run(sum(items for items, _ in jobs) + 1)
    assert {name: market.done.count(name) for name in market.jobs} == {
        str(n): items for n, (items, _) in enumerate(jobs)
    }
